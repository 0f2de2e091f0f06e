import type { Refresh } from '../refresh-model';
import type { Plan } from './plan';

/** What the way back may take beyond the way so far: as in lib/rollout/timing.ts. */
const WAY_BACK_MARGIN_SECONDS = 4 * 60;

/** When a rollout turns back for the lack of time, the way back being as long as the way so far. */
export function turnBackSeconds(timeoutSeconds: number): number {
  return (timeoutSeconds - WAY_BACK_MARGIN_SECONDS) / 2;
}

/** The least timeout with which a rollout of that length does not turn back. */
export function neededTimeoutSeconds(rolloutSeconds: number): number {
  return Math.ceil(2 * rolloutSeconds + WAY_BACK_MARGIN_SECONDS);
}

/** When this project's rollout rolls a refresh back by itself, unless something changes before; milliseconds. */
export interface TurnBack {
  readonly at: number;
  readonly reason: string;
}

/**
 * What this project's rollout adds to AWS's refresh, which lib/rollout/decide.ts does on AWS. A delay at a
 * checkpoint is taken for progress.
 * @param lastHealthyAt when a machine of the new release last became healthy, in milliseconds
 */
export function turnBackOf(plan: Plan, refresh: Refresh, lastHealthyAt = 0): TurnBack | undefined {
  if (refresh.status !== 'InProgress' && refresh.status !== 'Baking') return undefined;
  const { timeoutSeconds, progressDeadlineSeconds } = plan;
  const found: TurnBack[] = [];
  if (timeoutSeconds !== undefined) {
    const at = refresh.startedAt + turnBackSeconds(timeoutSeconds) * 1000;
    found.push({ at, reason: 'The way back would not fit in what is left of the time.' });
  }
  if (progressDeadlineSeconds !== undefined && refresh.status === 'InProgress') {
    const progress = Math.max(refresh.startedAt, lastHealthyAt, refresh.checkpointUntil ?? 0);
    const reason = `For ${progressDeadlineSeconds / 60} minutes no further machine became healthy.`;
    found.push({ at: progress + progressDeadlineSeconds * 1000, reason });
  }
  return found.sort((a, b) => a.at - b.at)[0];
}
