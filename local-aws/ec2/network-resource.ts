import {
  CreateTagsCommand,
  DeleteTagsCommand,
  type ResourceType as Ec2ResourceType,
  type Tag,
  type TagSpecification,
} from '@aws-sdk/client-ec2';
import type { AcceptedProperties } from '../core/accepts';
import type { Core } from '../core/core';
import type { Properties, ResourceType } from '../core/service';
import { templateInput, unlessGone, withStackTags } from '../core/template-input';

/** What differs between the resource types of a network. Properties come here without `Tags`. */
export interface NetworkResource {
  /** Its properties, but for tags. What goes into an API call is checked there. */
  readonly accepts: AcceptedProperties;
  /** EC2's name of the resource type; undefined when it has no tags. */
  readonly tagged?: Ec2ResourceType;
  /** Id that tags are put on, where that is not the physical id. */
  taggedId?(physicalId: string, core: Core): Promise<string | undefined>;
  readonly createOnly: readonly string[];
  /** Makes it, and returns the physical id. */
  create(properties: Properties, context: CreateContext): Promise<string>;
  attributes?(physicalId: string, core: Core, properties: Properties): Promise<Properties>;
  /** Changes what can be changed, but for tags. */
  update?(physicalId: string, properties: Properties, old: Properties, core: Core): Promise<void>;
  /** Deletes it; that it is gone already is dealt with. */
  remove(physicalId: string, core: Core, properties: Properties): Promise<unknown>;
}

/** What a creation may use, with the tags that the resource gets. */
export interface CreateContext {
  readonly core: Core;
  readonly TagSpecifications: TagSpecification[];
  generateName(maxLength?: number): string;
}

/** CloudFormation's handlers for a network resource: tags, and the order of calls, are the same for all. */
export function networkResource(definition: NetworkResource): ResourceType {
  const provisioned = async (physicalId: string, properties: Properties, core: Core) => ({
    physicalId,
    attributes: (await definition.attributes?.(physicalId, core, properties)) ?? {},
  });
  return {
    accepts: definition.tagged
      ? { ...definition.accepts, Tags: { Key: true, Value: true } }
      : definition.accepts,
    createOnly: definition.createOnly,

    async create({ Tags, ...properties }, provisioning) {
      const { core } = provisioning;
      const physicalId = await definition.create(properties, {
        core,
        generateName: (maxLength) => provisioning.generateName(maxLength),
        TagSpecifications: definition.tagged
          ? [{ ResourceType: definition.tagged, Tags: withStackTags(Tags, provisioning) }]
          : [],
      });
      return provisioned(physicalId, properties, core);
    },

    async update(physicalId, { Tags, ...properties }, { Tags: oldTags, ...old }, { core }) {
      await definition.update?.(physicalId, properties, old, core);
      if (definition.tagged) {
        const id = (await definition.taggedId?.(physicalId, core)) ?? physicalId;
        await retag(core, id, Tags as Tag[] | undefined, oldTags as Tag[] | undefined);
      }
      return provisioned(physicalId, properties, core);
    },

    delete: (physicalId, { Tags: _, ...properties }, { core }) =>
      unlessGone(definition.remove(physicalId, core, properties), /NotFound|NotAttached/),
  };
}

async function retag(
  core: Core,
  id: string,
  tags: readonly Tag[] = [],
  old: readonly Tag[] = [],
): Promise<void> {
  const gone = old.filter(({ Key }) => !tags.some((tag) => tag.Key === Key)).map(({ Key }) => ({ Key }));
  if (gone.length) await core.send(new DeleteTagsCommand({ Resources: [id], Tags: gone }));
  if (tags.length) await core.send(new CreateTagsCommand({ Resources: [id], Tags: [...tags] }));
}

/** Modelled time between two looks at something that is not ready yet. */
const POLL_MS = 5_000;

/** Waits, in modelled time, until something is as it shall be. */
export async function until(core: Core, isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) await core.clock.sleep(POLL_MS);
}

/** The input of a Create call out of a resource's properties and its tags. */
export function inputOf<Input extends object>(
  schema: unknown,
  type: string,
  properties: Properties,
  { TagSpecifications }: Pick<CreateContext, 'TagSpecifications'>,
): Input {
  const tags = TagSpecifications.length ? { TagSpecifications } : {};
  return { ...templateInput<Input>(schema, properties, `AWS::EC2::${type}`), ...tags };
}
