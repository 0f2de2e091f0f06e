/** Condition keys of EC2's own. */
import type { Tag } from '@aws-sdk/client-ec2';
import { tagKeys } from '../core/condition-keys';
import type { ConditionKeys } from '../core/service';

/** Of `ec2:CreateTags`, for tags that another operation gives to what it makes. */
export function createdBy(operationName: string, tags: readonly Tag[]): ConditionKeys {
  return {
    'ec2:CreateAction': operationName,
    ...tagKeys(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}
