import { boundsOf } from '../refresh-model';
import { type Forecast, forecast } from './forecast';
import type { Plan } from './plan';

/** What a rollout is to keep, and what may be chosen for that. */
export interface Wish {
  /** For the bake and the rollout together. @default it may take as long as it likes */
  readonly deadlineSeconds?: number;
  /** Machines that have to serve all the time. @default none */
  readonly lowestCapacity: number;
  /** Whether minimum and maximum are to be chosen, or stay as the plan has them. */
  readonly percentages: boolean;
  /** Whether the delay at checkpoints is to be chosen. */
  readonly checkpointDelay: boolean;
}

/** What preferences lead to. */
export interface Option {
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage?: number;
  readonly checkpointDelaySeconds?: number;
  readonly totalSeconds: number;
  readonly lowestHealthyCapacity: number;
  readonly extraMachineHours: number;
  readonly extraCost?: number;
}

export interface Choice extends Wish {
  /** Whether the chosen preferences keep the deadline and the lowest capacity. */
  readonly isMet: boolean;
  readonly chosen: Option;
  /** The next best. */
  readonly alternatives: readonly Option[];
  /** How many preferences were looked at. */
  readonly looked: number;
}

const ALTERNATIVES = 3;
/** AWS's delay, which nobody has to go beyond to look at what was replaced. */
const LONGEST_DELAY_SECONDS = 3600;
/** A larger fleet's preferences are first tried on one of so many machines. */
const LARGEST_SCOUT = 200;
const DAY = 86_400;
/** Longer than a refresh may take. */
const ENDLESS_SECONDS = 15 * DAY;

/**
 * Chooses the preferences that keep a wish with the least surge. Among those that cost the same: the ones
 * that keep most machines, then replace fewest at a time, then are the quickest.
 */
export function choose(given: Plan, wish: Wish): { readonly plan: Plan; readonly choice: Choice } {
  const well: Plan = { ...given, failAtPercent: undefined };
  const base = wish.checkpointDelay ? { ...well, checkpointDelaySeconds: 0 } : well;
  const candidates = wish.percentages ? preferencesFor(base) : [base];
  const found = keeping(candidates, wish);
  const isMet = found.length > 0;
  const options = (isMet ? found : [quickest(candidates, wish)]).map(({ plan }) =>
    tried(withDelay(plan, wish)),
  );
  const [chosen, ...alternatives] = options;
  if (!chosen) throw new Error('There are no preferences to choose from.');
  return {
    plan: { ...chosen.plan, failAtPercent: given.failAtPercent },
    choice: {
      ...wish,
      isMet,
      chosen: chosen.option,
      alternatives: alternatives.map(({ option }) => option),
      looked: candidates.length,
    },
  };
}

/** The best that keep the wish, best first, each different from the others. */
function keeping(candidates: readonly Plan[], wish: Wish): readonly Tried[] {
  const [first] = candidates;
  // The same percentages of a smaller fleet take as long: it shows which ones are worth a try.
  const scale = Math.min(1, LARGEST_SCOUT / Math.max(1, first?.capacity ?? 1));
  const scoutWish = { ...wish, lowestCapacity: Math.floor(wish.lowestCapacity * scale) };
  const promising = candidates
    .map((plan) => ({ plan, scout: scaled(plan, scale) }))
    .filter(({ scout }) => leastSeconds(scout) <= deadlineOf(wish))
    .map(({ plan, scout }) => ({ ...tried(scout), whole: plan }))
    .filter((each) => isKept(each, scoutWish))
    .sort(byWorth);
  const found: Tried[] = [];
  const seen = new Set<string>();
  for (const { whole, ...scout } of promising) {
    if (found.length > ALTERNATIVES) break;
    const next = scale === 1 ? scout : tried(whole);
    const { totalSeconds, lowestHealthyCapacity, extraMachineHours } = next.option;
    const key = [totalSeconds, lowestHealthyCapacity, extraMachineHours.toFixed(6)].join();
    if (seen.has(key) || !isKept(next, wish)) continue;
    seen.add(key);
    found.push(next);
  }
  return found;
}

function scaled(plan: Plan, scale: number): Plan {
  if (scale === 1) return plan;
  const share = (count: number | undefined) => count && Math.round(count * scale);
  return {
    ...plan,
    capacity: Math.round(plan.capacity * scale),
    alreadyNew: share(plan.alreadyNew),
    protectedMachines: share(plan.protectedMachines),
  };
}

function deadlineOf({ deadlineSeconds = ENDLESS_SECONDS }: Wish): number {
  return deadlineSeconds;
}

interface Tried {
  readonly plan: Plan;
  readonly result: Forecast;
  readonly option: Option;
}

function tried(plan: Plan): Tried {
  const result = forecast(plan);
  const { minHealthyPercentage, maxHealthyPercentage, checkpointDelaySeconds } = plan;
  const { lowestHealthyCapacity, extraMachineHours, extraCost } = result;
  const totalSeconds = result.bakeSeconds + result.rolloutSeconds;
  return {
    plan,
    result,
    option: {
      ...{ minHealthyPercentage, maxHealthyPercentage, checkpointDelaySeconds },
      ...{ totalSeconds, lowestHealthyCapacity, extraMachineHours, extraCost },
    },
  };
}

