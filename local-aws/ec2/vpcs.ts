import type * as sdk from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, NO_PUBLIC_ADDRESS, PAGE, TAG_SPECIFICATIONS } from './accepted';
import { contains, overlap, parseCidr, usableAddresses } from './cidr';
import { isGone } from './instances';
import { addSecurityGroup } from './security-groups';
import { dependencyViolation, type Ec2State, tagsFor, type VpcRecord } from './state';
import { missingParameter, page } from './table';

const DNS = 'no names are resolved here';

/** Makes the default VPC that every account has, with a subnet in each availability zone. */
export function presetDefaultVpc(state: Ec2State): void {
  const { core } = state;
  const vpc = addVpc(state, { cidr: '172.31.0.0/16', isDefault: true, tags: [] });
  vpc.enableDnsHostnames = true;
  const InternetGatewayId = core.id('igw');
  const Attachments = [{ State: 'available' as sdk.AttachmentStatus, VpcId: vpc.VpcId }];
  state.internetGateways.add({ InternetGatewayId, OwnerId: core.account, Attachments, Tags: [] });
  const main = state.routeTables.all().find(({ VpcId }) => VpcId === vpc.VpcId);
  main?.Routes?.push({
    DestinationCidrBlock: '0.0.0.0/0',
    GatewayId: InternetGatewayId,
    State: 'active',
    Origin: 'CreateRoute',
  });
  state.availabilityZones.forEach((zone, index) => {
    const subnet = addSubnet(state, vpc, { zone, cidr: `172.31.${index * 16}.0/20`, tags: [] });
    subnet.DefaultForAz = true;
    subnet.MapPublicIpOnLaunch = true;
  });
}

