import * as sdk from '@aws-sdk/client-ec2';
import { inputOf, networkResource } from './network-resource';

export const vpcEndpoint = networkResource({
  tagged: 'vpc-endpoint',
  accepts: {
    VpcId: true,
    ServiceName: true,
    VpcEndpointType: true,
    PolicyDocument: true,
    RouteTableIds: true,
    SubnetIds: true,
    SecurityGroupIds: true,
    PrivateDnsEnabled: true,
  },
  createOnly: ['ServiceName', 'VpcEndpointType', 'VpcId'],
  async create({ PolicyDocument, ...properties }, context) {
    const input = inputOf<sdk.CreateVpcEndpointRequest>(
      sdk.CreateVpcEndpointRequest$,
      'VPCEndpoint',
      { ...properties, ...policyOf(PolicyDocument) },
      context,
    );
    const { VpcEndpoint } = await context.core.send(new sdk.CreateVpcEndpointCommand(input));
    return VpcEndpoint!.VpcEndpointId!;
  },
  async update(VpcEndpointId, properties, old, core) {
    const change = (name: 'RouteTableIds' | 'SubnetIds' | 'SecurityGroupIds') => {
      const [now, before] = [properties[name] ?? [], old[name] ?? []] as [string[], string[]];
      return {
        [`Add${name}`]: now.filter((id) => !before.includes(id)),
        [`Remove${name}`]: before.filter((id) => !now.includes(id)),
      };
    };
    await core.send(
      new sdk.ModifyVpcEndpointCommand({
        VpcEndpointId,
        ...change('RouteTableIds'),
        ...change('SubnetIds'),
        ...change('SecurityGroupIds'),
        ...policyOf(properties.PolicyDocument),
        PrivateDnsEnabled:
          properties.PrivateDnsEnabled === undefined
            ? undefined
            : String(properties.PrivateDnsEnabled) === 'true',
        ResetPolicy: properties.PolicyDocument === undefined && old.PolicyDocument !== undefined,
      }),
    );
  },
  attributes: async (Id) => ({ Id, NetworkInterfaceIds: [], DnsEntries: [] }),
  remove: (id, core) => core.send(new sdk.DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] })),
});

function policyOf(document: unknown): { PolicyDocument?: string } {
  if (document === undefined) return {};
  return { PolicyDocument: typeof document === 'string' ? document : JSON.stringify(document) };
}

export const flowLog = networkResource({
  tagged: 'vpc-flow-log',
  accepts: {
    ResourceId: true,
    ResourceType: true,
    TrafficType: true,
    LogDestination: true,
    LogDestinationType: true,
    LogGroupName: true,
    LogFormat: true,
    MaxAggregationInterval: true,
    DeliverLogsPermissionArn: true,
  },
  createOnly: [
    'ResourceId',
    'ResourceType',
    'TrafficType',
    'LogDestination',
    'LogDestinationType',
    'LogGroupName',
    'LogFormat',
    'MaxAggregationInterval',
    'DeliverLogsPermissionArn',
  ],
  async create({ ResourceId, ...properties }, context) {
    const input = inputOf<sdk.CreateFlowLogsRequest>(
      sdk.CreateFlowLogsRequest$,
      'FlowLog',
      { ...properties, ResourceIds: [ResourceId] },
      context,
    );
    const { FlowLogIds } = await context.core.send(new sdk.CreateFlowLogsCommand(input));
    return FlowLogIds![0]!;
  },
  attributes: async (Id) => ({ Id }),
  remove: (id, core) => core.send(new sdk.DeleteFlowLogsCommand({ FlowLogIds: [id] })),
});
