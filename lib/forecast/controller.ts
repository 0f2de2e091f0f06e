import type { Refresh } from '../refresh-model';
import type { Plan } from './plan';

/** When this project's rollout rolls a refresh back by itself, unless something changes before; milliseconds. */
export interface TurnBack {
  readonly at: number;
  readonly reason: string;
}

/** The least `rolloutTimeoutMinutes` that lets a rollout of that length come to its end, which is known a minute late. */
export function neededTimeoutMinutes(rolloutSeconds: number): number {
  return Math.max(10, Math.ceil(rolloutSeconds / 60) + 1);
}

/**
 * What this project's rollout adds to AWS's refresh, and lib/rollout/decide.ts does on AWS: it turns back
 * when the time is up, or when for too long no machine has become healthy. A delay at a checkpoint is
 * taken for progress.
 * @param lastHealthyAt when a machine of the new release last became healthy, in milliseconds
 */
export function turnBackOf(plan: Plan, refresh: Refresh, lastHealthyAt = 0): TurnBack | undefined {
  if (refresh.status !== 'InProgress' && refresh.status !== 'Baking') return undefined;
  const { timeoutSeconds, progressDeadlineSeconds } = plan;
  const found: TurnBack[] = [];
  if (timeoutSeconds !== undefined) {
    const reason = `The time for the rollout is up: ${timeoutSeconds / 60} minutes.`;
    found.push({ at: refresh.startedAt + timeoutSeconds * 1000, reason });
  }
  if (progressDeadlineSeconds !== undefined && refresh.status === 'InProgress') {
    const progress = Math.max(refresh.startedAt, lastHealthyAt, refresh.checkpointUntil ?? 0);
    const reason = `For ${progressDeadlineSeconds / 60} minutes no further machine became healthy.`;
    found.push({ at: progress + progressDeadlineSeconds * 1000, reason });
  }
  return found.sort((a, b) => a.at - b.at)[0];
}
