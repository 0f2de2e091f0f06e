import type { Clock } from '../core/clock';
import type { Provisioned } from '../core/service';
import { leftBehind } from './resource-error';
import type { Run, Touched } from './run';

/** What a handler has made. */
export type Outcome = Provisioned & { readonly noEcho?: boolean };

/** A handler's work, and what an operation is beside it. */
export interface Attempt {
  readonly clock: Clock;
  /** Modelled time before the work begins, in milliseconds. */
  readonly operationMs: number;
  readonly work: () => Promise<Outcome>;
  readonly run: Run;
  readonly touched: Touched;
  /** CloudFormation's words for what the run's cancellation does to it. */
  readonly cancelledReason: string;
}

/** Waits for a handler, but no longer than until the run is cancelled. */
export async function attempt({
  clock,
  operationMs,
  work,
  run,
  touched,
  cancelledReason,
}: Attempt): Promise<{ readonly outcome: Outcome } | { readonly error: unknown }> {
  const outcome = clock.sleep(operationMs).then(() => {
    if (run.isCancelled) throw new Error(cancelledReason);
    return work();
  });
  const cancelled = run.cancelled.then((): never => {
    throw new Error(cancelledReason);
  });
  try {
    return { outcome: await Promise.race([outcome, cancelled]) };
  } catch (error) {
    if (!run.isCancelled) return { error };
    touched.late = outcome.then((late) => late.physicalId, leftBehind);
    return { error: new Error(cancelledReason) };
  }
}

/** Takes note of a handler's progress; what was cancelled meanwhile keeps the status that it has. */
export function progression(run: Run, record: (message: string) => void): (message: string) => void {
  return (message) => {
    if (!run.isCancelled) record(message);
  };
}

/** Takes note of a new physical id, once; what was cancelled meanwhile keeps the status that it has. */
export function initiation(
  run: Run,
  touched: Touched,
  record: (physicalId: string) => void,
): (physicalId: string) => void {
  return (physicalId) => {
    if (touched.made !== undefined) return;
    touched.made = physicalId;
    if (!run.isCancelled) record(physicalId);
  };
}
