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
import { notFound, Table } from './table';

/** Why a resource can't be removed: something depends on it. */
export function dependencyViolation(noun: string, id: string): Fault {
  return new Fault('DependencyViolation', `The ${noun} '${id}' has dependencies and cannot be deleted.`);
}

/** A launch template with all of its versions. */
export interface TemplateRecord extends LaunchTemplate {
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
      filters: {
        'image-id': (image) => image.ImageId,
        name: (image) => image.Name,
        state: (image) => image.State,
        architecture: (image) => image.Architecture,
        'owner-id': (image) => image.OwnerId,
        'owner-alias': (image) => image.ImageOwnerAlias,
        'is-public': (image) => image.Public,
        'image-type': (image) => image.ImageType,
        'root-device-type': (image) => image.RootDeviceType,
        'virtualization-type': (image) => image.VirtualizationType,
        platform: (image) => image.Platform,
        description: (image) => image.Description,
      },
    });
    this.snapshots = new Table<Snapshot>({
      prefix: 'snap',
      idOf: (snapshot) => snapshot.SnapshotId!,
      notFound: notFound('InvalidSnapshot.NotFound', 'snapshot'),
      filters: {
        'snapshot-id': (snapshot) => snapshot.SnapshotId,
        'owner-id': (snapshot) => snapshot.OwnerId,
        'volume-size': (snapshot) => snapshot.VolumeSize,
        status: (snapshot) => snapshot.State,
        encrypted: (snapshot) => snapshot.Encrypted,
        description: (snapshot) => snapshot.Description,
      },
    });
    this.templates = new Table<TemplateRecord>({
      prefix: 'lt',
      idOf: (template) => template.LaunchTemplateId!,
      notFound: (id) =>
        new Fault(
          'InvalidLaunchTemplateId.NotFound',
          `The specified launch template, with template ID ${id}, does not exist.`,
        ),
      filters: {
        'launch-template-name': (template) => template.LaunchTemplateName,
        'create-time': (template) => template.CreateTime?.toISOString(),
      },
    });
    this.instances = new Table<InstanceRecord>({
      prefix: 'i',
      idOf: (instance) => instance.InstanceId!,
      notFound: (id) => new Fault('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`),
      filters: {
        'instance-id': (instance) => instance.InstanceId,
        'instance-state-name': (instance) => instance.State?.Name,
        'instance-state-code': (instance) => instance.State?.Code,
        'instance-type': (instance) => instance.InstanceType,
        'image-id': (instance) => instance.ImageId,
        'vpc-id': (instance) => instance.VpcId,
        'subnet-id': (instance) => instance.SubnetId,
        'private-ip-address': (instance) => instance.PrivateIpAddress,
        'availability-zone': (instance) => instance.Placement?.AvailabilityZone,
        'iam-instance-profile.arn': (instance) => instance.IamInstanceProfile?.Arn,
        'instance.group-id': (instance) => instance.SecurityGroups?.map(({ GroupId }) => GroupId),
        'reservation-id': (instance) => instance.reservationId,
        'client-token': (instance) => instance.ClientToken,
        architecture: (instance) => instance.Architecture,
      },
    });
    this.vpcs = new Table<VpcRecord>({
      prefix: 'vpc',
      idOf: (vpc) => vpc.VpcId!,
      notFound: notFound('InvalidVpcID.NotFound', 'vpc ID'),
      filters: {
        'vpc-id': (vpc) => vpc.VpcId,
        cidr: (vpc) => vpc.CidrBlock,
        'cidr-block-association.cidr-block': (vpc) => vpc.CidrBlock,
        isDefault: (vpc) => vpc.IsDefault,
        'is-default': (vpc) => vpc.IsDefault,
        state: (vpc) => vpc.State,
        'owner-id': (vpc) => vpc.OwnerId,
      },
    });
    this.subnets = new Table<Subnet>({
      prefix: 'subnet',
      idOf: (subnet) => subnet.SubnetId!,
      notFound: notFound('InvalidSubnetID.NotFound', 'subnet ID'),
      filters: {
        'subnet-id': (subnet) => subnet.SubnetId,
        'vpc-id': (subnet) => subnet.VpcId,
        'availability-zone': (subnet) => subnet.AvailabilityZone,
        availabilityZone: (subnet) => subnet.AvailabilityZone,
        'cidr-block': (subnet) => subnet.CidrBlock,
        'default-for-az': (subnet) => subnet.DefaultForAz,
        'map-public-ip-on-launch': (subnet) => subnet.MapPublicIpOnLaunch,
        state: (subnet) => subnet.State,
      },
    });
    this.routeTables = new Table<RouteTable>({
      prefix: 'rtb',
      idOf: (table) => table.RouteTableId!,
      notFound: notFound('InvalidRouteTableID.NotFound', 'routeTable ID'),
      filters: {
        'route-table-id': (table) => table.RouteTableId,
        'vpc-id': (table) => table.VpcId,
        'association.subnet-id': (table) => table.Associations?.map(({ SubnetId }) => SubnetId),
        'association.main': (table) => table.Associations?.map(({ Main }) => String(Main)),
        'association.route-table-association-id': (table) =>
          table.Associations?.map((association) => association.RouteTableAssociationId),
      },
    });
    this.internetGateways = new Table<InternetGateway>({
      prefix: 'igw',
      idOf: (gateway) => gateway.InternetGatewayId!,
      notFound: notFound('InvalidInternetGatewayID.NotFound', 'internetGateway ID'),
      filters: {
        'internet-gateway-id': (gateway) => gateway.InternetGatewayId,
        'attachment.vpc-id': (gateway) => gateway.Attachments?.map(({ VpcId }) => VpcId),
      },
    });
    this.egressOnlyGateways = new Table<EgressOnlyInternetGateway>({
      prefix: 'eigw',
      idOf: (gateway) => gateway.EgressOnlyInternetGatewayId!,
      notFound: notFound('InvalidGatewayID.NotFound', 'egress only internet gateway ID'),
      filters: {},
    });
    this.natGateways = new Table<NatGateway>({
      prefix: 'nat',
      idOf: (gateway) => gateway.NatGatewayId!,
      notFound: (id) => new Fault('NatGatewayNotFound', `NatGateway ${id} was not found`),
      filters: {
        'nat-gateway-id': (gateway) => gateway.NatGatewayId,
        'subnet-id': (gateway) => gateway.SubnetId,
        'vpc-id': (gateway) => gateway.VpcId,
        state: (gateway) => gateway.State,
      },
    });
    this.addresses = new Table<Address>({
      prefix: 'eipalloc',
      idOf: (address) => address.AllocationId!,
      notFound: notFound('InvalidAllocationID.NotFound', 'allocation ID'),
      filters: {
        'allocation-id': (address) => address.AllocationId,
        'public-ip': (address) => address.PublicIp,
        domain: (address) => address.Domain,
      },
    });
    this.securityGroups = new Table<SecurityGroup>({
      prefix: 'sg',
      idOf: (group) => group.GroupId!,
      notFound: notFound('InvalidGroup.NotFound', 'security group'),
      filters: {
        'group-id': (group) => group.GroupId,
        'group-name': (group) => group.GroupName,
        'vpc-id': (group) => group.VpcId,
        description: (group) => group.Description,
      },
    });
    this.securityGroupRules = new Table<SecurityGroupRule>({
      prefix: 'sgr',
      idOf: (rule) => rule.SecurityGroupRuleId!,
      notFound: notFound('InvalidSecurityGroupRuleId.NotFound', 'security group rule ID'),
      filters: {
        'group-id': (rule) => rule.GroupId,
        'security-group-rule-id': (rule) => rule.SecurityGroupRuleId,
      },
    });
    this.vpcEndpoints = new Table<VpcEndpoint>({
      prefix: 'vpce',
      idOf: (endpoint) => endpoint.VpcEndpointId!,
      notFound: (id) =>
        new Fault('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`),
      filters: {
        'vpc-endpoint-id': (endpoint) => endpoint.VpcEndpointId,
        'vpc-id': (endpoint) => endpoint.VpcId,
        'service-name': (endpoint) => endpoint.ServiceName,
        'vpc-endpoint-type': (endpoint) => endpoint.VpcEndpointType,
        'vpc-endpoint-state': (endpoint) => endpoint.State,
      },
    });
    this.flowLogs = new Table<FlowLog>({
      prefix: 'fl',
      idOf: (log) => log.FlowLogId!,
      notFound: notFound('InvalidFlowLogId.NotFound', 'flow log ID'),
      filters: {
        'flow-log-id': (log) => log.FlowLogId,
        'resource-id': (log) => log.ResourceId,
        'log-group-name': (log) => log.LogGroupName,
        'traffic-type': (log) => log.TrafficType,
      },
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

  arn(type: string, id: string): string {
    return this.core.arn('ec2', `${type}/${id}`);
  }

  now(): Date {
    return new Date(this.core.clock.now());
  }
}

/** The tags that a request gives to the new resource of a type. */
export function tagsFor(
  specifications: readonly TagSpecification[] | undefined,
  type: Ec2ResourceType,
): Tag[] {
  return (specifications ?? [])
    .filter(({ ResourceType }) => ResourceType === type)
    .flatMap(({ Tags }) => Tags ?? [])
    .map(({ Key, Value }) => ({ Key, Value: Value ?? '' }));
}
