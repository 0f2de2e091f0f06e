import type { Lab } from './lab';
import type { Observation, Probe } from './probe';

/** What became of one probe. */
export interface Result {
  readonly probe: string;
  readonly observation?: Observation;
  /** Why there is none. */
  readonly error?: string;
  /** Why its stack is still there. */
  readonly left?: string;
  readonly seconds: number;
}

/** Runs a probe, and removes its stack however it ended. */
export async function runProbe(probe: Probe, lab: Lab): Promise<Result> {
  const began = lab.time.now();
  const outcome = await attempt(() => probe.run(lab));
  const removal = await attempt(() => lab.remove());
  return {
    probe: probe.id,
    ...('value' in outcome ? { observation: outcome.value } : { error: outcome.error }),
    ...('error' in removal && { left: removal.error }),
    seconds: Math.round(lab.secondsSince(began)),
  };
}

async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    return {
      error:
        error instanceof Error ? `${error.name}: ${error.message}`.replace(/^Error: /, '') : String(error),
    };
  }
}