/** Operations on VPCs and subnets. */
export function vpcOperations(state: Ec2State): Operations<typeof sdk> {
  const { vpcs, subnets } = state;
  const describe = ({ enableDnsSupport: _, enableDnsHostnames: __, ...vpc }: VpcRecord): sdk.Vpc => vpc;
  const vpcArn = ({ VpcId }: { VpcId?: string }) => [state.arn('vpc', VpcId ?? '*')];
  const subnetArn = ({ SubnetId }: { SubnetId?: string }) => [state.arn('subnet', SubnetId ?? '*')];

  return {
    CreateVpc: {
      accepts: {
        CidrBlock: true,
        TagSpecifications: TAG_SPECIFICATIONS,
        InstanceTenancy: only('default'),
        AmazonProvidedIpv6CidrBlock: only(false),
      },
      resources: () => [state.arn('vpc', '*')],
      run: ({ CidrBlock, TagSpecifications }) => {
        if (!CidrBlock) throw missingParameter('cidrBlock');
        checkBlock(CidrBlock, 'InvalidVpc.Range');
        const tags = tagsFor(TagSpecifications, 'vpc');
        return { Vpc: describe(addVpc(state, { cidr: CidrBlock, isDefault: false, tags })) };
      },
    },

    DescribeVpcs: {
      accepts: { VpcIds: true, ...PAGE, Filters: FILTERS },
      run: (input) => {
        const { items, NextToken } = page(vpcs.find(input.VpcIds, input.Filters).map(describe), input);
        return { Vpcs: items, NextToken };
      },
    },

    DescribeVpcAttribute: {
      accepts: { VpcId: true, Attribute: true },
      resources: vpcArn,
      run: ({ VpcId, Attribute }) => {
        const vpc = vpcs.get(VpcId);
        if (Attribute === 'enableDnsSupport')
          return { VpcId, EnableDnsSupport: { Value: vpc.enableDnsSupport } };
        if (Attribute === 'enableDnsHostnames')
          return { VpcId, EnableDnsHostnames: { Value: vpc.enableDnsHostnames } };
        if (Attribute === 'enableNetworkAddressUsageMetrics')
          return { VpcId, EnableNetworkAddressUsageMetrics: { Value: false } };
        throw new Fault('InvalidParameterValue', `Value (${Attribute}) for parameter attribute is invalid.`);
      },
    },

    ModifyVpcAttribute: {
      accepts: { VpcId: true, EnableDnsSupport: { Value: DNS }, EnableDnsHostnames: { Value: DNS } },
      resources: vpcArn,
      run: ({ VpcId, EnableDnsSupport, EnableDnsHostnames }) => {
        const vpc = vpcs.get(VpcId);
        if ((EnableDnsSupport === undefined) === (EnableDnsHostnames === undefined))
          throw new Fault(
            'InvalidParameterCombination',
            'Exactly one attribute can be changed by a call: EnableDnsSupport or EnableDnsHostnames',
          );
        vpc.enableDnsSupport = EnableDnsSupport?.Value ?? vpc.enableDnsSupport;
        vpc.enableDnsHostnames = EnableDnsHostnames?.Value ?? vpc.enableDnsHostnames;
        return {};
      },
    },

    DeleteVpc: {
      accepts: { VpcId: true },
      resources: vpcArn,
      run: ({ VpcId }) => {
        vpcs.get(VpcId);
        const isHere = (resource: { VpcId?: string }) => resource.VpcId === VpcId;
        const isUsed =
          subnets.all().some(isHere) ||
          state.internetGateways.all().some(({ Attachments }) => Attachments?.some(isHere)) ||
          state.vpcEndpoints.all().some(isHere) ||
          state.securityGroups.all().some((group) => isHere(group) && group.GroupName !== 'default') ||
          state.routeTables
            .all()
            .some((table) => isHere(table) && !table.Associations?.some(({ Main }) => Main));
        if (isUsed) throw dependencyViolation('vpc', VpcId!);
        for (const table of [state.routeTables, state.securityGroups]) {
          for (const resource of table.all()) {
            if (isHere(resource)) table.remove(table.options.idOf(resource as never));
          }
        }
        vpcs.remove(VpcId);
        return {};
      },
    },

    CreateSubnet: {
      accepts: {
        VpcId: true,
        CidrBlock: true,
        AvailabilityZone: true,
        AvailabilityZoneId: true,
        TagSpecifications: TAG_SPECIFICATIONS,
        Ipv6Native: only(false),
      },
      resources: ({ VpcId }) => [state.arn('subnet', '*'), state.arn('vpc', VpcId ?? '*')],
      run: ({ VpcId, CidrBlock: cidr, AvailabilityZone, AvailabilityZoneId, TagSpecifications }) => {
        const vpc = vpcs.get(VpcId);
        if (!cidr) throw missingParameter('cidrBlock');
        checkBlock(cidr, 'InvalidSubnet.Range');
        if (!contains(vpc.CidrBlock!, cidr)) {
          throw new Fault('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`);
        }
        const taken = subnets
          .all()
          .find((subnet) => subnet.VpcId === VpcId && overlap(subnet.CidrBlock!, cidr));
        if (taken) {
          throw new Fault('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with another subnet`);
        }
        const byId = state.availabilityZones.find((name) => state.zoneId(name) === AvailabilityZoneId);
        const zone = AvailabilityZone ?? byId ?? AvailabilityZoneId ?? state.availabilityZones[0]!;
        if (!state.availabilityZones.includes(zone)) {
          throw new Fault(
            'InvalidParameterValue',
            `Value (${zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${state.availabilityZones.join(', ')}.`,
          );
        }
        return {
          Subnet: addSubnet(state, vpc, { zone, cidr, tags: tagsFor(TagSpecifications, 'subnet') }),
        };
      },
    },

    DescribeSubnets: {
      accepts: { SubnetIds: true, ...PAGE, Filters: FILTERS },
      run: (input) => {
        const { items, NextToken } = page(subnets.find(input.SubnetIds, input.Filters), input);
        return { Subnets: items, NextToken };
      },
    },

    ModifySubnetAttribute: {
      accepts: {
        SubnetId: true,
        MapPublicIpOnLaunch: { Value: NO_PUBLIC_ADDRESS },
        AssignIpv6AddressOnCreation: { Value: only(false) },
        EnableDns64: { Value: only(false) },
      },
      resources: subnetArn,
      run: ({ SubnetId, MapPublicIpOnLaunch }) => {
        const subnet = subnets.get(SubnetId);
        subnet.MapPublicIpOnLaunch = MapPublicIpOnLaunch?.Value ?? subnet.MapPublicIpOnLaunch;
        return {};
      },
    },

    DeleteSubnet: {
      accepts: { SubnetId: true },
      resources: subnetArn,
      run: ({ SubnetId }) => {
        subnets.get(SubnetId);
        const isUsed =
          state.instances.all().some((instance) => instance.SubnetId === SubnetId && !isGone(instance)) ||
          state.natGateways
            .all()
            .some((gateway) => gateway.SubnetId === SubnetId && gateway.State !== 'deleted');
        if (isUsed) throw dependencyViolation('subnet', SubnetId!);
        for (const table of state.routeTables.all()) {
          table.Associations = table.Associations?.filter((association) => association.SubnetId !== SubnetId);
        }
        subnets.remove(SubnetId);
        return {};
      },
    },
  };
}

/** A VPC and a subnet have from 16 to 65,536 addresses. @throws Fault for another block */
function checkBlock(cidr: string, code: string): void {
  const { first, last } = parseCidr(cidr);
  const size = last - first + 1;
  if (size < 16 || size > 65_536) throw new Fault(code, `The CIDR '${cidr}' is invalid.`);
}

function addVpc(
  state: Ec2State,
  { cidr, isDefault, tags }: { cidr: string; isDefault: boolean; tags: sdk.Tag[] },
): VpcRecord {
  const { core } = state;
  const VpcId = core.id('vpc');
  const vpc = state.vpcs.add({
    VpcId,
    OwnerId: core.account,
    CidrBlock: cidr,
    CidrBlockAssociationSet: [
      {
        AssociationId: core.id('vpc-cidr-assoc'),
        CidrBlock: cidr,
        CidrBlockState: { State: 'associated' },
      },
    ],
    DhcpOptionsId: 'dopt-00000000',
    InstanceTenancy: 'default',
    IsDefault: isDefault,
    State: 'available',
    Tags: tags,
    enableDnsSupport: true,
    enableDnsHostnames: false,
  });
  const RouteTableId = core.id('rtb');
  state.routeTables.add({
    RouteTableId,
    VpcId,
    OwnerId: core.account,
    Associations: [
      {
        Main: true,
        RouteTableId,
        RouteTableAssociationId: core.id('rtbassoc'),
        AssociationState: { State: 'associated' },
      },
    ],
    Routes: [localRoute(cidr)],
    PropagatingVgws: [],
    Tags: [],
  });
  addSecurityGroup(state, {
    vpcId: VpcId,
    name: 'default',
    description: 'default VPC security group',
    tags: [],
  });
  return vpc;
}

/** The route that every route table has. */
export function localRoute(cidr: string): sdk.Route {
  return {
    DestinationCidrBlock: cidr,
    GatewayId: 'local',
    State: 'active',
    Origin: 'CreateRouteTable',
  };
}

function addSubnet(
  state: Ec2State,
  vpc: sdk.Vpc,
  { zone, cidr, tags }: { zone: string; cidr: string; tags: sdk.Tag[] },
): sdk.Subnet {
  const SubnetId = state.core.id('subnet');
  return state.subnets.add({
    SubnetId,
    SubnetArn: state.arn('subnet', SubnetId),
    VpcId: vpc.VpcId,
    OwnerId: state.core.account,
    CidrBlock: cidr,
    AvailabilityZone: zone,
    AvailabilityZoneId: state.zoneId(zone),
    AvailableIpAddressCount: usableAddresses(cidr),
    AssignIpv6AddressOnCreation: false,
    DefaultForAz: false,
    Ipv6CidrBlockAssociationSet: [],
    MapPublicIpOnLaunch: false,
    State: 'available',
    Tags: tags,
  });
}
