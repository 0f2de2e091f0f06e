/** Condition keys of tags, which are the same for all services. */
import type { Core } from './core';
import type { ConditionKeys, Service } from './service';

/** Signing names of services whose ARNs have another name. */
const SIGNING_NAMES: Readonly<Record<string, string>> = { cloudwatch: 'monitoring' };

/** Services that have a condition key of their own for the tags of their resources, besides `aws:ResourceTag`. */
const OWN_KEYS: readonly string[] = ['autoscaling', 'ec2', 'elasticloadbalancing', 'iam'];

/** Whether the tags of a resource are known to policies. */
export function hasTagKeys(core: Core, arn: string): boolean {
  return arn === '*' || serviceOf(core, arn)?.tagsOf !== undefined;
}

function serviceOf(core: Core, arn: string): Service | undefined {
  const prefix = arn.split(':')[2] ?? '';
  return core.service(SIGNING_NAMES[prefix] ?? prefix);
}

/** Tags of the resource that a permission is on. */
export function resourceTagKeys(core: Core, arn: string): ConditionKeys {
  const prefix = arn.split(':')[2] ?? '';
  const tags = serviceOf(core, arn)?.tagsOf?.(arn) ?? {};
  const keys: Record<string, string> = {};
  for (const [key, value] of Object.entries(tags)) {
    keys[`aws:ResourceTag/${key}`] = value;
    if (OWN_KEYS.includes(prefix)) keys[`${prefix}:ResourceTag/${key}`] = value;
  }
  return keys;
}

/** Tags that a request gives, in whichever form its service takes them. */
export function requestTagKeys(input: object): ConditionKeys {
  const { Tags, tags, TagSpecifications } = input as {
    Tags?: unknown;
    tags?: unknown;
    TagSpecifications?: readonly { readonly Tags?: unknown }[];
  };
  const specified = Array.isArray(TagSpecifications) ? TagSpecifications.map((each) => each.Tags) : [];
  return tagKeys([Tags, tags, ...specified].flatMap(pairsOf));
}

/** Condition keys of tags that are given. */
export function tagKeys(tags: readonly (readonly [string, string])[]): ConditionKeys {
  if (tags.length === 0) return {};
  return {
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': tags.map(([key]) => key),
  };
}

/** Condition key of `iam:PassRole`: the service that a role is handed to. */
export function passedTo(service: string): ConditionKeys {
  return { 'iam:PassedToService': service };
}

function pairsOf(tags: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(tags))
    return tags.map(({ Key, key, Value, value }) => [String(Key ?? key), String(Value ?? value ?? '')]);
  if (typeof tags !== 'object' || tags === null) return [];
  return Object.entries(tags).map(([key, value]) => [key, String(value)]);
}
