import type * as sdk from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import { notServed } from '../core/accepts';
import { passedTo } from '../core/condition-keys';
import { Fault } from '../core/fault';
import type { Call, ConditionKeys } from '../core/service';
import { checkVolumes } from './block-devices';
import { keysOfVolumes } from './ebs-encryption';
import { architectureOf, INSTANCE_TYPES } from './instance-types';
import { findTemplate, findVersion } from './launch-templates';
import { type Ec2State, tagsFor } from './state';
import { missingParameter } from './table';

const MAXIMUM_USER_DATA_BYTES = 16_384;

/** What a launch may give tags to; of these there are instances alone here. */
export const TAGGED_WITH = ['instance', 'volume', 'network-interface', 'spot-instances-request'] as const;

/** What is to be launched, after a launch template and the request's own values were put together. */
export interface Launch {
  readonly image: sdk.Image;
  readonly instanceType: sdk._InstanceType;
  readonly subnet: sdk.Subnet;
  readonly securityGroupIds: readonly string[];
  readonly userData: string;
  readonly profile?: sdk.IamInstanceProfileSpecification;
  readonly tagSpecifications: readonly sdk.TagSpecification[];
  /** The launch template version that it comes from. */
  readonly template?: { readonly id: string; readonly version: number };
  readonly metadataOptions?: sdk.InstanceMetadataOptionsRequest;
  readonly keyName?: string;
  readonly monitoring: boolean;
  /** Whether a call to terminate it is refused. */
  readonly isProtected: boolean;
  readonly shutdownBehavior: string;
  readonly ebsOptimized: boolean;
  /** Keys of the account's own that its volumes need. */
  readonly keyIds: readonly string[];
}

/**
 * Puts together what a request wants launched; a request's own values win over its launch template's.
 * @throws Fault for what is missing, or names something that is not there
 */
export function resolveLaunch(state: Ec2State, input: sdk.RunInstancesRequest): Launch {
  const version = input.LaunchTemplate
    ? findVersion(findTemplate(state, input.LaunchTemplate), input.LaunchTemplate.Version)
    : undefined;
  const data = (version?.LaunchTemplateData ?? {}) as sdk.RequestLaunchTemplateData;

  const imageId = input.ImageId ?? data.ImageId;
  if (!imageId) throw missingParameter('ImageId');
  if (imageId.startsWith('resolve:ssm:')) {
    throw new Fault('InvalidAMIID.Malformed', `The local AWS takes no image of the form ${imageId}.`);
  }
  const image = state.images.get(imageId);
  const instanceType = input.InstanceType ?? data.InstanceType ?? 'm1.small';
  checkArchitecture(image, instanceType);

  const devices = input.BlockDeviceMappings ?? data.BlockDeviceMappings ?? [];
  checkVolumes(
    image,
    devices.map(({ DeviceName, Ebs }) => ({ deviceName: DeviceName, sizeGiB: Ebs?.VolumeSize })),
  );

  checkInterfaces(input);
  checkInterfaces(data);
  const networkInterface = input.NetworkInterfaces?.[0] ?? data.NetworkInterfaces?.[0];
  const subnetId = input.SubnetId ?? networkInterface?.SubnetId;
  const zone = input.Placement?.AvailabilityZone ?? data.Placement?.AvailabilityZone;
  const subnet = subnetId ? state.subnets.get(subnetId) : defaultSubnet(state, zone);
  checkOffer(state, instanceType, subnet.AvailabilityZone!);
  const securityGroupIds =
    input.SecurityGroupIds ??
    networkInterface?.Groups ??
    data.SecurityGroupIds ??
    defaultGroups(state, subnet);
  for (const id of securityGroupIds) {
    if (state.securityGroups.get(id).VpcId !== subnet.VpcId) {
      throw new Fault(
        'InvalidParameter',
        `Security group ${id} and subnet ${subnet.SubnetId} belong to different networks.`,
      );
    }
  }
  const tagSpecifications = [...(data.TagSpecifications ?? []), ...(input.TagSpecifications ?? [])];
  const metadataOptions = input.MetadataOptions ?? data.MetadataOptions;
  if (metadataOptions?.InstanceMetadataTags === 'enabled')
    for (const { Key = '' } of tagsFor(tagSpecifications, 'instance', TAGGED_WITH)) checkMetadataTag(Key);
  return {
    image,
    keyIds: keysOfVolumes(state, image, devices),
    instanceType,
    subnet,
    securityGroupIds,
    userData: checkUserData(input.UserData ?? data.UserData ?? ''),
    profile: input.IamInstanceProfile ?? data.IamInstanceProfile,
    tagSpecifications,
    template: version && { id: version.LaunchTemplateId!, version: version.VersionNumber! },
    metadataOptions,
    keyName: input.KeyName ?? data.KeyName,
    monitoring: (input.Monitoring ?? data.Monitoring)?.Enabled ?? false,
    isProtected: input.DisableApiTermination ?? data.DisableApiTermination ?? false,
    shutdownBehavior:
      input.InstanceInitiatedShutdownBehavior ?? data.InstanceInitiatedShutdownBehavior ?? 'stop',
    ebsOptimized: input.EbsOptimized ?? data.EbsOptimized ?? false,
  };
}