function isKept(found: Tried, wish: Wish): boolean {
  return isEnough(found, wish) && found.option.totalSeconds <= deadlineOf(wish);
}

function byWorth(one: Tried, other: Tried): number {
  const [a, b] = [one.option, other.option];
  const hours = a.extraMachineHours - b.extraMachineHours;
  if (Math.abs(hours) > 1e-6) return hours;
  return (
    b.lowestHealthyCapacity - a.lowestHealthyCapacity ||
    one.result.mostMachines - other.result.mostMachines ||
    a.totalSeconds - b.totalSeconds
  );
}

/** When nothing keeps the wish: the quickest that succeeds with enough machines, or with the most there can be. */
function quickest(candidates: readonly Plan[], wish: Wish): Tried {
  const byBound = [...candidates].sort((a, b) => leastSeconds(a) - leastSeconds(b));
  let best: Tried | undefined;
  for (const plan of byBound) {
    if (best && isEnough(best, wish) && leastSeconds(plan) >= best.option.totalSeconds) break;
    const next = tried(plan);
    if (!best || isBetter(next, best, wish)) best = next;
  }
  if (!best) throw new Error('There are no preferences to choose from.');
  return best;
}

function isEnough({ option, result }: Tried, wish: Wish): boolean {
  return result.outcome === 'Successful' && option.lowestHealthyCapacity >= wish.lowestCapacity;
}

function isBetter(one: Tried, other: Tried, wish: Wish): boolean {
  const [a, b] = [one.option, other.option];
  if (isEnough(one, wish) !== isEnough(other, wish)) return isEnough(one, wish);
  if (!isEnough(one, wish) && a.lowestHealthyCapacity !== b.lowestHealthyCapacity)
    return a.lowestHealthyCapacity > b.lowestHealthyCapacity;
  return a.totalSeconds < b.totalSeconds;
}

/** As long a delay at the checkpoints as the deadline lets there be, in whole minutes where it is one. */
function withDelay(plan: Plan, wish: Wish): Plan {
  const waits = (plan.checkpointPercentages?.length ?? 0) - 1;
  if (!wish.checkpointDelay || waits < 1) return plan;
  const { totalSeconds } = tried(plan).option;
  const left = deadlineOf(wish) - totalSeconds;
  const each = Math.max(0, Math.min(LONGEST_DELAY_SECONDS, Math.floor(left / waits)));
  return { ...plan, checkpointDelaySeconds: each >= 60 ? each - (each % 60) : each };
}

/**
 * No rollout of the plan is quicker than this: at any time only so many machines can be on their way to
 * readiness as lie between the bounds.
 */
function leastSeconds(plan: Plan): number {
  const { capacity, alreadyNew = 0, warmupSeconds, bootSeconds, healthySeconds = 0 } = plan;
  const { minReady, maxLive, mayOverrun } = boundsOf(plan, capacity);
  const room = Math.max(1, Math.max(maxLive, mayOverrun ? capacity + 1 : 0) - minReady);
  const checkpoints = plan.checkpointPercentages ?? [100];
  const share = (checkpoints.at(-1) ?? 100) / 100;
  const left = plan.protectedMachines && plan.whenProtected === 'Ignore' ? plan.protectedMachines : 0;
  const batches = Math.floor(((capacity - alreadyNew - left) * share) / room);
  const each = bootSeconds + Math.max(warmupSeconds, healthySeconds);
  return (plan.bakeSeconds ?? 0) + batches * each + (plan.bakeTimeSeconds ?? 0);
}

/** Small fleets are tried with every percentage that differs for them, larger ones with round ones. */
function stepFor(capacity: number): number {
  return capacity <= 20 ? 1 : capacity <= LARGEST_SCOUT ? 5 : 10;
}

/** Preferences that differ for so many machines; of those that do not, the roundest. */
function preferencesFor(plan: Plan): readonly Plan[] {
  const step = stepFor(plan.capacity);
  const range = (from: number, to: number) =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  const all = range(0, 100).flatMap((min) =>
    [undefined, ...range(100, Math.min(200, min + 100))].map((max) => ({ min, max })),
  );
  const roundness = (value = 100) => (value % 50 === 0 ? 0 : value % 10 === 0 ? 1 : value % 5 === 0 ? 2 : 3);
  all.sort(
    (a, b) =>
      roundness(a.min) + roundness(a.max) - roundness(b.min) - roundness(b.max) ||
      b.min - a.min ||
      (a.max ?? 0) - (b.max ?? 0),
  );
  const byBounds = new Map<string, Plan>();
  for (const { min, max } of all) {
    const next = { ...plan, minHealthyPercentage: min, maxHealthyPercentage: max };
    const { minReady, maxLive, mayOverrun } = boundsOf(next, plan.capacity);
    const key = [minReady, maxLive, mayOverrun].join();
    if (!byBounds.has(key)) byBounds.set(key, next);
  }
  return [...byBounds.values()];
}
