import type { Fault } from './fault';

/** Which part of a list a call asks for. */
export interface PageRequest {
  /** How many entries at the most. @default what the bounds say, or else all that are left */
  readonly size?: number;
  /** What the page before gave as `next`. @default the list's beginning */
  readonly token?: string;
  /**
   * The list has its newest entries first: it may have grown at its beginning since the page before.
   * @default it grows at its end
   */
  readonly newestFirst?: boolean;
  /** The service's fault for a token that it never gave. */
  readonly invalid: (token: string) => Fault;
  /** How large the service's pages are. @default of any size */
  readonly bounds?: PageBounds;
}

/** Sizes of a list's pages. */
export interface PageBounds {
  /** Where a call asks for none. */
  readonly usual: number;
  readonly most: number;
  /** @default 1 */
  readonly least?: number;
  /** The service's fault for a size that is out of bounds. */
  readonly refuse: (message: string) => Fault;
}

/**
 * One page of a list. A token is the place in the list where its page begins, counted from the end that does not grow,
 * so that the pages of a list that grows meanwhile have each entry once.
 * @throws Fault for a token that is none, and for a size that the service does not have
 */
export function pageOf<T>(
  entries: readonly T[],
  { size, token, newestFirst = false, invalid, bounds }: PageRequest,
): { readonly items: T[]; readonly next: string | undefined } {
  const place = Number(token ?? 0);
  if (!(Number.isInteger(place) && place >= 0)) throw invalid(token ?? '');
  const fromStart = (given: number) => (newestFirst ? Math.max(0, entries.length - given) : given);
  const start = token === undefined ? 0 : fromStart(place);
  const end = start + ((bounds ? pageSize(size, bounds) : size) || entries.length);
  const next = end < entries.length ? String(fromStart(end)) : undefined;
  return { items: entries.slice(start, end), next };
}

/** How many entries a page has. @throws Fault for a size that the service does not have */
export function pageSize(size: number | undefined, { usual, least = 1, most, refuse }: PageBounds): number {
  if (size === undefined) return usual;
  if (size > most) throw refuse(violation('page size', size, `less than or equal to ${most}`));
  if (size < least) throw refuse(violation('page size', size, `greater than or equal to ${least}`));
  return size || usual;
}

/** AWS's words for a value outside of a constraint. */
function violation(member: string, value: unknown, constraint: string): string {
  return `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value ${constraint}`;
}
