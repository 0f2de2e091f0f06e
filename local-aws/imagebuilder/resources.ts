import { createHash } from 'node:crypto';
import * as sdk from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Properties, Provisioned, ResourceType } from '../core/service';
import { requestOf } from './template-properties';

type Tags = Readonly<Record<string, string>>;

/** How one CloudFormation resource type is carried out by the API. */
interface Definition {
  /** Schema of the creation's request. */
  readonly schema: unknown;
  /** Its properties, which go into calls as they stand and are checked there. */
  readonly properties: readonly string[];
  readonly createOnly: readonly string[];
  create(core: Core, request: never): Promise<string | undefined>;
  /** Left out where tags alone can change in place. */
  update?(core: Core, arn: string, request: never): Promise<unknown>;
  remove(core: Core, arn: string): Promise<unknown>;
  attributes?(core: Core, arn: string, properties: Properties): Promise<Readonly<Record<string, unknown>>>;
}

/** CloudFormation's resource types of Image Builder. `Ref` gives the ARN. */
export function imageBuilderResources(): Readonly<Record<string, ResourceType>> {
  return {
    'AWS::ImageBuilder::Component': resourceType({
      properties: [
        'Name',
        'Version',
        'Platform',
        'Data',
        'Description',
        'ChangeDescription',
        'KmsKeyId',
        'SupportedOsVersions',
        'Tags',
      ],
      schema: sdk.CreateComponentRequest$,
      createOnly: [
        ...['Name', 'Version', 'Platform', 'Data', 'Uri', 'Description', 'ChangeDescription', 'KmsKeyId'],
        'SupportedOsVersions',
      ],
      create: async (core, request: sdk.CreateComponentRequest) =>
        (await core.send(new sdk.CreateComponentCommand(request))).componentBuildVersionArn,
      remove: (core, arn) => core.send(new sdk.DeleteComponentCommand({ componentBuildVersionArn: arn })),
      attributes: async (core, arn) => {
        const { component } = await core.send(new sdk.GetComponentCommand({ componentBuildVersionArn: arn }));
        return { Type: component?.type, Encrypted: component?.encrypted };
      },
    }),
    'AWS::ImageBuilder::ImageRecipe': resourceType({
      properties: [
        'Name',
        'Version',
        'ParentImage',
        'Components',
        'BlockDeviceMappings',
        'Description',
        'WorkingDirectory',
        'AdditionalInstanceConfiguration',
        'AmiTags',
        'Tags',
      ],
      schema: sdk.CreateImageRecipeRequest$,
      createOnly: [
        ...['Name', 'Version', 'ParentImage', 'Components', 'BlockDeviceMappings', 'Description'],
        ...['WorkingDirectory', 'AdditionalInstanceConfiguration', 'AmiTags'],
      ],
      create: async (core, request: sdk.CreateImageRecipeRequest) =>
        (await core.send(new sdk.CreateImageRecipeCommand(request))).imageRecipeArn,
      remove: (core, arn) => core.send(new sdk.DeleteImageRecipeCommand({ imageRecipeArn: arn })),
    }),
    'AWS::ImageBuilder::InfrastructureConfiguration': resourceType({
      properties: [
        'Name',
        'Description',
        'InstanceTypes',
        'InstanceProfileName',
        'SecurityGroupIds',
        'SubnetId',
        'KeyPair',
        'TerminateInstanceOnFailure',
        'ResourceTags',
        'InstanceMetadataOptions',
        'Tags',
      ],
      schema: sdk.CreateInfrastructureConfigurationRequest$,
      createOnly: ['Name'],
      create: async (core, request: sdk.CreateInfrastructureConfigurationRequest) => {
        const created = await core.send(new sdk.CreateInfrastructureConfigurationCommand(request));
        return created.infrastructureConfigurationArn;
      },
      update: (core, infrastructureConfigurationArn, request: sdk.CreateInfrastructureConfigurationRequest) =>
        core.send(
          new sdk.UpdateInfrastructureConfigurationCommand({ ...request, infrastructureConfigurationArn }),
        ),
      remove: (core, arn) =>
        core.send(new sdk.DeleteInfrastructureConfigurationCommand({ infrastructureConfigurationArn: arn })),
    }),
    'AWS::ImageBuilder::DistributionConfiguration': resourceType({
      properties: ['Name', 'Description', 'Distributions', 'Tags'],
      schema: sdk.CreateDistributionConfigurationRequest$,
      createOnly: ['Name'],
      create: async (core, request: sdk.CreateDistributionConfigurationRequest) => {
        const created = await core.send(new sdk.CreateDistributionConfigurationCommand(request));
        return created.distributionConfigurationArn;
      },
      update: (core, distributionConfigurationArn, request: sdk.CreateDistributionConfigurationRequest) =>
        core.send(
          new sdk.UpdateDistributionConfigurationCommand({ ...request, distributionConfigurationArn }),
        ),
      remove: (core, arn) =>
        core.send(new sdk.DeleteDistributionConfigurationCommand({ distributionConfigurationArn: arn })),
    }),
    'AWS::ImageBuilder::ImagePipeline': resourceType({
      properties: [
        'Name',
        'Description',
        'ImageRecipeArn',
        'InfrastructureConfigurationArn',
        'DistributionConfigurationArn',
        'ImageTestsConfiguration',
        'EnhancedImageMetadataEnabled',
        'Status',
        'ImageScanningConfiguration',
        'ExecutionRole',
        'LoggingConfiguration',
        'Tags',
      ],
      schema: sdk.CreateImagePipelineRequest$,
      createOnly: ['Name'],
      create: async (core, request: sdk.CreateImagePipelineRequest) =>
        (await core.send(new sdk.CreateImagePipelineCommand(request))).imagePipelineArn,
      update: (core, imagePipelineArn, request: sdk.CreateImagePipelineRequest) =>
        core.send(new sdk.UpdateImagePipelineCommand({ ...request, imagePipelineArn })),
      remove: (core, arn) => core.send(new sdk.DeleteImagePipelineCommand({ imagePipelineArn: arn })),
      // Changes with the pipeline's configuration, as the real one does.
      attributes: async (_core, _arn, properties) => ({
        DeploymentId: createHash('sha256').update(JSON.stringify(properties)).digest('hex').slice(0, 32),
      }),
    }),
  };
}

