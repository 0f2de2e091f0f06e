import { Fault } from '../core/fault';
import { type PageBounds, pageOf } from '../core/page';

/** A page of groups or streams. */
export const LIST_PAGE: PageBounds = { usual: 50, most: 50, refuse: invalid };

/** A page of events. */
export const EVENT_PAGE: PageBounds = { usual: 10_000, most: 10_000, refuse: invalid };

/** One page of a list, by the parameters that CloudWatch Logs has for it. */
export function pageOfList<T>(
  entries: readonly T[],
  { limit, nextToken }: { readonly limit?: number; readonly nextToken?: string },
  bounds: PageBounds,
): { readonly items: T[]; readonly next: string | undefined } {
  return pageOf(entries, { size: limit, token: nextToken, invalid: invalidToken, bounds });
}

/** The fault for a token that was never given. */
export function invalidToken(): Fault {
  return invalid('The specified nextToken is invalid.');
}

/** The fault for a parameter of a wrong value. */
export function invalid(message: string): Fault {
  return new Fault('InvalidParameterException', message, 400);
}
