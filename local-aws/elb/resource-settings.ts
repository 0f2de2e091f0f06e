import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Properties, Provisioning } from '../core/service';
import { asBefore, withStackTags } from '../core/template-input';

/** Gives a resource the tags of its properties and its stack, and takes away those that are no longer there. */
export async function setTags(
  arn: string,
  properties: Properties,
  old: Properties,
  provisioning: Provisioning,
): Promise<void> {
  const { core } = provisioning;
  const Tags = withStackTags(properties.Tags, provisioning);
  const gone = withStackTags(old.Tags, asBefore(provisioning)).filter(
    ({ Key }) => !Tags.some((tag) => tag.Key === Key),
  );
  if (Tags.length) await core.send(new sdk.AddTagsCommand({ ResourceArns: [arn], Tags }));
  if (gone.length)
    await core.send(new sdk.RemoveTagsCommand({ ResourceArns: [arn], TagKeys: gone.map(({ Key }) => Key) }));
}

/** Attributes as a template gives them, all of them texts. */
export function attributesFrom(given: unknown): { Key: string; Value: string }[] {
  return ((given ?? []) as { Key: string; Value: unknown }[]).map(({ Key, Value }) => ({
    Key,
    Value: String(Value ?? ''),
  }));
}
