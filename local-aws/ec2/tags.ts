import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, PAGE } from './accepted';
import { checkMetadataTag } from './launch';
import { checkTag, type Ec2State } from './state';
import { missingParameter, page, Table } from './table';

interface Tagged {
  Tags?: sdk.Tag[];
}

const MAXIMUM_TAGS = 50;

/** Tags of all resources. */
export function tagOperations(state: Ec2State): Operations<typeof sdk> {
  const find = (id: string): Tagged => {
    const [, table] = state.taggable.find(([, candidate]) => candidate.options.prefix === prefixOf(id)) ?? [];
    if (!table) throw new Fault('InvalidID', `The ID '${id}' is not valid`);
    return table.get(id);
  };
  const showsTags = (id: string) =>
    state.instances.has(id) && state.instances.get(id).MetadataOptions?.InstanceMetadataTags === 'enabled';
  const arns = ({ Resources }: { Resources?: readonly string[] }) =>
    (Resources ?? []).map((id) => {
      const [type] = state.taggable.find(([, table]) => table.options.prefix === prefixOf(id)) ?? ['*'];
      // Image ARNs carry no account.
      return type === 'image' ? `arn:aws:ec2:${state.core.region}::image/${id}` : state.arn(type, id);
    });

  return {
    CreateTags: {
      accepts: { Resources: true, Tags: { Key: true, Value: true } },
      resources: arns,
      run: ({ Resources, Tags }) => {
        if (!Resources?.length) throw missingParameter('resourceIdSet');
        if (!Tags?.length) throw missingParameter('tagSet');
        const reserved = Tags.find(({ Key }) => Key?.startsWith('aws:'));
        if (reserved) {
          throw new Fault(
            'InvalidParameterValue',
            `Value ( ${reserved.Key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
          );
        }
        for (const { Key, Value } of Tags) checkTag(Key, Value);
        for (const id of Resources) {
          const resource = find(id);
          if (showsTags(id)) for (const { Key = '' } of Tags) checkMetadataTag(Key);
          const kept = (resource.Tags ?? []).filter((tag) => !Tags.some(({ Key }) => Key === tag.Key));
          // AWS's own tags do not count.
          const own = kept.filter(({ Key }) => !Key?.startsWith('aws:'));
          if (own.length + Tags.length > MAXIMUM_TAGS)
            throw new Fault(
              'TagLimitExceeded',
              'The maximum number of Tags for a resource has been reached.',
            );
          resource.Tags = [...kept, ...Tags.map(({ Key, Value }) => ({ Key, Value: Value ?? '' }))];
        }
        return {};
      },
    },

    DeleteTags: {
      accepts: { Resources: true, Tags: { Key: true, Value: true } },
      resources: arns,
      run: ({ Resources, Tags }) => {
        const goes = (tag: sdk.Tag) =>
          Tags?.some(({ Key, Value }) => Key === tag.Key && (Value === undefined || Value === tag.Value)) ??
          !tag.Key?.startsWith('aws:');
        if (!Resources?.length) throw missingParameter('resourceIdSet');
        for (const resource of Resources.map(find))
          resource.Tags = (resource.Tags ?? []).filter((tag) => !goes(tag));
        return {};
      },
    },

    DescribeTags: {
      accepts: { ...PAGE, Filters: FILTERS },
      run: (input) => {
        const descriptions = new Table<sdk.TagDescription & Tagged>({
          prefix: 'tag',
          operation: 'DescribeTags',
          idOf: ({ ResourceId, Key }) => `${ResourceId} ${Key}`,
          notFound: (id) => new Fault('InvalidID', `There is no tag ${id}`),
          filters: {
            'resource-id': ({ ResourceId }) => ResourceId,
            'resource-type': ({ ResourceType }) => ResourceType,
            key: ({ Key }) => Key,
            value: ({ Value }) => Value,
          },
        });
        for (const [ResourceType, table] of state.taggable)
          for (const resource of table.all())
            for (const tag of resource.Tags ?? [])
              descriptions.add({
                ...tag,
                ResourceType,
                ResourceId: table.options.idOf(resource),
                Tags: [tag],
              });
        const { items, NextToken } = page(descriptions.find(undefined, input.Filters), input);
        return { Tags: items.map(({ Tags: _, ...description }) => description), NextToken };
      },
    },
  };
}

/** Tags of a resource by its ARN. */
export function tagsOfArn(state: Ec2State, arn: string): Readonly<Record<string, string>> {
  const id = arn.slice(arn.lastIndexOf('/') + 1);
  const [, table] = state.taggable.find(([, candidate]) => candidate.options.prefix === prefixOf(id)) ?? [];
  const tags = table?.has(id) ? table.get(id).Tags : undefined;
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

function prefixOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}
