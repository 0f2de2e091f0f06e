import type * as sdk from '@aws-sdk/client-ec2';
import { passedTo } from '../core/condition-keys';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { type Ec2State, tagsFor } from './state';
import { missingParameter, page } from './table';

/** VPC endpoints, flow logs, and what the local AWS knows only as absent. */
export function endpointOperations(state: Ec2State): Record<string, Operation> {
  const { core, vpcEndpoints, flowLogs } = state;

  return {
    CreateVpcEndpoint: operation<sdk.CreateVpcEndpointRequest, sdk.CreateVpcEndpointResult>({
      resources: ({ VpcId }) => [state.arn('vpc-endpoint', '*'), state.arn('vpc', VpcId ?? '*')],
      run: (input) => {
        state.vpcs.get(input.VpcId);
        if (!input.ServiceName?.startsWith('com.amazonaws.')) {
          throw new Fault(
            'InvalidServiceName',
            `The Vpc Endpoint Service '${input.ServiceName}' does not exist`,
          );
        }
        for (const id of input.RouteTableIds ?? []) state.routeTables.get(id);
        for (const id of input.SubnetIds ?? []) state.subnets.get(id);
        const VpcEndpoint = vpcEndpoints.add({
          VpcEndpointId: core.id('vpce'),
          VpcEndpointType: input.VpcEndpointType ?? 'Gateway',
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
        });
        return { VpcEndpoint };
      },
    }),

    DescribeVpcEndpoints: operation<sdk.DescribeVpcEndpointsRequest, sdk.DescribeVpcEndpointsResult>({
      run: (input) => {
        const { items, NextToken } = page(vpcEndpoints.find(input.VpcEndpointIds, input.Filters), input);
        return { VpcEndpoints: items, NextToken };
      },
    }),

    ModifyVpcEndpoint: operation<sdk.ModifyVpcEndpointRequest, sdk.ModifyVpcEndpointResult>({
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
    }),

    DeleteVpcEndpoints: operation<sdk.DeleteVpcEndpointsRequest, sdk.DeleteVpcEndpointsResult>({
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
    }),

    CreateFlowLogs: operation<sdk.CreateFlowLogsRequest, sdk.CreateFlowLogsResult>({
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
        return {
          FlowLogIds: input.ResourceIds.map(
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
        };
      },
    }),

    DescribeFlowLogs: operation<sdk.DescribeFlowLogsRequest, sdk.DescribeFlowLogsResult>({
      run: (input) => {
        const { items, NextToken } = page(flowLogs.find(input.FlowLogIds, input.Filter), input);
        return { FlowLogs: items, NextToken };
      },
    }),

    DeleteFlowLogs: operation<sdk.DeleteFlowLogsRequest, sdk.DeleteFlowLogsResult>({
      resources: ({ FlowLogIds }) => (FlowLogIds ?? []).map((id) => state.arn('vpc-flow-log', id)),
      run: ({ FlowLogIds }) => {
        for (const id of FlowLogIds ?? []) flowLogs.remove(id);
        return { Unsuccessful: [] };
      },
    }),

    DescribePrefixLists: operation<sdk.DescribePrefixListsRequest, sdk.DescribePrefixListsResult>({
      run: () => ({
        PrefixLists: ['s3', 'dynamodb'].map((service, index) => ({
          PrefixListId: `pl-0000000${index + 1}`,
          PrefixListName: `com.amazonaws.${core.region}.${service}`,
          Cidrs: [],
        })),
      }),
    }),
    // No instance has an interface that can be asked for, and there are no VPNs.
    DescribeNetworkInterfaces: operation<object, sdk.DescribeNetworkInterfacesResult>({
      run: () => ({ NetworkInterfaces: [] }),
    }),
    DescribeVpnGateways: operation<object, sdk.DescribeVpnGatewaysResult>({
      run: () => ({ VpnGateways: [] }),
    }),
  };
}
