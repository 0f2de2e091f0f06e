import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { dependencyViolation, type Ec2State, tagsFor } from './state';
import { missingParameter, page } from './table';
import { localRoute } from './vpcs';

/** Route tables, their routes, and the subnets that they are for. */
export function routingOperations(state: Ec2State): Record<string, Operation> {
  const { core, routeTables } = state;
  const arns = ({ RouteTableId }: { RouteTableId?: string }) => [
    state.arn('route-table', RouteTableId ?? '*'),
  ];
  const destinationOf = (route: {
    DestinationCidrBlock?: string;
    DestinationIpv6CidrBlock?: string;
    DestinationPrefixListId?: string;
  }) => route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId;
  const routeFor = (input: sdk.CreateRouteRequest | sdk.ReplaceRouteRequest): sdk.Route => {
    if (!destinationOf(input)) throw missingParameter('destinationCidrBlock');
    if (input.GatewayId?.startsWith('igw-')) state.internetGateways.get(input.GatewayId);
    if (input.NatGatewayId) state.natGateways.get(input.NatGatewayId);
    return {
      DestinationCidrBlock: input.DestinationCidrBlock,
      DestinationIpv6CidrBlock: input.DestinationIpv6CidrBlock,
      DestinationPrefixListId: input.DestinationPrefixListId,
      GatewayId: input.GatewayId,
      NatGatewayId: input.NatGatewayId,
      TransitGatewayId: input.TransitGatewayId,
      VpcPeeringConnectionId: input.VpcPeeringConnectionId,
      NetworkInterfaceId: input.NetworkInterfaceId,
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
    CreateRouteTable: operation<sdk.CreateRouteTableRequest, sdk.CreateRouteTableResult>({
      resources: ({ VpcId }) => [state.arn('route-table', '*'), state.arn('vpc', VpcId ?? '*')],
      run: ({ VpcId, TagSpecifications }) => ({
        RouteTable: routeTables.add({
          RouteTableId: core.id('rtb'),
          VpcId,
          OwnerId: core.account,
          Associations: [],
          Routes: [localRoute(state.vpcs.get(VpcId).CidrBlock!)],
          PropagatingVgws: [],
          Tags: tagsFor(TagSpecifications, 'route-table'),
        }),
      }),
    }),

    DescribeRouteTables: operation<sdk.DescribeRouteTablesRequest, sdk.DescribeRouteTablesResult>({
      run: (input) => {
        const { items, NextToken } = page(routeTables.find(input.RouteTableIds, input.Filters), input);
        return { RouteTables: items, NextToken };
      },
    }),

    DeleteRouteTable: operation<sdk.DeleteRouteTableRequest, object>({
      resources: arns,
      run: ({ RouteTableId }) => {
        if (routeTables.get(RouteTableId).Associations?.length)
          throw dependencyViolation('routeTable', RouteTableId!);
        routeTables.remove(RouteTableId);
        return {};
      },
    }),

    CreateRoute: operation<sdk.CreateRouteRequest, sdk.CreateRouteResult>({
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
    }),

    ReplaceRoute: operation<sdk.ReplaceRouteRequest, object>({
      resources: arns,
      run: (input) => {
        const table = routeTables.get(input.RouteTableId);
        const route = routeFor(input);
        table.Routes = [...withoutRoute(table, input), route];
        return {};
      },
    }),

    DeleteRoute: operation<sdk.DeleteRouteRequest, object>({
      resources: arns,
      run: (input) => {
        const table = routeTables.get(input.RouteTableId);
        table.Routes = withoutRoute(table, input);
        return {};
      },
    }),

    AssociateRouteTable: operation<sdk.AssociateRouteTableRequest, sdk.AssociateRouteTableResult>({
      resources: arns,
      run: ({ RouteTableId, SubnetId }) => {
        const table = routeTables.get(RouteTableId);
        state.subnets.get(SubnetId);
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
    }),

    DisassociateRouteTable: operation<sdk.DisassociateRouteTableRequest, object>({
      run: ({ AssociationId }) => {
        const { table, association } = findAssociation(AssociationId);
        table.Associations = table.Associations?.filter((one) => one !== association);
        return {};
      },
    }),
  };
}
