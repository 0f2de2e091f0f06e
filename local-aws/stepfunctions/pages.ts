import { Fault } from '../core/fault';
import { pageOf } from '../core/page';

/** One page of a list: 100 entries where a call asks for none, or for 0. https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html */
export function pageOfList<T>(
  entries: readonly T[],
  { maxResults, nextToken }: { readonly maxResults?: number; readonly nextToken?: string },
  { newestFirst = false } = {},
): { readonly items: T[]; readonly next: string | undefined } {
  return pageOf(entries, {
    size: maxResults,
    token: nextToken,
    newestFirst,
    invalid: (token) => new Fault('InvalidToken', `Invalid Token: '${token}'`),
    bounds: {
      usual: 100,
      least: 0,
      most: 1000,
      refuse: (message) => new Fault('ValidationException', message),
    },
  });
}
