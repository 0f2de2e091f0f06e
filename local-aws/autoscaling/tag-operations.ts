import type * as sdk from '@aws-sdk/client-auto-scaling';
import type { Filter, Tag, TagDescription } from '@aws-sdk/client-auto-scaling';
import { only } from '../core/accepts';
import type { Operations } from '../core/service';
import { pageOfRecords, validationError } from './faults';
import type { AutoScalingState, Group } from './state';

export function setTag(group: Group, tag: Tag): void {
  group.tags.set(tag.Key ?? '', {
    ResourceId: group.name,
    ResourceType: 'auto-scaling-group',
    Key: tag.Key,
    Value: tag.Value ?? '',
    PropagateAtLaunch: tag.PropagateAtLaunch ?? false,
  });
}

const FILTERS: Readonly<Record<string, (tag: TagDescription) => unknown>> = {
  'auto-scaling-group': ({ ResourceId }) => ResourceId,
  key: ({ Key }) => Key,
  value: ({ Value }) => Value,
  'propagate-at-launch': ({ PropagateAtLaunch }) => PropagateAtLaunch,
};

function checkFilter({ Name = '' }: Filter): void {
  if (!Object.hasOwn(FILTERS, Name))
    throw validationError(
      `Filter type ${Name} is not correct. Allowed types are: ${Object.keys(FILTERS).join(', ')}.`,
    );
}

/** Tags of groups, which machines get at their launch. */
export function tagOperations(state: AutoScalingState): Operations<typeof sdk> {
  const onGroups = (input: { readonly Tags?: readonly Tag[] }) =>
    (input.Tags ?? []).map(({ ResourceId }) => state.arn(ResourceId));
  return {
    CreateOrUpdateTags: {
      accepts: {
        Tags: {
          Key: true,
          Value: true,
          PropagateAtLaunch: true,
          ResourceId: true,
          ResourceType: only('auto-scaling-group'),
        },
      },
      resources: onGroups,
      run: ({ Tags = [] }) => {
        for (const tag of Tags) setTag(state.get(tag.ResourceId), tag);
        return {};
      },
    },
    DeleteTags: {
      accepts: {
        Tags: {
          Key: true,
          ResourceId: true,
          ResourceType: only('auto-scaling-group'),
          Value: 'AWS deletes by the key alone',
          PropagateAtLaunch: 'AWS deletes by the key alone',
        },
      },
      resources: onGroups,
      run: ({ Tags = [] }) => {
        for (const tag of Tags) state.get(tag.ResourceId).tags.delete(tag.Key ?? '');
        return {};
      },
    },
    DescribeTags: {
      accepts: { Filters: { Name: true, Values: true }, MaxRecords: true, NextToken: true },
      run: ({ Filters = [], ...page }) => {
        Filters.forEach(checkFilter);
        const found = [...state.groups.values()]
          .flatMap((group) => [...group.tags.values()])
          .filter((tag) =>
            Filters.every(({ Name = '', Values = [] }) => Values.includes(String(FILTERS[Name]?.(tag)))),
          );
        const { items, next } = pageOfRecords(found, page, { usual: 50, most: 100 });
        return { Tags: items, NextToken: next };
      },
    },
  };
}
