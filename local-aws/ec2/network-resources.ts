import * as sdk from '@aws-sdk/client-ec2';
import type { Core } from '../core/core';
import type { Properties, ResourceType } from '../core/service';
import { templateInput } from '../core/template-input';
import { type CreateContext, networkResource, until } from './network-resource';

/** The input of a Create call out of a resource's properties and its tags. */
function inputOf<Input extends object>(
  schema: unknown,
  type: string,
  properties: Properties,
  { TagSpecifications }: Pick<CreateContext, 'TagSpecifications'>,
): Input {
  const tags = TagSpecifications.length ? { TagSpecifications } : {};
  return { ...templateInput<Input>(schema, properties, `AWS::EC2::${type}`), ...tags };
}

const isTrue = (value: unknown) => String(value) === 'true';

const vpc = networkResource({
  tagged: 'vpc',
  createOnly: ['CidrBlock', 'InstanceTenancy'],
  async create({ EnableDnsSupport, EnableDnsHostnames, ...properties }, context) {
    const input = inputOf<sdk.CreateVpcRequest>(sdk.CreateVpcRequest$, 'VPC', properties, context);
    const { Vpc } = await context.core.send(new sdk.CreateVpcCommand(input));
    await setDns(Vpc!.VpcId!, { EnableDnsSupport, EnableDnsHostnames }, context.core);
    return Vpc!.VpcId!;
  },
  update: (VpcId, properties, _, core) => setDns(VpcId, properties, core),
  async attributes(VpcId, core) {
    const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
    const { Vpcs } = await core.send(new sdk.DescribeVpcsCommand({ VpcIds: [VpcId] }));
    const { SecurityGroups } = await core.send(
      new sdk.DescribeSecurityGroupsCommand({
        Filters: [...Filters, { Name: 'group-name', Values: ['default'] }],
      }),
    );
    return {
      VpcId,
      CidrBlock: Vpcs![0]!.CidrBlock,
      CidrBlockAssociations: Vpcs![0]!.CidrBlockAssociationSet?.map(({ AssociationId }) => AssociationId),
      DefaultSecurityGroup: SecurityGroups![0]!.GroupId,
      DefaultNetworkAcl: `acl-${VpcId.slice('vpc-'.length)}`,
      Ipv6CidrBlocks: [],
    };
  },
  remove: (VpcId, core) => core.send(new sdk.DeleteVpcCommand({ VpcId })),
});

async function setDns(VpcId: string, properties: Properties, core: Core): Promise<void> {
  for (const name of ['EnableDnsSupport', 'EnableDnsHostnames'] as const) {
    if (properties[name] === undefined) continue;
    const Value = isTrue(properties[name]);
    await core.send(new sdk.ModifyVpcAttributeCommand({ VpcId, [name]: { Value } }));
  }
}

const subnet = networkResource({
  tagged: 'subnet',
  createOnly: ['VpcId', 'CidrBlock', 'AvailabilityZone'],
  async create({ MapPublicIpOnLaunch, ...properties }, context) {
    const input = inputOf<sdk.CreateSubnetRequest>(sdk.CreateSubnetRequest$, 'Subnet', properties, context);
    const { Subnet } = await context.core.send(new sdk.CreateSubnetCommand(input));
    await setPublic(Subnet!.SubnetId!, MapPublicIpOnLaunch, context.core);
    return Subnet!.SubnetId!;
  },
  update: (SubnetId, { MapPublicIpOnLaunch }, _, core) => setPublic(SubnetId, MapPublicIpOnLaunch, core),
  async attributes(SubnetId, core) {
    const { Subnets } = await core.send(new sdk.DescribeSubnetsCommand({ SubnetIds: [SubnetId] }));
    const described = Subnets![0]!;
    return {
      SubnetId,
      VpcId: described.VpcId,
      CidrBlock: described.CidrBlock,
      AvailabilityZone: described.AvailabilityZone,
      AvailabilityZoneId: described.AvailabilityZoneId,
      NetworkAclAssociationId: `aclassoc-${SubnetId.slice('subnet-'.length)}`,
      Ipv6CidrBlocks: [],
    };
  },
  remove: (SubnetId, core) => core.send(new sdk.DeleteSubnetCommand({ SubnetId })),
});

async function setPublic(SubnetId: string, isPublic: unknown, core: Core): Promise<void> {
  if (isPublic === undefined) return;
  const MapPublicIpOnLaunch = { Value: isTrue(isPublic) };
  await core.send(new sdk.ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch }));
}

