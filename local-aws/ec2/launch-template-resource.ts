import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  type RequestLaunchTemplateData,
  RequestLaunchTemplateData$,
} from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';
import { templateInput, unlessGone, withStackTags } from '../core/template-input';

const TYPE = 'AWS::EC2::LaunchTemplate';
const KNOWN = ['LaunchTemplateName', 'LaunchTemplateData', 'VersionDescription', 'TagSpecifications'];

/**
 * `AWS::EC2::LaunchTemplate`: a change of the data or of the description makes a new version; the default
 * version stays the first (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1518).
 */
export const launchTemplate: ResourceType = {
  createOnly: ['LaunchTemplateName'],

  async create(properties, provisioning) {
    const { LaunchTemplate } = await provisioning.core.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: String(properties.LaunchTemplateName ?? provisioning.generateName(128)),
        ...versionOf(properties),
        TagSpecifications: [
          { ResourceType: 'launch-template', Tags: withStackTags(tagsOf(properties), provisioning) },
        ],
      }),
    );
    return provisioned(LaunchTemplate!.LaunchTemplateId!, provisioning);
  },

  async update(LaunchTemplateId, properties, old, provisioning) {
    const { core } = provisioning;
    const wanted = versionOf(properties);
    if (JSON.stringify(wanted) !== JSON.stringify(versionOf(old)))
      await core.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, ...wanted }));
    const Tags = tagsOf(properties);
    if (Tags.length) await core.send(new CreateTagsCommand({ Resources: [LaunchTemplateId], Tags }));
    return provisioned(LaunchTemplateId, provisioning);
  },

  delete: (LaunchTemplateId, _, { core }) =>
    unlessGone(core.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })), /NotFound/),
};

function versionOf(properties: Properties): {
  LaunchTemplateData: RequestLaunchTemplateData;
  VersionDescription?: string;
} {
  const unknown = Object.keys(properties).find((name) => !KNOWN.includes(name));
  if (unknown) throw new Fault('ValidationError', `${TYPE} has no property ${unknown}.`);
  return {
    LaunchTemplateData: templateInput<RequestLaunchTemplateData>(
      RequestLaunchTemplateData$,
      (properties.LaunchTemplateData ?? {}) as Properties,
      `${TYPE}: LaunchTemplateData`,
    ),
    VersionDescription:
      properties.VersionDescription === undefined ? undefined : String(properties.VersionDescription),
  };
}

function tagsOf({ TagSpecifications }: Properties): { Key: string; Value: string }[] {
  const specifications = (TagSpecifications ?? []) as { Tags?: { Key: string; Value: string }[] }[];
  return specifications.flatMap(({ Tags }) => Tags ?? []);
}

async function provisioned(id: string, { core }: Provisioning): Promise<Provisioned> {
  const { LaunchTemplates } = await core.send(
    new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] }),
  );
  const template = LaunchTemplates![0]!;
  return {
    physicalId: id,
    attributes: {
      LaunchTemplateId: id,
      LatestVersionNumber: String(template.LatestVersionNumber),
      DefaultVersionNumber: String(template.DefaultVersionNumber),
    },
  };
}
