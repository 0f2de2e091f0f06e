import type { Filter } from '@aws-sdk/client-imagebuilder';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import { invalidParameter } from './names';

/**
 * The entries whose fields have one of each filter's values.
 * @param names what the operation can be filtered by
 * @throws Fault for a filter that it can't
 */
export function filtered<T extends object>(
  entries: readonly T[],
  filters: readonly Filter[] = [],
  names: readonly string[],
): readonly T[] {
  for (const { name = '' } of filters)
    if (!names.includes(name))
      throw invalidParameter(
        'filters',
        `The local AWS filters here by ${names.join(', ')}; found '${name}'.`,
      );
  return entries.filter((entry) =>
    filters.every(({ name = '', values = [] }) =>
      values.includes(String((entry as Readonly<Record<string, unknown>>)[name] ?? '')),
    ),
  );
}

const MAXIMUM_PAGE = 25;

/** One page of a list, and the token of the next. @throws Fault for a page that is larger than Image Builder gives */
export function page<T>(
  entries: readonly T[],
  { maxResults = MAXIMUM_PAGE, nextToken }: { maxResults?: number; nextToken?: string },
): [entries: T[], nextToken: string | undefined] {
  if (!(maxResults >= 1 && maxResults <= MAXIMUM_PAGE))
    throw invalidParameter('maxResults', `It is 1 to ${MAXIMUM_PAGE}; found ${maxResults}.`);
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
