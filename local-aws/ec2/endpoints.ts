import type * as sdk from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import { passedTo } from '../core/condition-keys';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, NO_NETWORK, PAGE, TAG_SPECIFICATIONS, UNMANAGED } from './accepted';
import { emptyFilters, filtered } from './filters';
import { type Ec2State, tagsFor } from './state';
import { dryRun, missingParameter, notFound, page } from './table';

const NO_PACKETS = 'no packet is recorded';
/** Services that have gateways; all others have interfaces. */
const GATEWAY_SERVICES = ['s3', 'dynamodb'];

/** VPC endpoints, flow logs, and what the local AWS knows only as absent. */
export function endpointOperations(state: Ec2State): Operations<typeof sdk> {
  const { core, vpcEndpoints, flowLogs } = state;

  return {
    CreateVpcEndpoint: {
      accepts: {
        VpcId: true,
        ServiceName: true,
        ClientToken: true,
        VpcEndpointType: only('Gateway', 'Interface'),
        PolicyDocument: 'no call goes through an endpoint',
        RouteTableIds: NO_NETWORK,
        SubnetIds: NO_NETWORK,
        SecurityGroupIds: NO_NETWORK,
        PrivateDnsEnabled: 'no names are resolved here',
        IpAddressType: only('ipv4'),
        TagSpecifications: TAG_SPECIFICATIONS,
      },
      resources: ({ VpcId }) => [state.arn('vpc-endpoint', '*'), state.arn('vpc', VpcId ?? '*')],
      run: (input) => {
        state.vpcs.get(input.VpcId);
        const prefix = `com.amazonaws.${core.region}.`;
        if (!input.ServiceName?.startsWith(prefix)) {
          throw new Fault(
            'InvalidServiceName',
            `The Vpc Endpoint Service '${input.ServiceName}' does not exist`,
          );
        }
        const type = input.VpcEndpointType ?? 'Gateway';
        if (type === 'Gateway' && !GATEWAY_SERVICES.includes(input.ServiceName.slice(prefix.length)))
          throw new Fault(
            'InvalidParameter',
            `Endpoint type (Gateway) does not match available service types ([Interface]) for ${input.ServiceName}.`,
          );
        for (const id of input.RouteTableIds ?? []) state.routeTables.get(id);
        for (const id of input.SubnetIds ?? []) state.subnets.get(id);
        for (const id of input.SecurityGroupIds ?? []) state.securityGroups.get(id);
        const VpcEndpoint = state.tokens.once('CreateVpcEndpoint', input, () =>
          vpcEndpoints.add({
            VpcEndpointId: core.id('vpce'),
            VpcEndpointType: type,
            VpcId: input.VpcId,
            ServiceName: input.ServiceName,
            // The wire has it in lower case, whatever the SDK's enumeration says.
            State: 'available' as sdk.State,
            PolicyDocument: input.PolicyDocument,
            RouteTableIds: input.RouteTableIds ?? [],
            SubnetIds: input.SubnetIds ?? [],
            Groups: (input.SecurityGroupIds ?? []).map((GroupId) => ({ GroupId })),
            PrivateDnsEnabled: input.PrivateDnsEnabled ?? false,
            CreationTimestamp: state.now(),
            OwnerId: core.account,
            Tags: tagsFor(input.TagSpecifications, 'vpc-endpoint'),
          }),
        );
        return { VpcEndpoint, ClientToken: input.ClientToken };
      },
    },

    DescribeVpcEndpoints: {
      accepts: { VpcEndpointIds: true, ...PAGE, Filters: FILTERS },
      run: (input) => {
        const { items, NextToken } = page(vpcEndpoints.find(input.VpcEndpointIds, input.Filters), input, {
          minimum: 1,
        });
        return { VpcEndpoints: items, NextToken };
      },
    },

    ModifyVpcEndpoint: {
      accepts: {
        VpcEndpointId: true,
        ResetPolicy: true,
        PolicyDocument: 'no call goes through an endpoint',
        AddRouteTableIds: NO_NETWORK,
        RemoveRouteTableIds: NO_NETWORK,
        AddSubnetIds: NO_NETWORK,
        RemoveSubnetIds: NO_NETWORK,
        AddSecurityGroupIds: NO_NETWORK,
        RemoveSecurityGroupIds: NO_NETWORK,
        PrivateDnsEnabled: 'no names are resolved here',
      },
      resources: ({ VpcEndpointId }) => [state.arn('vpc-endpoint', VpcEndpointId ?? '*')],
      run: (input) => {
        const endpoint = vpcEndpoints.get(input.VpcEndpointId);
        const change = (
          list: readonly string[] = [],
          add: readonly string[] = [],
          remove: readonly string[] = [],
        ) => [...new Set([...list.filter((id) => !remove.includes(id)), ...add])];
        endpoint.RouteTableIds = change(
          endpoint.RouteTableIds,
          input.AddRouteTableIds,
          input.RemoveRouteTableIds,
        );
        endpoint.SubnetIds = change(endpoint.SubnetIds, input.AddSubnetIds, input.RemoveSubnetIds);
        endpoint.Groups = change(
          endpoint.Groups?.map(({ GroupId }) => GroupId!),
          input.AddSecurityGroupIds,
          input.RemoveSecurityGroupIds,
        ).map((GroupId) => ({ GroupId }));
        if (input.ResetPolicy) endpoint.PolicyDocument = undefined;
        endpoint.PolicyDocument = input.PolicyDocument ?? endpoint.PolicyDocument;
        endpoint.PrivateDnsEnabled = input.PrivateDnsEnabled ?? endpoint.PrivateDnsEnabled;
        return { Return: true };
      },
    },

    DeleteVpcEndpoints: {
      accepts: { VpcEndpointIds: true },
      resources: ({ VpcEndpointIds }) => (VpcEndpointIds ?? []).map((id) => state.arn('vpc-endpoint', id)),
      run: ({ VpcEndpointIds }) => {
        const Unsuccessful: sdk.UnsuccessfulItem[] = [];
        for (const id of VpcEndpointIds ?? []) {
          if (vpcEndpoints.has(id)) vpcEndpoints.remove(id);
          else {
            const { code, message } = vpcEndpoints.options.notFound(id);
            Unsuccessful.push({ ResourceId: id, Error: { Code: code, Message: message } });
          }
        }
        return { Unsuccessful };
      },
    },

    CreateFlowLogs: {
      accepts: {
        ResourceIds: true,
        ClientToken: true,
        DryRun: true,
        ResourceType: only('VPC', 'Subnet'),
        TrafficType: NO_PACKETS,
        LogDestinationType: NO_PACKETS,
        LogDestination: NO_PACKETS,
        LogGroupName: NO_PACKETS,
        LogFormat: NO_PACKETS,
        MaxAggregationInterval: NO_PACKETS,
        DeliverLogsPermissionArn: 'checked; no packet is recorded',
        TagSpecifications: TAG_SPECIFICATIONS,
      },
      resources: () => [state.arn('vpc-flow-log', '*')],
      run: (input, call) => {
        if (!input.ResourceIds?.length) throw missingParameter('ResourceId');
        for (const id of input.ResourceIds) {
          if (input.ResourceType === 'VPC') state.vpcs.get(id);
          if (input.ResourceType === 'Subnet') state.subnets.get(id);
        }
        if (input.DeliverLogsPermissionArn)
          call.authorize(
            'iam:PassRole',
            input.DeliverLogsPermissionArn,
            passedTo('vpc-flow-logs.amazonaws.com'),
          );
        if (input.DryRun) throw dryRun();
        return state.tokens.once('CreateFlowLogs', input, () => ({
          FlowLogIds: input.ResourceIds!.map(
            (ResourceId) =>
              flowLogs.add({
                FlowLogId: core.id('fl'),
                ResourceId,
                TrafficType: input.TrafficType,
                LogDestinationType: input.LogDestinationType ?? 'cloud-watch-logs',
                LogDestination: input.LogDestination,
                LogGroupName: input.LogGroupName,
                LogFormat: input.LogFormat,
                MaxAggregationInterval: input.MaxAggregationInterval ?? 600,
                DeliverLogsPermissionArn: input.DeliverLogsPermissionArn,
                DeliverLogsStatus: 'SUCCESS',
                FlowLogStatus: 'ACTIVE',
                CreationTime: state.now(),
                Tags: tagsFor(input.TagSpecifications, 'vpc-flow-log'),
              }).FlowLogId!,
          ),
          ClientToken: input.ClientToken,
        }));
      },
    },

    DescribeFlowLogs: {
      accepts: { FlowLogIds: true, ...PAGE, Filter: FILTERS },
      run: (input) => {
        const { items, NextToken } = page(flowLogs.find(input.FlowLogIds, input.Filter), input, {
          minimum: 1,
        });
        return { FlowLogs: items, NextToken };
      },
    },

    DeleteFlowLogs: {
      accepts: { FlowLogIds: true },
      resources: ({ FlowLogIds }) => (FlowLogIds ?? []).map((id) => state.arn('vpc-flow-log', id)),
      run: ({ FlowLogIds }) => {
        for (const id of FlowLogIds ?? []) flowLogs.remove(id);
        return { Unsuccessful: [] };
      },
    },

    DescribePrefixLists: {
      accepts: { PrefixListIds: true, ...PAGE, Filters: FILTERS },
      run: ({ PrefixListIds, Filters, ...paging }) => {
        const all = GATEWAY_SERVICES.map((service, index) => ({
          PrefixListId: `pl-0000000${index + 1}`,
          PrefixListName: `com.amazonaws.${core.region}.${service}`,
          Cidrs: [],
        }));
        const unknown = PrefixListIds?.find((id) => !all.some(({ PrefixListId }) => PrefixListId === id));
        if (unknown)
          throw new Fault('InvalidPrefixListId.NotFound', `The prefix list ID '${unknown}' does not exist`);
        const named = all.filter(
          ({ PrefixListId }) => !PrefixListIds?.length || PrefixListIds.includes(PrefixListId),
        );
        const found = filtered(named, Filters, 'DescribePrefixLists', {
          'prefix-list-id': ({ PrefixListId }) => PrefixListId,
          'prefix-list-name': ({ PrefixListName }) => PrefixListName,
        });
        const { items, NextToken } = page(found, paging, { minimum: 1 });
        return { PrefixLists: items, NextToken };
      },
    },
    // No instance has an interface that can be asked for, and there are no VPNs.
    DescribeNetworkInterfaces: {
      accepts: { NetworkInterfaceIds: true, ...PAGE, ...UNMANAGED, Filters: FILTERS },
      run: ({ NetworkInterfaceIds = [], Filters }) => {
        const [id] = NetworkInterfaceIds;
        if (id) throw notFound('InvalidNetworkInterfaceID.NotFound', 'networkInterface ID')(id);
        return {
          NetworkInterfaces: filtered(
            [],
            Filters,
            'DescribeNetworkInterfaces',
            emptyFilters('DescribeNetworkInterfaces'),
          ),
        };
      },
    },
    DescribeVpnGateways: {
      accepts: { VpnGatewayIds: true, Filters: FILTERS },
      run: ({ VpnGatewayIds = [], Filters }) => {
        const [id] = VpnGatewayIds;
        if (id) throw notFound('InvalidVpnGatewayID.NotFound', 'vpnGateway ID')(id);
        return {
          VpnGateways: filtered([], Filters, 'DescribeVpnGateways', emptyFilters('DescribeVpnGateways')),
        };
      },
    },
  };
}
