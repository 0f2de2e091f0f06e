import { RefreshFault } from '../../lib/refresh-model';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';

/** What Auto Scaling answers to most wrong requests. */
export function validationError(message: string): Fault {
  return new Fault('ValidationError', message);
}

export function groupNotFound(): Fault {
  return validationError('AutoScalingGroup name not found - AutoScalingGroup not found');
}

/** One page of a list. @param most of its records, by the operation's documentation */
export function pageOfRecords<T>(
  entries: readonly T[],
  { MaxRecords, NextToken }: { readonly MaxRecords?: number; readonly NextToken?: string },
  most: { readonly usual: number; readonly most: number },
  { newestFirst = false } = {},
): { readonly items: T[]; readonly next: string | undefined } {
  return pageOf(entries, {
    size: MaxRecords,
    token: NextToken,
    newestFirst,
    invalid: (token) => new Fault('InvalidNextToken', `The token '${token}' is not valid.`),
    bounds: { ...most, refuse: validationError },
  });
}

/** Runs a part of the refresh model, and turns its refusals into the service's. */
export function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RefreshFault) throw new Fault(error.code, error.message);
    throw error;
  }
}
