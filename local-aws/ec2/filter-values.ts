// What EC2's resources can be filtered by, as far as it stands in their records.
import type {
  Address,
  FlowLog,
  Image,
  InstanceStatus,
  InternetGateway,
  LaunchTemplateVersion,
  NatGateway,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  Snapshot,
  Subnet,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';
import type { FilterValues } from './filters';
import type { Ec2State, InstanceRecord, TemplateRecord, VpcRecord } from './state';

export const IMAGE_FILTERS: FilterValues<Image> = {
  architecture: (image) => image.Architecture,
  'block-device-mapping.delete-on-termination': (image) =>
    image.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.DeleteOnTermination),
  'block-device-mapping.device-name': (image) =>
    image.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName),
  'block-device-mapping.encrypted': (image) => image.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.Encrypted),
  'block-device-mapping.snapshot-id': (image) => image.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.SnapshotId),
  'block-device-mapping.volume-size': (image) => image.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.VolumeSize),
  'block-device-mapping.volume-type': (image) => image.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.VolumeType),
  'creation-date': (image) => image.CreationDate,
  description: (image) => image.Description,
  'ena-support': (image) => image.EnaSupport,
  hypervisor: (image) => image.Hypervisor,
  'image-id': (image) => image.ImageId,
  'image-type': (image) => image.ImageType,
  'is-public': (image) => image.Public,
  'manifest-location': (image) => image.ImageLocation,
  name: (image) => image.Name,
  'owner-alias': (image) => image.ImageOwnerAlias,
  'owner-id': (image) => image.OwnerId,
  platform: (image) => image.Platform,
  'root-device-name': (image) => image.RootDeviceName,
  'root-device-type': (image) => image.RootDeviceType,
  'source-instance-id': (image) => image.SourceInstanceId,
  state: (image) => image.State,
  'virtualization-type': (image) => image.VirtualizationType,
};

export const TEMPLATE_FILTERS: FilterValues<TemplateRecord> = {
  'create-time': (template) => template.CreateTime,
  'launch-template-name': (template) => template.LaunchTemplateName,
};

export const TEMPLATE_VERSION_FILTERS: FilterValues<LaunchTemplateVersion> = {
  'create-time': (version) => version.CreateTime,
  'ebs-optimized': (version) => version.LaunchTemplateData?.EbsOptimized,
  'http-endpoint': (version) => version.LaunchTemplateData?.MetadataOptions?.HttpEndpoint,
  'http-tokens': (version) => version.LaunchTemplateData?.MetadataOptions?.HttpTokens,
  'iam-instance-profile': (version) => version.LaunchTemplateData?.IamInstanceProfile?.Arn,
  'image-id': (version) => version.LaunchTemplateData?.ImageId,
  'instance-type': (version) => version.LaunchTemplateData?.InstanceType,
  'is-default-version': (version) => version.DefaultVersion,
};

export function instanceFilters(state: Ec2State): FilterValues<InstanceRecord> {
  return {
    architecture: (instance) => instance.Architecture,
    'availability-zone': (instance) => instance.Placement?.AvailabilityZone,
    'availability-zone-id': (instance) => state.zoneId(instance.Placement?.AvailabilityZone ?? ''),
    'client-token': (instance) => instance.ClientToken,
    'dns-name': (instance) => instance.PublicDnsName,
    'ebs-optimized': (instance) => instance.EbsOptimized,
    hypervisor: (instance) => instance.Hypervisor,
    'iam-instance-profile.arn': (instance) => instance.IamInstanceProfile?.Arn,
    'iam-instance-profile.id': (instance) => instance.IamInstanceProfile?.Id,
    'image-id': (instance) => instance.ImageId,
    'instance-id': (instance) => instance.InstanceId,
    'instance-state-code': (instance) => instance.State?.Code,
    'instance-state-name': (instance) => instance.State?.Name,
    'instance-type': (instance) => instance.InstanceType,
    'instance.group-id': (instance) => instance.SecurityGroups?.map(({ GroupId }) => GroupId),
    'instance.group-name': (instance) => instance.SecurityGroups?.map(({ GroupName }) => GroupName),
    'ip-address': (instance) => instance.PublicIpAddress,
    'key-name': (instance) => instance.KeyName,
    'launch-index': (instance) => instance.AmiLaunchIndex,
    'launch-time': (instance) => instance.LaunchTime,
    'metadata-options.http-endpoint': (instance) => instance.MetadataOptions?.HttpEndpoint,
    'metadata-options.http-put-response-hop-limit': (instance) =>
      instance.MetadataOptions?.HttpPutResponseHopLimit,
    'metadata-options.http-tokens': (instance) => instance.MetadataOptions?.HttpTokens,
    'metadata-options.instance-metadata-tags': (instance) => instance.MetadataOptions?.InstanceMetadataTags,
    'metadata-options.state': (instance) => instance.MetadataOptions?.State,
    'monitoring-state': (instance) => instance.Monitoring?.State,
    'owner-id': () => state.core.account,
    'platform-details': (instance) => instance.PlatformDetails,
    'private-dns-name': (instance) => instance.PrivateDnsName,
    'private-ip-address': (instance) => instance.PrivateIpAddress,
    reason: (instance) => instance.StateTransitionReason,
    'reservation-id': (instance) => instance.reservationId,
    'root-device-name': (instance) => instance.RootDeviceName,
    'root-device-type': (instance) => instance.RootDeviceType,
    'source-dest-check': (instance) => instance.SourceDestCheck,
    'state-reason-code': (instance) => instance.StateReason?.Code,
    'state-reason-message': (instance) => instance.StateReason?.Message,
    'subnet-id': (instance) => instance.SubnetId,
    tenancy: (instance) => instance.Placement?.Tenancy,
    'virtualization-type': (instance) => instance.VirtualizationType,
    'vpc-id': (instance) => instance.VpcId,
  };
}

