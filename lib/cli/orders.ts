import { ConfigurationError } from '../configuration-error';
import type { Amendment } from '../ledger/ledger';
import type { Head, LedgerEvent, OpenRollout } from '../ledger/types';
import type { FleetContext } from './on-fleet';

/** @throws ConfigurationError when a rollout goes on */
export function requireNoRollout({ open }: Head): void {
  if (open)
    throw new ConfigurationError(
      `The rollout of revision ${open.revision} is still going on: wait for its end, or give it up with "rollout abort".`,
    );
}

/**
 * The rollout that goes on, for an order to be given to it.
 * @param purpose what it would be there for: `to pause`
 * @throws ConfigurationError when none goes on
 */
export function requireRollout({ open }: Head, { fleet }: FleetContext, purpose: string): OpenRollout {
  if (open) return open;
  throw new ConfigurationError(
    `No rollout of ${fleet.groupName} is going on, so there is nothing ${purpose}: "rollout status ${fleet.stackName}" says how the fleet is.`,
  );
}

/** @throws ConfigurationError when the rollout is on its way back */
export function requireForward({ revision, aborted, trouble }: OpenRollout, { fleet }: FleetContext): void {
  if (aborted || trouble)
    throw new ConfigurationError(
      `The rollout of revision ${revision} is on its way back already (${aborted ? `given up by ${aborted.by}` : trouble}): wait for its end with "rollout status ${fleet.stackName} --watch".`,
    );
}

/** An order to a rollout, and who gives it when. */
export interface Order {
  readonly kind: LedgerEvent['kind'];
  readonly change: Amendment;
  readonly message: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Writes an order into the ledger: the rollout acts on it at its next round. @throws LedgerConflict */
export async function give(
  { ledger, fleet }: FleetContext,
  open: OpenRollout,
  { kind, change, message, by, at }: Order,
): Promise<void> {
  await ledger.amend(fleet.groupName, open, change);
  await ledger.note({ fleet: fleet.groupName, revision: open.revision, at, kind, by, message });
}

/** What a command on a running rollout answers once its order is written. */
export function given(context: FleetContext, { revision }: OpenRollout, message: string, order?: Order) {
  return context.result(message, {
    stack: context.fleet.stackName,
    revision,
    begun: order !== undefined,
    message,
    ...(order ? { by: order.by, at: new Date(order.at).toISOString() } : {}),
  });
}
