import type { Filter } from '@aws-sdk/client-imagebuilder';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import { invalidParameter } from './names';

/** The entries whose fields have one of each filter's values. @throws Fault for a filter that the entries don't have */
export function filtered<T extends object>(
  entries: readonly T[],
  filters: readonly Filter[] = [],
): readonly T[] {
  return entries.filter((entry) =>
    filters.every(({ name = '', values = [] }) => {
      if (!(name in entry)) throw invalidParameter('filters', `The local AWS does not filter by '${name}'.`);
      return values.includes(String((entry as Record<string, unknown>)[name]));
    }),
  );
}

/** One page of a list, and the token of the next. */
export function page<T>(
  entries: readonly T[],
  { maxResults = 25, nextToken }: { maxResults?: number; nextToken?: string },
): [entries: T[], nextToken: string | undefined] {
  const invalid = (token: string) =>
    new Fault('InvalidPaginationTokenException', `The pagination token '${token}' is not valid.`);
  const { items, next } = pageOf(entries, { size: maxResults, token: nextToken, invalid });
  return [items, next];
}

/** Refuses to delete what another resource still needs. */
export function inUse(arn: string, user: string): Fault {
  return new Fault(
    'ResourceDependencyException',
    `The resource ARN '${arn}' has other resources depended on it: ${user}.`,
  );
}
