import type { Preferences } from './types';

/** How many machines a refresh may leave ready, and how many it may let live. */
export interface Bounds {
  /** The refresh ends no serving machine when that would leave fewer ready ones. */
  readonly minReady: number;
  /** The refresh launches no machine beyond so many, unless it could not go on otherwise. */
  readonly maxLive: number;
  /** Whether it may launch one machine beyond `maxLive` when it could not go on otherwise. */
  readonly mayOverrun: boolean;
}

/**
 * An omitted maximum is not a maximum of 100: without one, a refresh ends a machine and launches its
 * replacement at the same time, at least one at a time; with one, it launches first when both bounds
 * cannot hold.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
 */
export function boundsOf(
  preferences: Pick<Preferences, 'minHealthyPercentage' | 'maxHealthyPercentage'>,
  desiredCapacity: number,
): Bounds {
  const least = Math.ceil((desiredCapacity * preferences.minHealthyPercentage) / 100);
  const max = preferences.maxHealthyPercentage;
  if (max === undefined) {
    const batch = Math.max(1, desiredCapacity - least);
    return { minReady: Math.max(0, desiredCapacity - batch), maxLive: desiredCapacity, mayOverrun: false };
  }
  return {
    minReady: least,
    maxLive: Math.floor((desiredCapacity * max) / 100),
    mayOverrun: desiredCapacity > 0,
  };
}
