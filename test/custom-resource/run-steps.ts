import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { type LongRunning, runStep, type StepResult } from '../../lib/custom-resource/step';

/** A function process that died, after or before a call. */
export class Killed extends Error {}

export interface Run {
  readonly result: StepResult;
  readonly rounds: number;
  readonly seconds: number;
}

export interface Time {
  now: number;
  /** @default `now` is moved on */
  readonly pass?: (ms: number) => Promise<void>;
}

/**
 * Goes round as the state machine does, on a time of its own: a step that was killed is run again two
 * seconds later.
 */
export async function runSteps<Spec>(
  kind: LongRunning<Spec>,
  request: ResourceRequest,
  time: Time,
  options: { readonly isGoingBack?: boolean } = {},
): Promise<Run> {
  const startedAt = time.now;
  let note = '';
  for (let rounds = 1; ; rounds++) {
    if (rounds > 2000) throw new Error('The steps do not come to an end.');
    try {
      const result = await runStep(
        {
          request,
          isGoingBack: options.isGoingBack ?? false,
          startedAt: new Date(startedAt).toISOString(),
          now: new Date(time.now).toISOString(),
          note,
        },
        kind,
      );
      if (result.done) return { result, rounds, seconds: (time.now - startedAt) / 1000 };
      note = result.note;
      await pass(time, result.waitSeconds * 1000);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      await pass(time, 2000);
    }
  }
}

async function pass(time: Time, ms: number): Promise<void> {
  if (time.pass) await time.pass(ms);
  else time.now += ms;
}