export const VPC_FILTERS: FilterValues<VpcRecord> = {
  cidr: (vpc) => vpc.CidrBlock,
  'cidr-block-association.association-id': (vpc) =>
    vpc.CidrBlockAssociationSet?.map(({ AssociationId }) => AssociationId),
  'cidr-block-association.cidr-block': (vpc) =>
    vpc.CidrBlockAssociationSet?.map(({ CidrBlock }) => CidrBlock),
  'cidr-block-association.state': (vpc) =>
    vpc.CidrBlockAssociationSet?.map(({ CidrBlockState }) => CidrBlockState?.State),
  'dhcp-options-id': (vpc) => vpc.DhcpOptionsId,
  isDefault: (vpc) => vpc.IsDefault,
  'is-default': (vpc) => vpc.IsDefault,
  'owner-id': (vpc) => vpc.OwnerId,
  state: (vpc) => vpc.State,
  'vpc-id': (vpc) => vpc.VpcId,
};

const SUBNET_ZONE = (subnet: Subnet) => subnet.AvailabilityZone;
const SUBNET_ZONE_ID = (subnet: Subnet) => subnet.AvailabilityZoneId;
const SUBNET_CIDR = (subnet: Subnet) => subnet.CidrBlock;
const SUBNET_DEFAULT = (subnet: Subnet) => subnet.DefaultForAz;

export const SUBNET_FILTERS: FilterValues<Subnet> = {
  'availability-zone': SUBNET_ZONE,
  availabilityZone: SUBNET_ZONE,
  'availability-zone-id': SUBNET_ZONE_ID,
  availabilityZoneId: SUBNET_ZONE_ID,
  'available-ip-address-count': (subnet) => subnet.AvailableIpAddressCount,
  'cidr-block': SUBNET_CIDR,
  cidr: SUBNET_CIDR,
  cidrBlock: SUBNET_CIDR,
  'default-for-az': SUBNET_DEFAULT,
  defaultForAz: SUBNET_DEFAULT,
  'map-public-ip-on-launch': (subnet) => subnet.MapPublicIpOnLaunch,
  'owner-id': (subnet) => subnet.OwnerId,
  state: (subnet) => subnet.State,
  'subnet-arn': (subnet) => subnet.SubnetArn,
  'subnet-id': (subnet) => subnet.SubnetId,
  'vpc-id': (subnet) => subnet.VpcId,
};

export const ROUTE_TABLE_FILTERS: FilterValues<RouteTable> = {
  'association.main': (table) => table.Associations?.map(({ Main }) => Main),
  'association.route-table-association-id': (table) =>
    table.Associations?.map((association) => association.RouteTableAssociationId),
  'association.route-table-id': (table) => table.Associations?.map(({ RouteTableId }) => RouteTableId),
  'association.subnet-id': (table) => table.Associations?.map(({ SubnetId }) => SubnetId),
  'owner-id': (table) => table.OwnerId,
  'route-table-id': (table) => table.RouteTableId,
  'route.destination-cidr-block': (table) => table.Routes?.map((route) => route.DestinationCidrBlock),
  'route.destination-ipv6-cidr-block': (table) =>
    table.Routes?.map((route) => route.DestinationIpv6CidrBlock),
  'route.destination-prefix-list-id': (table) => table.Routes?.map((route) => route.DestinationPrefixListId),
  'route.gateway-id': (table) => table.Routes?.map(({ GatewayId }) => GatewayId),
  'route.nat-gateway-id': (table) => table.Routes?.map(({ NatGatewayId }) => NatGatewayId),
  'route.origin': (table) => table.Routes?.map(({ Origin }) => Origin),
  'route.state': (table) => table.Routes?.map(({ State }) => State),
  'vpc-id': (table) => table.VpcId,
};

export const INTERNET_GATEWAY_FILTERS: FilterValues<InternetGateway> = {
  'attachment.state': (gateway) => gateway.Attachments?.map(({ State }) => State),
  'attachment.vpc-id': (gateway) => gateway.Attachments?.map(({ VpcId }) => VpcId),
  'internet-gateway-id': (gateway) => gateway.InternetGatewayId,
  'owner-id': (gateway) => gateway.OwnerId,
};

