import { type Forecast, forecast } from './forecast';
import type { Sourced } from './known';
import type { Plan } from './plan';
import { duration, machines } from './words';

/** A launch that succeeded; times in milliseconds since the epoch. */
export interface Launch {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** An instance refresh that succeeded. */
export interface PastRefresh extends Launch {
  /** As they were asked for; what was left out is AWS's default. */
  readonly minHealthyPercentage?: number;
  readonly maxHealthyPercentage?: number;
  readonly warmupSeconds?: number;
  readonly checkpointPercentages?: readonly number[];
  readonly checkpointDelaySeconds?: number;
  readonly bakeTimeSeconds?: number;
}

/** The latest launches tell most about the next ones. */
const LAUNCHES = 20;
/** By how much a refresh may be longer than the model says before its machines must have been slower. */
const TOLERANCE = 1.05;
const LONGEST_SECONDS = 4 * 3600;

/** From launch until in service, by the group's own launches. */
export function learnBoot(launches: readonly Launch[]): Sourced<number> | undefined {
  const latest = [...launches].sort((a, b) => b.startedAt - a.startedAt).slice(0, LAUNCHES);
  const times = latest.map(({ startedAt, endedAt }) => (endedAt - startedAt) / 1000).sort((a, b) => a - b);
  const [shortest, longest] = [times[0], times.at(-1)];
  const middle = times[Math.floor(times.length / 2)];
  if (shortest === undefined || longest === undefined || middle === undefined) return undefined;
  const range = shortest === longest ? '' : `, ${duration(shortest)} to ${duration(longest)}`;
  const count = times.length === 1 ? 'its last launch' : `its last ${times.length} launches`;
  return { value: Math.round(middle), from: `the group's past: median of ${count}${range}` };
}

/** What a past refresh tells beside the launches. */
export interface Lesson {
  /** From in service until healthy, when the refresh took longer than warmup and launches explain. */
  readonly healthySeconds?: Sourced<number>;
  readonly note: string;
}

/**
 * Holds the model against the group's last successful refresh, and learns from the difference.
 * @param bootSeconds from launch until in service
 * @param warmupSeconds of the group, for a refresh that did not say its own
 */
export function learnFromRefresh(
  refresh: PastRefresh,
  launches: readonly Launch[],
  bootSeconds: number,
  warmupSeconds: number,
): Lesson | undefined {
  const during = launches.filter(
    ({ startedAt }) => startedAt >= refresh.startedAt && startedAt <= refresh.endedAt,
  );
  if (during.length === 0) return undefined;
  const plan: Plan = {
    ...refresh,
    minHealthyPercentage: refresh.minHealthyPercentage ?? 90,
    warmupSeconds: refresh.warmupSeconds ?? warmupSeconds,
    capacity: during.length,
    bootSeconds,
    ignoreAlarms: true,
  };
  const took = (refresh.endedAt - refresh.startedAt) / 1000;
  const foreseen = forecast(plan).rolloutSeconds;
  const day = new Date(refresh.startedAt).toISOString().slice(0, 10);
  const note = `Its refresh of ${day} replaced ${machines(during.length)} in ${duration(took)}; the model says ${duration(foreseen)}.`;
  if (took <= foreseen * TOLERANCE) return { note };
  const value = solve((healthySeconds) => forecast({ ...plan, healthySeconds }), took);
  return { note, healthySeconds: { value, from: `the group's past: its refresh of ${day} took longer` } };
}

/** The time until healthy with which a refresh takes so long, in whole seconds. */
function solve(foresee: (healthySeconds: number) => Forecast, seconds: number): number {
  let [low, high] = [0, LONGEST_SECONDS];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (foresee(middle).rolloutSeconds < seconds) low = middle;
    else high = middle;
  }
  return high;
}