function resourceType(definition: Definition): ResourceType {
  const provisioned = async (core: Core, arn: string, properties: Properties): Promise<Provisioned> => ({
    physicalId: arn,
    attributes: {
      Arn: arn,
      Name: properties.Name,
      ...(await definition.attributes?.(core, arn, properties)),
    },
  });
  return {
    accepts: Object.fromEntries(definition.properties.map((name) => [name, true as const])),
    createOnly: definition.createOnly,
    create: async (properties, { core, stackTags }) => {
      const tags = { ...asMap(stackTags), ...(properties.Tags as Tags | undefined) };
      const request = requestOf<object>(definition.schema, { ...properties, Tags: tags });
      const arn = await definition.create(core, request as never);
      return provisioned(core, arn!, properties);
    },
    update: async (arn, properties, old, { core }) => {
      const { Tags: tags = {}, ...content } = properties;
      const { Tags: oldTags = {}, ...oldContent } = old;
      if (definition.update && JSON.stringify(content) !== JSON.stringify(oldContent)) {
        const { Name: _, ...changeable } = content;
        await definition.update(core, arn, requestOf<object>(definition.schema, changeable) as never);
      }
      await retag(core, arn, tags as Tags, oldTags as Tags);
      return provisioned(core, arn, properties);
    },
    delete: async (arn, _properties, { core }) => {
      try {
        await definition.remove(core, arn);
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'ResourceNotFoundException') throw error;
      }
    },
  };
}

async function retag(core: Core, resourceArn: string, tags: Tags, oldTags: Tags): Promise<void> {
  const tagKeys = Object.keys(oldTags).filter((key) => !(key in tags));
  if (tagKeys.length > 0) await core.send(new sdk.UntagResourceCommand({ resourceArn, tagKeys }));
  const changed = Object.entries(tags).filter(([key, value]) => oldTags[key] !== value);
  if (changed.length > 0) {
    await core.send(new sdk.TagResourceCommand({ resourceArn, tags: Object.fromEntries(changed) }));
  }
}

function asMap(tags: readonly { readonly Key: string; readonly Value: string }[]): Tags {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
