import * as sdk from '@aws-sdk/client-ec2';
import { templateInput } from '../core/template-input';
import { inputOf, networkResource } from './network-resource';

export const routeTable = networkResource({
  tagged: 'route-table',
  accepts: { VpcId: true },
  createOnly: ['VpcId'],
  async create(properties, context) {
    const input = inputOf<sdk.CreateRouteTableRequest>(
      sdk.CreateRouteTableRequest$,
      'RouteTable',
      properties,
      context,
    );
    const { RouteTable } = await context.core.send(new sdk.CreateRouteTableCommand(input));
    return RouteTable!.RouteTableId!;
  },
  attributes: async (RouteTableId) => ({ RouteTableId }),
  remove: (RouteTableId, core) => core.send(new sdk.DeleteRouteTableCommand({ RouteTableId })),
});

export const route = networkResource({
  accepts: {
    RouteTableId: true,
    DestinationCidrBlock: true,
    DestinationPrefixListId: true,
    GatewayId: true,
    NatGatewayId: true,
  },
  createOnly: ['RouteTableId', 'DestinationCidrBlock', 'DestinationIpv6CidrBlock', 'DestinationPrefixListId'],
  async create(properties, context) {
    const input = inputOf<sdk.CreateRouteRequest>(sdk.CreateRouteRequest$, 'Route', properties, context);
    await context.core.send(new sdk.CreateRouteCommand(input));
    return `${input.RouteTableId}|${input.DestinationCidrBlock ?? input.DestinationIpv6CidrBlock ?? input.DestinationPrefixListId}`;
  },
  async update(_, properties, __, core) {
    const input = templateInput<sdk.ReplaceRouteRequest>(
      sdk.ReplaceRouteRequest$,
      properties,
      'AWS::EC2::Route',
    );
    await core.send(new sdk.ReplaceRouteCommand(input));
  },
  attributes: async (_, __, { DestinationCidrBlock }) => ({ CidrBlock: DestinationCidrBlock }),
  remove(physicalId, core) {
    const [RouteTableId, destination] = physicalId.split('|');
    const name = destination?.startsWith('pl-')
      ? 'DestinationPrefixListId'
      : destination?.includes('::')
        ? 'DestinationIpv6CidrBlock'
        : 'DestinationCidrBlock';
    return core.send(new sdk.DeleteRouteCommand({ RouteTableId, [name]: destination }));
  },
});

export const routeTableAssociation = networkResource({
  accepts: { RouteTableId: true, SubnetId: true },
  createOnly: ['RouteTableId', 'SubnetId'],
  async create(properties, context) {
    const input = inputOf<sdk.AssociateRouteTableRequest>(
      sdk.AssociateRouteTableRequest$,
      'SubnetRouteTableAssociation',
      properties,
      context,
    );
    const { AssociationId } = await context.core.send(new sdk.AssociateRouteTableCommand(input));
    return AssociationId!;
  },
  attributes: async (Id) => ({ Id }),
  remove: (AssociationId, core) => core.send(new sdk.DisassociateRouteTableCommand({ AssociationId })),
});
