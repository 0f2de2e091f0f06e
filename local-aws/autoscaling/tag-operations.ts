import type {
  CreateOrUpdateTagsType,
  DeleteTagsType,
  DescribeTagsType,
  Tag,
  TagsType,
} from '@aws-sdk/client-auto-scaling';
import type { Operation } from '../core/service';
import { operation } from '../core/service';
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

/** Tags of groups, which machines get at their launch. */
export function tagOperations(state: AutoScalingState): Record<string, Operation> {
  const onGroups = (input: { readonly Tags?: readonly Tag[] }) =>
    (input.Tags ?? []).map(({ ResourceId }) => state.arn(ResourceId));
  return {
    CreateOrUpdateTags: operation<CreateOrUpdateTagsType, object>({
      resources: onGroups,
      run: ({ Tags = [] }) => {
        for (const tag of Tags) setTag(state.get(tag.ResourceId), tag);
        return {};
      },
    }),
    DeleteTags: operation<DeleteTagsType, object>({
      resources: onGroups,
      run: ({ Tags = [] }) => {
        for (const tag of Tags) state.get(tag.ResourceId).tags.delete(tag.Key ?? '');
        return {};
      },
    }),
    DescribeTags: operation<DescribeTagsType, TagsType>({
      run: ({ Filters = [] }) => ({
        Tags: [...state.groups.values()]
          .flatMap((group) => [...group.tags.values()])
          .filter((tag) =>
            Filters.every(({ Name, Values = [] }) => {
              const value = { 'auto-scaling-group': tag.ResourceId, key: tag.Key, value: tag.Value }[
                Name ?? ''
              ];
              return value !== undefined && Values.includes(value);
            }),
          ),
      }),
    }),
  };
}
