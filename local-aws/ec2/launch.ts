import type * as sdk from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import { Fault } from '../core/fault';
import type { Call } from '../core/service';
import { findTemplate, findVersion } from './launch-templates';
import type { Ec2State } from './state';
import { invalidValue, missingParameter } from './table';

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

  const networkInterface = input.NetworkInterfaces?.[0] ?? data.NetworkInterfaces?.[0];
  const subnetId = input.SubnetId ?? networkInterface?.SubnetId;
  const zone = input.Placement?.AvailabilityZone ?? data.Placement?.AvailabilityZone;
  const subnet = subnetId ? state.subnets.get(subnetId) : defaultSubnet(state, zone);
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
  return {
    image,
    instanceType,
    subnet,
    securityGroupIds,
    userData: input.UserData ?? data.UserData ?? '',
    profile: input.IamInstanceProfile ?? data.IamInstanceProfile,
    tagSpecifications: [...(data.TagSpecifications ?? []), ...(input.TagSpecifications ?? [])],
    template: version && { id: version.LaunchTemplateId!, version: version.VersionNumber! },
    metadataOptions: input.MetadataOptions ?? data.MetadataOptions,
    keyName: input.KeyName ?? data.KeyName,
    monitoring: (input.Monitoring ?? data.Monitoring)?.Enabled ?? false,
  };
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
    .catch(() => ({ InstanceProfile: undefined }));
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
  call.authorize('iam:PassRole', roleArn);
  return { arn: profile.Arn!, id: profile.InstanceProfileId!, roleArn };
}

/** Processor architecture of an instance type: Amazon's own processors have a `g` after the generation. */
export function architectureOf(instanceType: string): 'x86_64' | 'arm64' {
  return /^(a1|[a-z]+\d+g[a-z]*)\./.test(instanceType) ? 'arm64' : 'x86_64';
}

function checkArchitecture(image: sdk.Image, instanceType: string): void {
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(instanceType)) throw invalidValue(instanceType, 'InstanceType');
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
