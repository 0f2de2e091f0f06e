import type { Head, LedgerEvent, OpenRollout, Outcome, Revision } from './types';

/** Someone else wrote first: read again, and decide anew. */
export class LedgerConflict extends Error {
  override readonly name = 'LedgerConflict';
}

/**
 * What a fleet ran, when, by whom, why, and how it ended. It outlives stacks and machines. Every write is
 * conditional, so that a repeated one does nothing, and two at a time never both succeed.
 */
export interface Ledger {
  /** State of a fleet; read consistently. */
  head(fleet: string): Promise<Head>;
  /** All revisions, oldest first. */
  revisions(fleet: string): Promise<readonly Revision[]>;
  revision(fleet: string, number: number): Promise<Revision | undefined>;
  /** What happened during a revision's rollouts, oldest first. */
  events(fleet: string, revision: number): Promise<readonly LedgerEvent[]>;
  /**
   * Begins a rollout, in one write: the fleet's open rollout, and its revision if that is new.
   * @param head as it was read: its open rollout, if any, is taken over
   * @param superseded outcome for the revision of an open rollout that is taken over
   * @throws LedgerConflict when the fleet's state has changed since
   */
  open(head: Head, rollout: OpenRollout, revision: Revision | undefined, superseded?: Outcome): Promise<void>;
  /**
   * Ends the open rollout, in one write, with its revision's outcome; a restart has none.
   * @throws LedgerConflict when it is no longer the open one
   */
  close(fleet: string, open: OpenRollout, outcome: Outcome): Promise<void>;
  /**
   * Changes what is known of the open rollout; `undefined` takes a field away.
   * @throws LedgerConflict when it is no longer the open one
   */
  amend(fleet: string, open: OpenRollout, change: Amendment): Promise<void>;
  /** Writes an event; one of the same kind at the same moment is written once. */
  note(event: LedgerEvent): Promise<void>;
}

/** Fields of an open rollout that may change while it goes on. */
export type Amendment = Partial<
  Pick<
    OpenRollout,
    'until' | 'part' | 'paused' | 'aborted' | 'passed' | 'holding' | 'cancelled' | 'trouble' | 'requestId'
  >
>;
