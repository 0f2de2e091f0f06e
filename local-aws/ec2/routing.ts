import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, NO_NETWORK, PAGE, TAG_SPECIFICATIONS } from './accepted';
import { parseCidr } from './cidr';
import { dependencyViolation, type Ec2State, tagsFor } from './state';
import { missingParameter, page } from './table';
import { localRoute } from './vpcs';

/** Route tables, their routes, and the subnets that they are for. */
export function routingOperations(state: Ec2State): Operations<typeof sdk> {
  const { core, routeTables } = state;
  const arns = ({ RouteTableId }: { RouteTableId?: string }) => [
    state.arn('route-table', RouteTableId ?? '*'),
  ];
  const destinationOf = (route: { DestinationCidrBlock?: string; DestinationPrefixListId?: string }) =>
    route.DestinationCidrBlock ?? route.DestinationPrefixListId;
  const checkGateway = (gatewayId: string, tableId: string | undefined): void => {
    const { VpcId } = routeTables.get(tableId);
    const { Attachments } = state.internetGateways.get(gatewayId);
    if (Attachments?.some((attachment) => attachment.VpcId === VpcId)) return;
    throw new Fault(
      'InvalidParameterValue',
      `route table ${tableId} and network gateway ${gatewayId} belong to different networks`,
    );
  };
  const routeFor = (input: sdk.CreateRouteRequest | sdk.ReplaceRouteRequest): sdk.Route => {
    if (!destinationOf(input)) throw missingParameter('destinationCidrBlock');
    if (input.DestinationCidrBlock) parseCidr(input.DestinationCidrBlock);
    const targets = [input.GatewayId, input.NatGatewayId].filter((target) => target !== undefined);
    if (targets.length === 0) throw missingParameter('gatewayId or natGatewayId');
    if (targets.length > 1)
      throw new Fault('InvalidParameterCombination', 'A route has one target; two are given');
    if (input.NatGatewayId) state.natGateways.get(input.NatGatewayId);
    if (input.GatewayId && input.GatewayId !== 'local') checkGateway(input.GatewayId, input.RouteTableId);
    return {
      DestinationCidrBlock: input.DestinationCidrBlock,
      DestinationPrefixListId: input.DestinationPrefixListId,
      GatewayId: input.GatewayId,
      NatGatewayId: input.NatGatewayId,
      State: 'active',
      Origin: 'CreateRoute',
    };
  };
  /** @throws Fault when the table has no such route */
  const withoutRoute = (table: sdk.RouteTable, input: sdk.DeleteRouteRequest): sdk.Route[] => {
    const left = (table.Routes ?? []).filter((route) => destinationOf(route) !== destinationOf(input));
    if (left.length < (table.Routes?.length ?? 0)) return left;
    throw new Fault(
      'InvalidRoute.NotFound',
      `no route with destination-cidr-block ${destinationOf(input)} in route table ${table.RouteTableId}`,
    );
  };
  const findAssociation = (id: string | undefined) => {
    for (const table of routeTables.all()) {
      const association = table.Associations?.find((one) => one.RouteTableAssociationId === id);
      if (association) return { table, association };
    }
    throw new Fault('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
  };

  return {
    CreateRouteTable: {
      accepts: { VpcId: true, ClientToken: true, TagSpecifications: TAG_SPECIFICATIONS },
      resources: ({ VpcId }) => [state.arn('route-table', '*'), state.arn('vpc', VpcId ?? '*')],
      run: (input) => ({
        RouteTable: state.tokens.once('CreateRouteTable', input, () =>
          routeTables.add({
            RouteTableId: core.id('rtb'),
            VpcId: input.VpcId,
            OwnerId: core.account,
            Associations: [],
            Routes: [localRoute(state.vpcs.get(input.VpcId).CidrBlock!)],
            PropagatingVgws: [],
            Tags: tagsFor(input.TagSpecifications, 'route-table'),
          }),
        ),
      }),
    },

    DescribeRouteTables: {
      accepts: { RouteTableIds: true, ...PAGE, Filters: FILTERS },
      run: (input) => {
        const { items, NextToken } = page(routeTables.find(input.RouteTableIds, input.Filters), input, {
          maximum: 100,
        });
        return { RouteTables: items, NextToken };
      },
    },

    DeleteRouteTable: {
      accepts: { RouteTableId: true },
      resources: arns,
      run: ({ RouteTableId }) => {
        if (routeTables.get(RouteTableId).Associations?.length)
          throw dependencyViolation('routeTable', RouteTableId!);
        routeTables.remove(RouteTableId);
        return {};
      },
    },

    CreateRoute: {
      accepts: {
        RouteTableId: true,
        DestinationCidrBlock: NO_NETWORK,
        DestinationPrefixListId: NO_NETWORK,
        GatewayId: NO_NETWORK,
        NatGatewayId: NO_NETWORK,
      },
      resources: arns,
      run: (input) => {
        const table = routeTables.get(input.RouteTableId);
        const route = routeFor(input);
        if (table.Routes?.some((other) => destinationOf(other) === destinationOf(route))) {
          throw new Fault(
            'RouteAlreadyExists',
            `The route identified by ${destinationOf(route)} already exists.`,
          );
        }
        table.Routes = [...(table.Routes ?? []), route];
        return { Return: true };
      },
    },

    ReplaceRoute: {
      accepts: {
        RouteTableId: true,
        DestinationCidrBlock: NO_NETWORK,
        DestinationPrefixListId: NO_NETWORK,
        GatewayId: NO_NETWORK,
        NatGatewayId: NO_NETWORK,
      },
      resources: arns,
      run: (input) => {
        const table = routeTables.get(input.RouteTableId);
        const route = routeFor(input);
        table.Routes = [...withoutRoute(table, input), route];
        return {};
      },
    },

    DeleteRoute: {
      accepts: { RouteTableId: true, DestinationCidrBlock: true, DestinationPrefixListId: true },
      resources: arns,
      run: (input) => {
        const table = routeTables.get(input.RouteTableId);
        table.Routes = withoutRoute(table, input);
        return {};
      },
    },

    AssociateRouteTable: {
      accepts: { RouteTableId: true, SubnetId: true },
      resources: arns,
      run: ({ RouteTableId, SubnetId }) => {
        const table = routeTables.get(RouteTableId);
        if (state.subnets.get(SubnetId).VpcId !== table.VpcId)
          throw new Fault(
            'InvalidParameterValue',
            `Route table ${RouteTableId} and subnet ${SubnetId} belong to different networks`,
          );
        const isAssociated = routeTables
          .all()
          .some(({ Associations }) => Associations?.some((one) => one.SubnetId === SubnetId));
        if (isAssociated) {
          throw new Fault(
            'Resource.AlreadyAssociated',
            `the specified association for route table ${RouteTableId} conflicts with an existing association`,
          );
        }
        const AssociationId = core.id('rtbassoc');
        const AssociationState = { State: 'associated' as const };
        table.Associations = [
          ...(table.Associations ?? []),
          { Main: false, RouteTableId, RouteTableAssociationId: AssociationId, SubnetId, AssociationState },
        ];
        return { AssociationId, AssociationState };
      },
    },

    DisassociateRouteTable: {
      accepts: { AssociationId: true },
      run: ({ AssociationId }) => {
        const { table, association } = findAssociation(AssociationId);
        table.Associations = table.Associations?.filter((one) => one !== association);
        return {};
      },
    },
  };
}
