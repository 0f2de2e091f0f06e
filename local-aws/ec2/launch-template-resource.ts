import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateCommand,
  DeleteTagsCommand,
  DescribeLaunchTemplatesCommand,
  type RequestLaunchTemplateData,
  RequestLaunchTemplateData$,
} from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';
import { templateInput, unlessGone, withStackTags } from '../core/template-input';

const TYPE = 'AWS::EC2::LaunchTemplate';

/**
 * `AWS::EC2::LaunchTemplate`: a change of the data or of the description makes a new version; the default
 * version stays the first (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1518).
 */
export const launchTemplate: ResourceType = {
  accepts: {
    LaunchTemplateName: true,
    LaunchTemplateData: true,
    VersionDescription: true,
    TagSpecifications: { ResourceType: only('launch-template'), Tags: { Key: true, Value: true } },
  },
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
    const gone = tagsOf(old).filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
    if (gone.length)
      await core.send(
        new DeleteTagsCommand({ Resources: [LaunchTemplateId], Tags: gone.map(({ Key }) => ({ Key })) }),
      );
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