export const NAT_GATEWAY_FILTERS: FilterValues<NatGateway> = {
  'nat-gateway-id': (gateway) => gateway.NatGatewayId,
  state: (gateway) => gateway.State,
  'subnet-id': (gateway) => gateway.SubnetId,
  'vpc-id': (gateway) => gateway.VpcId,
};

export const ADDRESS_FILTERS: FilterValues<Address> = {
  'allocation-id': (address) => address.AllocationId,
  'association-id': (address) => address.AssociationId,
  domain: (address) => address.Domain,
  'network-border-group': (address) => address.NetworkBorderGroup,
  'public-ip': (address) => address.PublicIp,
};

/** A group is found by its rules as well, each of which may match another filter, as in EC2. */
export function securityGroupFilters(state: Ec2State): FilterValues<SecurityGroup> {
  const rules =
    (isEgress: boolean, read: (rule: SecurityGroupRule) => string | number | undefined) =>
    ({ GroupId }: SecurityGroup) =>
      state.securityGroupRules
        .all()
        .filter((rule) => rule.GroupId === GroupId && rule.IsEgress === isEgress)
        .map(read);
  const ofRules = Object.fromEntries(
    [false, true].flatMap((isEgress) => {
      const prefix = isEgress ? 'egress.ip-permission' : 'ip-permission';
      return [
        [`${prefix}.cidr`, rules(isEgress, (rule) => rule.CidrIpv4)],
        [`${prefix}.from-port`, rules(isEgress, (rule) => rule.FromPort)],
        [`${prefix}.group-id`, rules(isEgress, (rule) => rule.ReferencedGroupInfo?.GroupId)],
        [`${prefix}.ipv6-cidr`, rules(isEgress, (rule) => rule.CidrIpv6)],
        [`${prefix}.prefix-list-id`, rules(isEgress, (rule) => rule.PrefixListId)],
        [`${prefix}.protocol`, rules(isEgress, (rule) => rule.IpProtocol)],
        [`${prefix}.to-port`, rules(isEgress, (rule) => rule.ToPort)],
      ] as const;
    }),
  );
  return {
    description: (group) => group.Description,
    'group-id': (group) => group.GroupId,
    'group-name': (group) => group.GroupName,
    'owner-id': (group) => group.OwnerId,
    'vpc-id': (group) => group.VpcId,
    ...ofRules,
  };
}

export const SECURITY_GROUP_RULE_FILTERS: FilterValues<SecurityGroupRule> = {
  'group-id': (rule) => rule.GroupId,
  'security-group-rule-id': (rule) => rule.SecurityGroupRuleId,
};

export const VPC_ENDPOINT_FILTERS: FilterValues<VpcEndpoint> = {
  'service-name': (endpoint) => endpoint.ServiceName,
  'vpc-endpoint-id': (endpoint) => endpoint.VpcEndpointId,
  'vpc-endpoint-state': (endpoint) => endpoint.State,
  'vpc-endpoint-type': (endpoint) => endpoint.VpcEndpointType,
  'vpc-id': (endpoint) => endpoint.VpcId,
};

export const FLOW_LOG_FILTERS: FilterValues<FlowLog> = {
  'deliver-log-status': (log) => log.DeliverLogsStatus,
  'flow-log-id': (log) => log.FlowLogId,
  'log-destination-type': (log) => log.LogDestinationType,
  'log-group-name': (log) => log.LogGroupName,
  'resource-id': (log) => log.ResourceId,
  'traffic-type': (log) => log.TrafficType,
};

export const STATUS_FILTERS: FilterValues<InstanceStatus> = {
  'availability-zone': (status) => status.AvailabilityZone,
  'availability-zone-id': (status) => status.AvailabilityZoneId,
  'instance-state-code': (status) => status.InstanceState?.Code,
  'instance-state-name': (status) => status.InstanceState?.Name,
  'instance-status.reachability': (status) => status.InstanceStatus?.Details?.map(({ Status }) => Status),
  'instance-status.status': (status) => status.InstanceStatus?.Status,
  'system-status.reachability': (status) => status.SystemStatus?.Details?.map(({ Status }) => Status),
  'system-status.status': (status) => status.SystemStatus?.Status,
};

export const SNAPSHOT_FILTERS: FilterValues<Snapshot> = {
  description: (snapshot) => snapshot.Description,
  encrypted: (snapshot) => snapshot.Encrypted,
  'owner-id': (snapshot) => snapshot.OwnerId,
  progress: (snapshot) => snapshot.Progress,
  'snapshot-id': (snapshot) => snapshot.SnapshotId,
  'start-time': (snapshot) => snapshot.StartTime,
  status: (snapshot) => snapshot.State,
  'volume-id': (snapshot) => snapshot.VolumeId,
  'volume-size': (snapshot) => snapshot.VolumeSize,
};
