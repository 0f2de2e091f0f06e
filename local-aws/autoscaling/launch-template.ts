import type { LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';
import type { LaunchTemplateVersion, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { DescribeImagesCommand, DescribeLaunchTemplateVersionsCommand } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import { passedTo } from '../core/condition-keys';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Call, ConditionKeys } from '../core/service';
import { createdBy } from '../ec2/condition-keys';
import { validationError } from './faults';
import type { GroupTemplate } from './state';

/** A launch template version with what it starts. */
export interface ResolvedTemplate {
  readonly template: GroupTemplate;
  readonly data: ResponseLaunchTemplateData;
}

/**
 * Looks a launch template version up.
 * @throws Fault ValidationError when it does not exist, or is not given in full
 */
export async function resolveTemplate(
  core: Core,
  specification: LaunchTemplateSpecification | undefined,
): Promise<ResolvedTemplate> {
  const { LaunchTemplateId: id, LaunchTemplateName: name, Version = '$Default' } = specification ?? {};
  if ((id === undefined) === (name === undefined)) {
    throw validationError(
      'Valid requests must contain either launchTemplateId or launchTemplateName of a LaunchTemplate.',
    );
  }
  const found = await describeVersion(core, { id, name, version: Version });
  const data = found.LaunchTemplateData ?? {};
  const template: GroupTemplate = {
    id: found.LaunchTemplateId ?? '',
    name: found.LaunchTemplateName ?? '',
    version: String(found.VersionNumber),
    writtenVersion: Version,
    imageFromParameter: data.ImageId?.startsWith('resolve:ssm:') ?? false,
  };
  return { template, data };
}

async function describeVersion(
  core: Core,
  wanted: { readonly id?: string; readonly name?: string; readonly version: string },
): Promise<LaunchTemplateVersion> {
  const which = wanted.id ? `template ID ${wanted.id}` : `template name ${wanted.name}`;
  try {
    const { LaunchTemplateVersions = [] } = await core.send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: wanted.id,
        LaunchTemplateName: wanted.name,
        Versions: [wanted.version],
      }),
    );
    const [version] = LaunchTemplateVersions;
    if (version) return version;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw validationError(
      `You must use a valid fully-formed launch template. The specified launch template, with ${which} and version ${wanted.version}, cannot be used: ${error.message}`,
    );
  }
  throw validationError(
    `You must use a valid fully-formed launch template. The specified launch template, with ${which}, has no version ${wanted.version}.`,
  );
}

/**
 * A new group's first launch is tried without being made. What AWS looks at when a group or a refresh is given another
 * version is not documented, and is not looked at here.
 * @throws Fault ValidationError for an image that does not exist
 * @see https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/autoscaling/group_test.go
 */
export async function checkImage(core: Core, { data, template }: ResolvedTemplate): Promise<void> {
  if (data.ImageId === undefined || template.imageFromParameter) return;
  await core.read(new DescribeImagesCommand({ ImageIds: [data.ImageId] })).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    throw validationError(`You must use a valid fully-formed launch template. ${error.message}`);
  });
}

/**
 * Checks what a caller needs in order to have machines started from a launch template.
 * @throws Fault AccessDenied naming the action that is missing
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
 */
export async function authorizeTemplate(
  call: Call,
  { template, data }: ResolvedTemplate,
  subnetIds: readonly string[],
): Promise<void> {
  const { core } = call;
  const ec2 = (resource: string) => core.arn('ec2', resource);
  const need = (action: string, resource: string, keys: ConditionKeys) => {
    try {
      call.authorize(action, resource, keys);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Fault(
        'AccessDenied',
        `You are not authorized to use launch template: ${template.id} (${action} is missing: ${why})`,
        403,
      );
    }
  };
  const groups = [
    ...(data.SecurityGroupIds ?? []),
    ...(data.NetworkInterfaces ?? []).flatMap((networkInterface) => networkInterface.Groups ?? []),
  ];
  const resources = [
    ec2('instance/*'),
    ec2(`launch-template/${template.id}`),
    ec2('network-interface/*'),
    ec2('volume/*'),
    ...groups.map((id) => ec2(`security-group/${id}`)),
    ...subnetIds.map((id) => ec2(`subnet/${id}`)),
  ];
  if (data.ImageId?.startsWith('ami-')) resources.push(`arn:aws:ec2:${core.region}::image/${data.ImageId}`);
  const launchTemplate = { 'ec2:LaunchTemplate': ec2(`launch-template/${template.id}`) };
  for (const resource of resources) need('ec2:RunInstances', resource, launchTemplate);
  for (const { ResourceType, Tags } of data.TagSpecifications ?? [])
    need('ec2:CreateTags', ec2(`${ResourceType}/*`), createdBy('RunInstances', Tags ?? []));
  for (const roleArn of await rolesOf(core, data))
    need('iam:PassRole', roleArn, passedTo('ec2.amazonaws.com'));
}

async function rolesOf(core: Core, data: ResponseLaunchTemplateData): Promise<readonly string[]> {
  const { Name, Arn } = data.IamInstanceProfile ?? {};
  const name = Name ?? Arn?.split('/').at(-1);
  if (name === undefined) return [];
  try {
    const { InstanceProfile } = await core.send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
    return (InstanceProfile?.Roles ?? []).map((role) => role.Arn ?? '');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw validationError(
      `The launch template's instance profile '${name}' cannot be used: ${error.message}`,
    );
  }
}
