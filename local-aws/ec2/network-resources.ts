import * as sdk from '@aws-sdk/client-ec2';
import type { Core } from '../core/core';
import type { Properties, ResourceType } from '../core/service';
import { flowLog, vpcEndpoint } from './endpoint-resources';
import { elasticIp, gatewayAttachment, internetGateway, natGateway } from './gateway-resources';
import { inputOf, networkResource } from './network-resource';
import { route, routeTable, routeTableAssociation } from './routing-resources';

const isTrue = (value: unknown) => String(value) === 'true';

const vpc = networkResource({
  tagged: 'vpc',
  accepts: { CidrBlock: true, EnableDnsSupport: true, EnableDnsHostnames: true, InstanceTenancy: true },
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
  accepts: { VpcId: true, CidrBlock: true, AvailabilityZone: true, MapPublicIpOnLaunch: true },
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
