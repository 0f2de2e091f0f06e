import type { Fault } from './fault';

/** Which part of a list a call asks for. */
export interface PageRequest {
  /** How many entries at the most. @default all that are left */
  readonly size?: number;
  /** What the page before gave as `next`. @default the list's beginning */
  readonly token?: string;
  /** The service's fault for a token that it never gave. */
  readonly invalid: (token: string) => Fault;
}

/**
 * One page of a list. A token is the place in the list where its page begins.
 * @throws Fault for a token that is none
 */
export function pageOf<T>(
  entries: readonly T[],
  { size, token, invalid }: PageRequest,
): { readonly items: T[]; readonly next: string | undefined } {
  const start = token === undefined ? 0 : Number(token);
  if (!(Number.isInteger(start) && start >= 0)) throw invalid(token ?? '');
  const end = start + (size || entries.length);
  return { items: entries.slice(start, end), next: end < entries.length ? String(end) : undefined };
}
