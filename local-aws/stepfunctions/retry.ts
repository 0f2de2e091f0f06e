import type { Catcher, Retrier } from './definition';
import type { StateError } from './state-error';

/**
 * Whether a retrier or catcher names an error. `States.ALL` leaves out what no further attempt could
 * change; `States.TaskFailed` leaves out time-outs.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
function names({ ErrorEquals }: { readonly ErrorEquals: readonly string[] }, { error }: StateError): boolean {
  return ErrorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.ALL') return error !== 'States.Runtime' && error !== 'States.DataLimitExceeded';
    return name === 'States.TaskFailed' && !error.startsWith('States.');
  });
}

/** Counts the attempts of one state's visit, and says how long to wait for the next one. */
export class Retries {
  private readonly used = new Map<Retrier, number>();
  /** Attempts so far, but the first. */
  count = 0;

  constructor(private readonly retriers: readonly Retrier[]) {}

  /** Milliseconds until the next attempt; undefined when there is none. */
  next(error: StateError): number | undefined {
    const retrier = this.retriers.find((candidate) => names(candidate, error));
    if (!retrier) return undefined;
    const used = this.used.get(retrier) ?? 0;
    if (used >= (retrier.MaxAttempts ?? 3)) return undefined;
    this.used.set(retrier, used + 1);
    this.count++;
    const seconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** used;
    return Math.min(seconds, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY) * 1000;
  }
}

/** The first catcher that names an error. */
export function catcherOf(catchers: readonly Catcher[] | undefined, error: StateError): Catcher | undefined {
  return catchers?.find((catcher) => names(catcher, error));
}