const routeTable = networkResource({
  tagged: 'route-table',
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

const route = networkResource({
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

const routeTableAssociation = networkResource({
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

const internetGateway = networkResource({
  tagged: 'internet-gateway',
  createOnly: [],
  async create(_, { core, TagSpecifications }) {
    const { InternetGateway } = await core.send(new sdk.CreateInternetGatewayCommand({ TagSpecifications }));
    return InternetGateway!.InternetGatewayId!;
  },
  attributes: async (InternetGatewayId) => ({ InternetGatewayId }),
  remove: (InternetGatewayId, core) => core.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId })),
});

const gatewayAttachment = networkResource({
  createOnly: ['VpcId', 'InternetGatewayId'],
  async create(properties, context) {
    const input = inputOf<sdk.AttachInternetGatewayRequest>(
      sdk.AttachInternetGatewayRequest$,
      'VPCGatewayAttachment',
      properties,
      context,
    );
    await context.core.send(new sdk.AttachInternetGatewayCommand(input));
    return `IGW|${input.VpcId}`;
  },
  attributes: async () => ({ AttachmentType: 'IGW' }),
  remove: (_, core, { VpcId, InternetGatewayId }) =>
    core.send(
      new sdk.DetachInternetGatewayCommand({
        VpcId: String(VpcId),
        InternetGatewayId: String(InternetGatewayId),
      }),
    ),
});

const elasticIp = networkResource({
  tagged: 'elastic-ip',
  createOnly: ['Domain'],
  taggedId: allocationOf,
  async create(properties, context) {
    const input = inputOf<sdk.AllocateAddressRequest>(
      sdk.AllocateAddressRequest$,
      'EIP',
      properties,
      context,
    );
    const { PublicIp } = await context.core.send(new sdk.AllocateAddressCommand(input));
    return PublicIp!;
  },
  attributes: async (PublicIp, core) => ({ PublicIp, AllocationId: await allocationOf(PublicIp, core) }),
  async remove(PublicIp, core) {
    const AllocationId = await allocationOf(PublicIp, core);
    if (AllocationId) await core.send(new sdk.ReleaseAddressCommand({ AllocationId }));
  },
});

async function allocationOf(publicIp: string, core: Core): Promise<string | undefined> {
  const Filters = [{ Name: 'public-ip', Values: [publicIp] }];
  const { Addresses } = await core.send(new sdk.DescribeAddressesCommand({ Filters }));
  return Addresses?.[0]?.AllocationId;
}

const natGateway = networkResource({
  tagged: 'natgateway',
  createOnly: ['SubnetId', 'AllocationId', 'ConnectivityType'],
  async create(properties, context) {
    const { core } = context;
    const input = inputOf<sdk.CreateNatGatewayRequest>(
      sdk.CreateNatGatewayRequest$,
      'NatGateway',
      properties,
      context,
    );
    const { NatGateway } = await core.send(new sdk.CreateNatGatewayCommand(input));
    const id = NatGateway!.NatGatewayId!;
    await until(core, async () => (await natState(id, core)) === 'available');
    return id;
  },
  attributes: async (NatGatewayId) => ({ NatGatewayId }),
  async remove(NatGatewayId, core) {
    await core.send(new sdk.DeleteNatGatewayCommand({ NatGatewayId }));
    await until(core, async () => (await natState(NatGatewayId, core)) === 'deleted');
  },
});

async function natState(id: string, core: Core): Promise<sdk.NatGatewayState | undefined> {
  const { NatGateways } = await core.send(new sdk.DescribeNatGatewaysCommand({ NatGatewayIds: [id] }));
  return NatGateways![0]!.State;
}

const vpcEndpoint = networkResource({
  tagged: 'vpc-endpoint',
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

const flowLog = networkResource({
  tagged: 'vpc-flow-log',
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

/** CloudFormation resource types of a network, but for security groups. */
export const networkResources: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::VPC': vpc,
  'AWS::EC2::Subnet': subnet,
  'AWS::EC2::RouteTable': routeTable,
  'AWS::EC2::Route': route,
  'AWS::EC2::SubnetRouteTableAssociation': routeTableAssociation,
  'AWS::EC2::InternetGateway': internetGateway,
  'AWS::EC2::VPCGatewayAttachment': gatewayAttachment,
  'AWS::EC2::EIP': elasticIp,
  'AWS::EC2::NatGateway': natGateway,
  'AWS::EC2::VPCEndpoint': vpcEndpoint,
  'AWS::EC2::FlowLog': flowLog,
};
