import {
  type Image as Ami,
  CreateTagsCommand,
  DescribeImagesCommand,
  RegisterImageCommand,
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

/** Registers the AMI that a build has made, with its distribution's name and tags and Image Builder's own. */
export async function registerAmi(core: Core, build: Build, parent: Ami): Promise<OutputAmi> {
  const { image } = build;
  const recipe = image.imageRecipe!;
  const distribution = image.distributionConfiguration?.distributions?.find(
    ({ region }) => region === core.region,
  );
  const configuration = distribution?.amiDistributionConfiguration;
  const name = amiName(configuration, recipe.name!, core.clock.now());
  const description = configuration?.description;
  const principal = core.servicePrincipal('imagebuilder.amazonaws.com');
  const { ImageId } = await core.send(
    new RegisterImageCommand({
      Name: name,
      Description: description,
      Architecture: parent.Architecture,
      RootDeviceName: parent.RootDeviceName,
      BlockDeviceMappings: blockDevices(recipe, parent),
      VirtualizationType: 'hvm',
      EnaSupport: true,
    }),
    principal,
  );
  const tags = {
    ...recipe.amiTags,
    ...configuration?.amiTags,
    // https://docs.aws.amazon.com/imagebuilder/latest/userguide/tag-resources.html
    CreatedBy: 'EC2 Image Builder',
    Ec2ImageBuilderArn: build.arn,
  };
  await core.send(
    new CreateTagsCommand({
      Resources: [ImageId!],
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
    principal,
  );
  return { region: core.region, image: ImageId!, name, description, accountId: core.account };
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
  const own = (recipe.blockDeviceMappings ?? []).map(({ deviceName, virtualName, noDevice, ebs }) => ({
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
  const kept = parent.BlockDeviceMappings?.filter(
    ({ DeviceName }) => !own.some((device) => device.DeviceName === DeviceName),
  );
  return [...(kept ?? []), ...own];
}
