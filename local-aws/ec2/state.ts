import type {
  Address,
  ResourceType as Ec2ResourceType,
  EgressOnlyInternetGateway,
  FlowLog,
  Image,
  Instance,
  InternetGateway,
  LaunchTemplate,
  LaunchTemplateVersion,
  NatGateway,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  Snapshot,
  Subnet,
  Tag,
  TagSpecification,
  Vpc,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { EbsEncryption } from './ebs-encryption';
import {
  ADDRESS_FILTERS,
  FLOW_LOG_FILTERS,
  IMAGE_FILTERS,
  INTERNET_GATEWAY_FILTERS,
  instanceFilters,
  NAT_GATEWAY_FILTERS,
  ROUTE_TABLE_FILTERS,
  SECURITY_GROUP_RULE_FILTERS,
  SNAPSHOT_FILTERS,
  SUBNET_FILTERS,
  securityGroupFilters,
  TEMPLATE_FILTERS,
  VPC_ENDPOINT_FILTERS,
  VPC_FILTERS,
} from './filter-values';
import { ClientTokens } from './once';
import { notFound, Table } from './table';

/** Why a resource can't be removed: something depends on it. */
export function dependencyViolation(noun: string, id: string): Fault {
  return new Fault('DependencyViolation', `The ${noun} '${id}' has dependencies and cannot be deleted.`);
}

/** A launch template with all of its versions. */
export interface TemplateRecord extends LaunchTemplate {
  /** Token of the call that made it. */
  readonly clientToken?: string;
  readonly versions: LaunchTemplateVersion[];
}

/** A VPC with those of its attributes that have calls of their own. */
export interface VpcRecord extends Vpc {
  enableDnsSupport: boolean;
  enableDnsHostnames: boolean;
}

/** An instance with what DescribeInstances does not tell of it. */
export interface InstanceRecord extends Instance {
  readonly reservationId: string;
  /** User data as it was given, in base64. */
  readonly userData: string;
  /** Whether a call to terminate it is refused. */
  isProtected: boolean;
  readonly shutdownBehavior: string;
  runningSince?: number;
}

/** Everything that EC2 knows. */
export class Ec2State {
  readonly images: Table<Image>;
  readonly snapshots: Table<Snapshot>;
  readonly templates: Table<TemplateRecord>;
  readonly instances: Table<InstanceRecord>;
  readonly vpcs: Table<VpcRecord>;
  readonly subnets: Table<Subnet>;
  readonly routeTables: Table<RouteTable>;
  readonly internetGateways: Table<InternetGateway>;
  readonly egressOnlyGateways: Table<EgressOnlyInternetGateway>;
  readonly natGateways: Table<NatGateway>;
  readonly addresses: Table<Address>;
  readonly securityGroups: Table<SecurityGroup>;
  readonly securityGroupRules: Table<SecurityGroupRule>;
  readonly vpcEndpoints: Table<VpcEndpoint>;
  readonly flowLogs: Table<FlowLog>;
  readonly tokens = new ClientTokens();

  readonly ebsEncryption: EbsEncryption = { isByDefault: false };

  /** @param isOffered whether a zone has machines of a type */
  constructor(
    readonly core: Core,
    readonly isOffered: (instanceType: string, zone: string) => boolean = () => true,
  ) {
    this.images = new Table<Image>({
      prefix: 'ami',
      idOf: (image) => image.ImageId!,
      notFound: (id) =>
        /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)
          ? new Fault('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`)
          : new Fault('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`),
      operation: 'DescribeImages',
      filters: IMAGE_FILTERS,
    });
    this.snapshots = new Table<Snapshot>({
      prefix: 'snap',
      idOf: (snapshot) => snapshot.SnapshotId!,
      notFound: notFound('InvalidSnapshot.NotFound', 'snapshot'),
      operation: 'DescribeSnapshots',
      filters: SNAPSHOT_FILTERS,
    });
    this.templates = new Table<TemplateRecord>({
      prefix: 'lt',
      idOf: (template) => template.LaunchTemplateId!,
      notFound: (id) =>
        new Fault(
          'InvalidLaunchTemplateId.NotFound',
          `The specified launch template, with template ID ${id}, does not exist.`,
        ),
      operation: 'DescribeLaunchTemplates',
      filters: TEMPLATE_FILTERS,
    });
    this.instances = new Table<InstanceRecord>({
      prefix: 'i',
      idOf: (instance) => instance.InstanceId!,
      notFound: (id) => new Fault('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`),
      operation: 'DescribeInstances',
      filters: instanceFilters(this),
    });
    this.vpcs = new Table<VpcRecord>({
      prefix: 'vpc',
      idOf: (vpc) => vpc.VpcId!,
      notFound: notFound('InvalidVpcID.NotFound', 'vpc ID'),
      operation: 'DescribeVpcs',
      filters: VPC_FILTERS,
    });
    this.subnets = new Table<Subnet>({
      prefix: 'subnet',
      idOf: (subnet) => subnet.SubnetId!,
      notFound: notFound('InvalidSubnetID.NotFound', 'subnet ID'),
      operation: 'DescribeSubnets',
      filters: SUBNET_FILTERS,
    });
    this.routeTables = new Table<RouteTable>({
      prefix: 'rtb',
      idOf: (table) => table.RouteTableId!,
      notFound: notFound('InvalidRouteTableID.NotFound', 'routeTable ID'),
      operation: 'DescribeRouteTables',
      filters: ROUTE_TABLE_FILTERS,
    });
    this.internetGateways = new Table<InternetGateway>({
      prefix: 'igw',
      idOf: (gateway) => gateway.InternetGatewayId!,
      notFound: notFound('InvalidInternetGatewayID.NotFound', 'internetGateway ID'),
      operation: 'DescribeInternetGateways',
      filters: INTERNET_GATEWAY_FILTERS,
    });
    this.egressOnlyGateways = new Table<EgressOnlyInternetGateway>({
      prefix: 'eigw',
      idOf: (gateway) => gateway.EgressOnlyInternetGatewayId!,
      notFound: notFound('InvalidGatewayID.NotFound', 'egress only internet gateway ID'),
      operation: 'DescribeEgressOnlyInternetGateways',
      filters: {},
    });
    this.natGateways = new Table<NatGateway>({
      prefix: 'nat',
      idOf: (gateway) => gateway.NatGatewayId!,
      notFound: (id) => new Fault('NatGatewayNotFound', `NatGateway ${id} was not found`),
      operation: 'DescribeNatGateways',
      filters: NAT_GATEWAY_FILTERS,
    });
    this.addresses = new Table<Address>({
      prefix: 'eipalloc',
      idOf: (address) => address.AllocationId!,
      notFound: notFound('InvalidAllocationID.NotFound', 'allocation ID'),
      operation: 'DescribeAddresses',
      filters: ADDRESS_FILTERS,
    });
    this.securityGroups = new Table<SecurityGroup>({
      prefix: 'sg',
      idOf: (group) => group.GroupId!,
      notFound: notFound('InvalidGroup.NotFound', 'security group'),
      operation: 'DescribeSecurityGroups',
      filters: securityGroupFilters(this),
    });
    this.securityGroupRules = new Table<SecurityGroupRule>({
      prefix: 'sgr',
      idOf: (rule) => rule.SecurityGroupRuleId!,
      notFound: notFound('InvalidSecurityGroupRuleId.NotFound', 'security group rule ID'),
      operation: 'DescribeSecurityGroupRules',
      filters: SECURITY_GROUP_RULE_FILTERS,
    });
    this.vpcEndpoints = new Table<VpcEndpoint>({
      prefix: 'vpce',
      idOf: (endpoint) => endpoint.VpcEndpointId!,
      notFound: (id) =>
        new Fault('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`),
      operation: 'DescribeVpcEndpoints',
      filters: VPC_ENDPOINT_FILTERS,
    });
    this.flowLogs = new Table<FlowLog>({
      prefix: 'fl',
      idOf: (log) => log.FlowLogId!,
      notFound: notFound('InvalidFlowLogId.NotFound', 'flow log ID'),
      operation: 'DescribeFlowLogs',
      filters: FLOW_LOG_FILTERS,
    });
  }

  /** All tables whose resources can be tagged, with EC2's name of the resource type. */
  get taggable(): readonly (readonly [Ec2ResourceType, Table<{ Tags?: Tag[] }>])[] {
    const tables: [Ec2ResourceType, unknown][] = [
      ['image', this.images],
      ['snapshot', this.snapshots],
      ['launch-template', this.templates],
      ['instance', this.instances],
      ['vpc', this.vpcs],
      ['subnet', this.subnets],
      ['route-table', this.routeTables],
      ['internet-gateway', this.internetGateways],
      ['egress-only-internet-gateway', this.egressOnlyGateways],
      ['natgateway', this.natGateways],
      ['elastic-ip', this.addresses],
      ['security-group', this.securityGroups],
      ['security-group-rule', this.securityGroupRules],
      ['vpc-endpoint', this.vpcEndpoints],
      ['vpc-flow-log', this.flowLogs],
    ];
    return tables as [Ec2ResourceType, Table<{ Tags?: Tag[] }>][];
  }

  get availabilityZones(): readonly string[] {
    return ['a', 'b', 'c'].map((letter) => `${this.core.region}${letter}`);
  }

  zoneId(zone: string): string {
    return `${this.core.region}-az${this.availabilityZones.indexOf(zone) + 1}`;
  }

  arn(type: string, id: string): string {
    return this.core.arn('ec2', `${type}/${id}`);
  }

  now(): Date {
    return new Date(this.core.clock.now());
  }
}

/**
 * The tags that a request gives to the new resource of a type.
 * @param others types whose tags the request may give as well
 * @throws Fault for tags of anything else, and for those that EC2 does not take
 */
export function tagsFor(
  specifications: readonly TagSpecification[] | undefined,
  type: Ec2ResourceType,
  others: readonly Ec2ResourceType[] = [],
): Tag[] {
  const wrong = specifications?.find(
    ({ ResourceType }) => ResourceType !== type && !others.includes(ResourceType!),
  );
  if (wrong)
    throw new Fault(
      'InvalidParameterValue',
      `'${wrong.ResourceType}' is not a valid taggable resource type for this operation.`,
    );
  return (specifications ?? [])
    .filter(({ ResourceType }) => ResourceType === type)
    .flatMap(({ Tags }) => Tags ?? [])
    .map(({ Key, Value }) => ({ Key: checkTag(Key, Value), Value: Value ?? '' }));
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions @throws Fault */
export function checkTag(key = '', value = ''): string {
  if (key.length < 1 || key.length > 128)
    throw new Fault('InvalidParameterValue', `Tag keys have 1 to 128 characters; found '${key}'.`);
  if (value.length > 256)
    throw new Fault(
      'InvalidParameterValue',
      `Tag value exceeds the maximum length of 256 characters: '${key}'.`,
    );
  return key;
}