/** @throws Fault for interfaces that EC2, or the local AWS, does not take */
function checkInterfaces({
  NetworkInterfaces: interfaces = [],
  SecurityGroupIds,
}: Pick<sdk.RunInstancesRequest, 'NetworkInterfaces' | 'SecurityGroupIds'>): void {
  if (interfaces.length > 0 && SecurityGroupIds?.length)
    throw new Fault(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    );
  if (interfaces.length > 1)
    throw notServed('ec2', 'More than one network interface of a machine is not served by the local AWS.');
}

/** @param text user data in base64. @throws Fault as EC2 words it */
function checkUserData(text: string): string {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text))
    throw new Fault('InvalidParameterValue', 'Invalid BASE64 encoding of user data.');
  if (Buffer.from(text, 'base64').length > MAXIMUM_USER_DATA_BYTES)
    throw new Fault('InvalidParameterValue', `User data is limited to ${MAXIMUM_USER_DATA_BYTES} bytes`);
  return text;
}

/** Everything that RunInstances needs permission on: what it starts, and what it starts it from. */
export function launchResources(state: Ec2State, launch: Launch): string[] {
  return [
    state.arn('instance', '*'),
    `arn:aws:ec2:${state.core.region}::image/${launch.image.ImageId}`,
    state.arn('network-interface', '*'),
    state.arn('volume', '*'),
    state.arn('subnet', launch.subnet.SubnetId!),
    ...launch.securityGroupIds.map((id) => state.arn('security-group', id)),
    ...(launch.template ? [state.arn('launch-template', launch.template.id)] : []),
  ];
}

/** Condition keys of what is launched: the launch template that it comes from. */
export function launchKeys(state: Ec2State, { template }: Launch): ConditionKeys {
  return template ? { 'ec2:LaunchTemplate': state.arn('launch-template', template.id) } : {};
}

/** A launch's instance profile, with the role in it. @throws Fault when there is none of that name, or the caller may not pass its role */
export async function passProfile(
  launch: Launch,
  call: Call,
): Promise<{ readonly arn: string; readonly id: string; readonly roleArn: string } | undefined> {
  const given = launch.profile;
  const name = given?.Name ?? given?.Arn?.split('/').at(-1);
  if (name === undefined) return undefined;
  const { InstanceProfile: profile } = await call.core
    .send(new GetInstanceProfileCommand({ InstanceProfileName: name }))
    .catch((error) => {
      if (error instanceof Fault && error.code.startsWith('NoSuchEntity'))
        return { InstanceProfile: undefined };
      throw error;
    });
  if (!profile) {
    const value = given?.Name ?? given?.Arn;
    throw new Fault(
      'InvalidParameterValue',
      `Value (${value}) for parameter iamInstanceProfile.${given?.Name ? 'name' : 'arn'} is invalid. Invalid IAM Instance Profile ${given?.Name ? 'name' : 'ARN'}`,
    );
  }
  const roleArn = profile.Roles?.[0]?.Arn;
  if (!roleArn) {
    throw new Fault(
      'InvalidParameterValue',
      `IAM Instance Profile "${profile.Arn}" has no associated IAM Roles`,
    );
  }
  call.authorize('iam:PassRole', roleArn, passedTo('ec2.amazonaws.com'));
  return { arn: profile.Arn!, id: profile.InstanceProfileId!, roleArn };
}

/** @see https://github.com/runs-on/runs-on/issues/5 for the wording of a zone that does not offer a type */
function checkOffer(state: Ec2State, instanceType: string, zone: string): void {
  if (state.isOffered(instanceType, zone)) return;
  const others = state.availabilityZones.filter((other) => state.isOffered(instanceType, other));
  throw new Fault(
    'Unsupported',
    `Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${zone}). Please retry your request by not specifying an Availability Zone or choosing ${others.join(', ')}.`,
  );
}

/**
 * Checks the key of a tag that an instance's metadata service is to show.
 * @throws Fault as EC2 words it
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
 */
export function checkMetadataTag(key: string): void {
  if (/^[0-9a-zA-Z\-_+=,.@:]{1,255}$/.test(key) && !['.', '..', '_index'].includes(key)) return;
  throw new Fault(
    'InvalidParameterValue',
    `'${key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
  );
}

function checkArchitecture(image: sdk.Image, instanceType: string): void {
  if (!INSTANCE_TYPES.some((type) => type === instanceType)) {
    throw new Fault('InvalidParameterValue', `Invalid value '${instanceType}' for InstanceType.`);
  }
  const architecture = architectureOf(instanceType);
  if (architecture === image.Architecture) return;
  throw new Fault(
    'InvalidParameterValue',
    `The architecture '${architecture}' of the specified instance type does not match the architecture '${image.Architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  );
}

function defaultSubnet(state: Ec2State, zone: string | undefined): sdk.Subnet {
  const found = state.subnets
    .all()
    .find((subnet) => subnet.DefaultForAz && (zone === undefined || subnet.AvailabilityZone === zone));
  if (found) return found;
  throw new Fault(
    'MissingInput',
    `No default subnet${zone ? ` in ${zone}` : ''}: a subnet must be specified.`,
  );
}

function defaultGroups(state: Ec2State, subnet: sdk.Subnet): string[] {
  return state.securityGroups
    .all()
    .filter((group) => group.VpcId === subnet.VpcId && group.GroupName === 'default')
    .map((group) => group.GroupId!);
}
