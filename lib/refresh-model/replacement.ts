import { boundsOf } from './capacity';
import type { Census } from './census';
import { selectForTermination } from './selection';
import type { Preferences } from './types';
import { countOf, oneByOne } from './types';

/** What to launch and end now. */
export interface Replacement {
  readonly launch: number;
  readonly terminate: readonly string[];
  /** More live machines than this are no longer the refresh's, and are to be scaled in. */
  readonly maxLive: number;
}

/** What holds replacing back, if anything does. */
export interface Restraint {
  /** How many replacements there may be by now: up to the next checkpoint, or all. */
  readonly allowed: number;
  /** Nothing is to be ended, and launches only keep up the capacity. */
  readonly paused: boolean;
  readonly launchSuspended: boolean;
}

/** The next replacements, within the bounds of healthy percentages and checkpoints. */
export function planReplacement(
  census: Census,
  preferences: Pick<Preferences, 'minHealthyPercentage' | 'maxHealthyPercentage'>,
  { allowed, paused, launchSuspended }: Restraint,
): Replacement {
  const { capacity, live, ready, replacements } = census;
  const bounds = boundsOf(preferences, capacity);
  const size = countOf(live);
  const room = census.outdated > 0 ? Math.max(bounds.maxLive, bounds.mayOverrun ? capacity + 1 : 0) : 0;
  const maxLive = Math.max(capacity, room);
  if (paused) return { launch: launchSuspended ? 0 : shortfall(census), terminate: [], maxLive };

  const endable = Math.max(0, allowed - replacements + size - capacity);
  // What serves nobody costs nothing to end; every serving machine counts against the bound, warm or not.
  const idleEnded = selectForTermination(census.idle, live, endable);
  // Where none has to stay, it does not matter either how many of them have warmed up.
  const dispensable = bounds.minReady === 0 ? size : ready - bounds.minReady;
  const spare = Math.max(0, Math.min(endable - idleEnded.length, dispensable));
  const ended = [...idleEnded, ...selectForTermination(census.serving, live, spare, idleEnded)];

  const left = size - ended.length;
  const liveBlocked = countOf(census.blocked.filter(({ lifecycle }) => lifecycle !== 'Standby'));
  const needed = Math.min(allowed, census.total - liveBlocked) - replacements;
  let launch = Math.max(0, capacity - left, Math.min(bounds.maxLive - left, needed));
  // Neither bound leaves room: one more machine comes first, and one goes when that has warmed up.
  const stuck = launch === 0 && ended.length === 0 && needed > 0 && size <= capacity;
  if (stuck && bounds.mayOverrun && ready === size) launch = 1;
  return { launch, terminate: [...ended, ...oneByOne(census.standby)].map(({ id }) => id), maxLive };
}

/** How many machines are missing. */
export function shortfall({ capacity, live }: Pick<Census, 'capacity' | 'live'>): number {
  return Math.max(0, capacity - countOf(live));
}
