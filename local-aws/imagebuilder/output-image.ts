import {
  type Image as Ami,
  type BlockDeviceMapping,
  CreateImageCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import type {
  AmiDistributionConfiguration,
  ImageRecipe,
  Ami as OutputAmi,
} from '@aws-sdk/client-imagebuilder';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Core } from '../core/core';
import type { Build } from './store';

/**
 * The AMI that a recipe starts from: an AMI id, or `ssm:` and the name of a parameter that holds one.
 * @throws Error when there is no such AMI
 */
export async function parentAmi(core: Core, recipe: ImageRecipe): Promise<Ami> {
  const parent = recipe.parentImage ?? '';
  const principal = core.servicePrincipal('imagebuilder.amazonaws.com');
  let imageId = parent;
  if (parent.startsWith('ssm:')) {
    const { Parameter } = await core.send(
      new GetParameterCommand({ Name: parent.slice('ssm:'.length) }),
      principal,
    );
    imageId = Parameter?.Value ?? '';
  }
  if (!imageId.startsWith('ami-')) {
    throw new Error(
      `The parent image must be an AMI id, or ssm: and a parameter that holds one; found '${parent}'.`,
    );
  }
  const { Images } = await core.send(new DescribeImagesCommand({ ImageIds: [imageId] }), principal);
  const ami = Images?.[0];
  if (!ami) throw new Error(`The parent image '${imageId}' does not exist.`);
  return ami;
}

/** Tags that Image Builder puts on whatever it makes. https://docs.aws.amazon.com/imagebuilder/latest/userguide/tag-resources.html */
export function serviceTags(buildArn: string): Record<string, string> {
  return { CreatedBy: 'EC2 Image Builder', Ec2ImageBuilderArn: buildArn };
}

/**
 * Makes the AMI of a build's machine. AMI and snapshots have Image Builder's own tags; the distribution's come when
 * the tests have passed.
 */
export async function createAmi(
  core: Core,
  build: Build,
  instanceId: string,
  parent: Ami,
): Promise<OutputAmi> {
  const recipe = build.image.imageRecipe!;
  const configuration = configurationOf(core, build);
  const name = amiName(configuration, recipe.name!, core.clock.now());
  const description = configuration?.description;
  const Tags = listOf(serviceTags(build.arn));
  const { ImageId } = await core.send(
    new CreateImageCommand({
      InstanceId: instanceId,
      Name: name,
      Description: description,
      BlockDeviceMappings: blockDevices(recipe, parent),
      TagSpecifications: [
        { ResourceType: 'image', Tags },
        { ResourceType: 'snapshot', Tags },
      ],
    }),
    core.servicePrincipal('imagebuilder.amazonaws.com'),
  );
  return { region: core.region, image: ImageId!, name, description, accountId: core.account };
}

/** Gives a tested AMI the tags of recipe and distribution. */
export async function distributeAmi(core: Core, build: Build, ami: OutputAmi): Promise<void> {
  const tags = { ...build.image.imageRecipe!.amiTags, ...configurationOf(core, build)?.amiTags };
  if (Object.keys(tags).length === 0) return;
  await core.send(
    new CreateTagsCommand({ Resources: [ami.image!], Tags: listOf(tags) }),
    core.servicePrincipal('imagebuilder.amazonaws.com'),
  );
}

function configurationOf(core: Core, { image }: Build): AmiDistributionConfiguration | undefined {
  return image.distributionConfiguration?.distributions?.find(({ region }) => region === core.region)
    ?.amiDistributionConfiguration;
}

function listOf(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** https://docs.aws.amazon.com/imagebuilder/latest/userguide/cr-upd-ami-distribution-settings.html */
function amiName(
  configuration: AmiDistributionConfiguration | undefined,
  recipe: string,
  now: number,
): string {
  const date = new Date(now).toISOString().replaceAll(':', '-');
  const name = configuration?.name ?? `${recipe} {{ imagebuilder:buildDate }}`;
  return name.replaceAll(/\{\{\s*imagebuilder:buildDate\s*\}\}/g, date);
}

function blockDevices(recipe: ImageRecipe, parent: Ami) {
  const own = recipeDevices(recipe);
  const kept = parent.BlockDeviceMappings?.filter(
    ({ DeviceName }) => !own.some((device) => device.DeviceName === DeviceName),
  );
  return [...(kept ?? []), ...own];
}

/** The volumes of a recipe, as EC2 has them. */
export function recipeDevices(recipe: ImageRecipe | undefined): BlockDeviceMapping[] {
  return (recipe?.blockDeviceMappings ?? []).map(({ deviceName, virtualName, noDevice, ebs }) => ({
    DeviceName: deviceName,
    VirtualName: virtualName,
    NoDevice: noDevice,
    Ebs: ebs && {
      DeleteOnTermination: ebs.deleteOnTermination,
      Encrypted: ebs.encrypted,
      Iops: ebs.iops,
      KmsKeyId: ebs.kmsKeyId,
      SnapshotId: ebs.snapshotId,
      Throughput: ebs.throughput,
      VolumeSize: ebs.volumeSize,
      VolumeType: ebs.volumeType,
    },
  }));
}
