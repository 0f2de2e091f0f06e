import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  type ParameterTier,
  type ParameterType,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-ssm';
import { Fault } from '../core/fault';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';
import { asBefore } from '../core/template-input';

interface ParameterProperties {
  readonly Name?: string;
  readonly Type: ParameterType;
  readonly Value: string;
  readonly Description?: string;
  readonly AllowedPattern?: string;
  readonly DataType?: string;
  readonly Tier?: ParameterTier;
  readonly Tags?: Readonly<Record<string, string>>;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html */
export const parameterResourceType: ResourceType = {
  accepts: {
    Name: true,
    Type: true,
    Value: true,
    Description: true,
    AllowedPattern: true,
    DataType: true,
    Tier: true,
    Tags: true,
  },
  createOnly: ['Name'],

  async create(properties, provisioning) {
    const name = read(properties).Name ?? provisioning.generateName();
    return put(name, properties, false, provisioning);
  },

  async update(name, properties, old, provisioning) {
    const provisioned = await put(name, properties, true, provisioning);
    const tags = tagsOf(properties, provisioning);
    const former = tagsOf(old, asBefore(provisioning)).map(({ Key }) => Key);
    const gone = former.filter((key) => !tags.some(({ Key }) => Key === key));
    const resource = { ResourceType: 'Parameter' as const, ResourceId: name };
    if (gone.length > 0)
      await provisioning.core.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys: gone }));
    if (tags.length > 0)
      await provisioning.core.send(new AddTagsToResourceCommand({ ...resource, Tags: tags }));
    return provisioned;
  },

  async delete(name, _properties, { core }) {
    await core.send(new DeleteParameterCommand({ Name: name })).catch((error: unknown) => {
      if (!(error instanceof Fault && error.code === 'ParameterNotFound')) throw error;
    });
  },
};

function read(properties: Properties): ParameterProperties {
  return properties as unknown as ParameterProperties;
}

async function put(
  name: string,
  properties: Properties,
  overwrite: boolean,
  provisioning: Provisioning,
): Promise<Provisioned> {
  const { Type, Value, Description, AllowedPattern, DataType, Tier } = read(properties);
  await provisioning.core.send(
    new PutParameterCommand({
      Name: name,
      Type,
      Value,
      Description,
      AllowedPattern,
      DataType,
      Tier,
      // AWS takes tags only when a parameter is made.
      ...(overwrite ? { Overwrite: true } : { Tags: tagsOf(properties, provisioning) }),
    }),
  );
  return { physicalId: name, attributes: { Type, Value } };
}

function tagsOf(properties: Properties, { stackTags }: Provisioning): { Key: string; Value: string }[] {
  const tags = new Map(stackTags.map(({ Key, Value }) => [Key, Value]));
  for (const [key, value] of Object.entries(read(properties).Tags ?? {})) tags.set(key, value);
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
