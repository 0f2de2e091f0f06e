import type { Census, Pools } from './census';
import type { RefreshEvent } from './events';
import type { Observation, Refresh } from './types';
import { countOf } from './types';

/** What a group grows by is more to do: progress may fall then, and the hour of retries begins anew. */
export function noteSizes(refresh: Refresh, { group }: Observation, now: number): Refresh {
  const { desiredCapacity: capacity, warmCapacity = 0 } = group;
  if (capacity === refresh.capacity && warmCapacity === refresh.warmCapacity) return refresh;
  const sized: Refresh = { ...refresh, capacity, warmCapacity };
  if (capacity <= refresh.capacity && warmCapacity <= refresh.warmCapacity) return sized;
  const { progress } = refresh;
  // A rollback's never rises.
  const anew = refresh.rollback ? progress : { ...progress, percentageComplete: 0, pools: undefined };
  return { ...sized, completed: 0, progressedAt: now, progress: anew };
}

/** The hour of retries begins anew after a suspension. */
export function resume(refresh: Refresh, now: number): Refresh {
  const begun: Refresh = refresh.status === 'Pending' ? { ...refresh, status: 'InProgress' } : refresh;
  return begun.isSuspended ? { ...begun, isSuspended: false, progressedAt: now } : begun;
}

/** Brings progress and checkpoints up to date. */
export function count(refresh: Refresh, { live, warm }: Pools, now: number) {
  const { checkpointPercentages: checkpoints, checkpointDelaySeconds } = refresh.preferences;
  const share = (percentage: number) => Math.ceil((live.total * percentage) / 100);
  const completed = live.completed + (warm?.completed ?? 0);
  let next: Refresh = completed > refresh.completed ? { ...refresh, completed, progressedAt: now } : refresh;
  const events: RefreshEvent[] = [];

  const isWarmDone = !warm || isComplete(warm);
  if (refresh.rollback || checkpoints.length === 0) {
    const finished = isComplete(live) && isWarmDone;
    return { refresh: next, events, allowed: live.total, finished, holding: undefined };
  }
  // Several thresholds can be passed at once: only the highest counts.
  const reached = checkpoints.findLastIndex((percentage) => live.completed >= share(percentage));
  // A group that grows can fall behind a checkpoint again, and then reaches it anew.
  if (live.total > next.checkpointTotal && reached + 1 < next.checkpoint)
    next = { ...next, checkpoint: reached + 1, checkpointUntil: undefined };
  if (reached >= next.checkpoint) {
    const percentage = checkpoints[reached] ?? 100;
    if (percentage < 100) events.push({ name: 'Checkpoint Reached', checkpointPercentage: percentage });
    const last = reached === checkpoints.length - 1;
    const checkpointUntil = last ? undefined : now + checkpointDelaySeconds * 1000;
    next = { ...next, checkpoint: reached + 1, checkpointTotal: live.total, checkpointUntil };
  }
  const holding =
    next.checkpointUntil !== undefined && now < next.checkpointUntil ? next.checkpointUntil : undefined;
  // The hour of retries begins when the delay is over, however seldom the model is asked meanwhile.
  if (next.checkpointUntil !== undefined)
    next = { ...next, progressedAt: Math.max(next.progressedAt, Math.min(now, next.checkpointUntil)) };
  const final = checkpoints.at(-1) ?? 100;
  const isReached = next.checkpoint >= checkpoints.length && live.completed >= share(final);
  return {
    refresh: next,
    events,
    allowed: holding ? live.replacements : share(checkpoints[next.checkpoint] ?? final),
    finished: isReached && (final < 100 ? surplus(live) === 0 : isComplete(live) && isWarmDone),
    holding,
  };
}

function isComplete({ outdated, completed, total }: Census): boolean {
  return outdated === 0 && completed >= total;
}

/** Launched first, and what they replace is still there. */
function surplus(census: Census): number {
  const replaceable = census.serving.length + census.idle.length;
  return replaceable === 0 ? 0 : Math.max(0, countOf(census.live) - census.capacity);
}
