import { boundsOf } from './capacity';
import type { Census } from './census';
import { isServing } from './census';
import { selectForTermination } from './selection';
import type { Preferences } from './types';

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
  /** Nothing is to be ended, and launches only keep up the desired capacity. */
  readonly paused: boolean;
  readonly launchSuspended: boolean;
  readonly terminateSuspended: boolean;
}

/** The next replacements, within the bounds of healthy percentages and checkpoints. */
export function planReplacement(
  census: Census,
  preferences: Pick<Preferences, 'minHealthyPercentage' | 'maxHealthyPercentage'>,
  restraint: Restraint,
): Replacement {
  const { desiredCapacity: desired, live, ready, replaceable, replacements } = census;
  const bounds = boundsOf(preferences, desired);
  const room = census.outdated.length > 0 ? Math.max(bounds.maxLive, bounds.mayOverrun ? desired + 1 : 0) : 0;
  const maxLive = Math.max(desired, room);
  const shortfall = Math.max(0, desired - live.length);
  const restrained = restraint.paused || restraint.launchSuspended || restraint.terminateSuspended;
  if (restrained) return { launch: restraint.launchSuspended ? 0 : shortfall, terminate: [], maxLive };

  const endable = Math.max(0, restraint.allowed - replacements.length + live.length - desired);
  // What serves nobody costs nothing to end; every serving machine counts against the bound, warm or not.
  const [serving, idle] = [replaceable.filter(isServing), replaceable.filter((each) => !isServing(each))];
  const idleEnded = selectForTermination(idle, live, endable);
  const goes = new Set(idleEnded);
  const remaining = goes.size === 0 ? live : live.filter((machine) => !goes.has(machine));
  const spare = Math.max(0, Math.min(endable - idleEnded.length, ready.length - bounds.minReady));
  const ended = [...idleEnded, ...selectForTermination(serving, remaining, spare)];

  const left = live.length - ended.length;
  const liveBlocked = census.blocked.filter(({ lifecycle }) => lifecycle !== 'Standby').length;
  const needed = Math.min(restraint.allowed, census.total - liveBlocked) - replacements.length;
  let launch = Math.max(0, desired - left, Math.min(bounds.maxLive - left, needed));
  // Neither bound leaves room: one more machine comes first, and one goes when that has warmed up.
  const stuck = launch === 0 && ended.length === 0 && needed > 0 && live.length <= desired;
  if (stuck && bounds.mayOverrun && ready.length === live.length) launch = 1;
  return {
    launch,
    terminate: [...ended, ...census.standby].map(({ id }) => id),
    maxLive,
  };
}
