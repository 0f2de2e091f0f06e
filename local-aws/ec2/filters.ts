// EC2's filters. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
import type { Filter, Tag } from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import { FILTER_NAMES, type FilteredOperation } from './filter-names';

/** What a resource can be filtered by: a value or several, by the filter's name. */
export type FilterValues<T> = Readonly<Record<string, (resource: T) => FilterValue>>;
type FilterValue = string | number | boolean | Date | undefined | readonly FilterValue[];

/** So many values a call's filters may have together. */
const MAXIMUM_VALUES = 200;

/**
 * The resources that pass all filters of a call.
 * @throws Fault for a filter that EC2 does not have, or that can't be answered here
 */
export function filtered<T extends object>(
  resources: readonly T[],
  filters: readonly Filter[] | undefined,
  operation: FilteredOperation,
  values: FilterValues<T>,
): T[] {
  const count = (filters ?? []).reduce((sum, { Values = [] }) => sum + Values.length, 0);
  if (count > MAXIMUM_VALUES)
    throw new Fault(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${MAXIMUM_VALUES}`,
    );
  return (filters ?? []).reduce(
    (left, filter) => left.filter(matcher(filter, operation, values)),
    [...resources],
  );
}

function matcher<T extends object>(
  { Name = 'null', Values = [] }: Filter,
  operation: FilteredOperation,
  values: FilterValues<T>,
): (resource: T) => boolean {
  const plain = new Set(Values.filter((value) => !WILDCARD.test(value)));
  const patterns = Values.filter((value) => !plain.has(value)).map(wildcard);
  const matches = (value: FilterValue): boolean => {
    if (value === undefined) return false;
    if (Array.isArray(value)) return value.some(matches);
    const text = value instanceof Date ? value.toISOString() : String(value);
    return plain.has(text) || patterns.some((fits) => fits(text));
  };
  const read = Object.hasOwn(values, Name) ? values[Name] : undefined;
  if (read) return (resource) => matches(read(resource));
  if (Name.startsWith('tag:')) {
    const key = Name.slice('tag:'.length);
    return (resource) => matches(tagsOf(resource).find((tag) => tag.Key === key)?.Value);
  }
  if (Name === 'tag-key') return (resource) => matches(tagsOf(resource).map(({ Key }) => Key));
  if (FILTER_NAMES[operation].split(/\s+/).includes(Name))
    throw new Fault(
      'UnsupportedOperation',
      `${operation}: the filter '${Name}' is not served by the local AWS; ${Object.keys(values).join(', ')} are.`,
    );
  throw new Fault('InvalidParameterValue', `The filter '${Name}' is invalid`);
}

function tagsOf(resource: object): readonly Tag[] {
  return ('Tags' in resource && (resource.Tags as readonly Tag[] | undefined)) || [];
}

/** Filters of what there is none of: whatever EC2 could be asked, nothing passes. */
export function emptyFilters(operation: FilteredOperation): FilterValues<object> {
  const names = FILTER_NAMES[operation].trim().split(/\s+/);
  return Object.fromEntries(names.map((name) => [name, () => undefined]));
}

const WILDCARD = /[*?\\]/;

/** EC2's filters: `*` for any number of characters, `?` for one, a backslash before either for itself. */
export function wildcard(pattern: string): (text: string) => boolean {
  const source = pattern.replace(/\\[*?\\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    return (part.length > 1 ? part.slice(1) : part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}
