import { forecast } from '../lib/forecast/forecast';
import type { Plan } from '../lib/forecast/plan';

const SIZES = [10, 100, 1_000, 10_000, 100_000] as const;
/** A thousand fleets of a thousand machines: seconds, and megabytes in all. */
const FLEETS = { count: 1_000, size: 1_000, seconds: 10, megabytes: 200 } as const;
const ROUNDS = 5;
/** A round repeats the forecast for at least so long: a single one of a small fleet is too short to be measured. */
const ROUND_MS = 20;
/** After so long no further round is begun. */
const BUDGET_MS = 1_000;

/** Plans that are measured by the size of the fleet. */
interface Curves {
  readonly title: string;
  readonly plans: Readonly<Record<string, Omit<Plan, 'capacity'>>>;
  /** Milliseconds that the forecast of ten thousand machines may take. */
  readonly limitMs: number;
}

const LIMIT_SIZE = 10_000;

const usual = { minHealthyPercentage: 100, maxHealthyPercentage: 150, warmupSeconds: 60, bootSeconds: 40 };
/** So short that even the largest fleet ends before AWS's fourteen days. */
const short = { minHealthyPercentage: 100, warmupSeconds: 6, bootSeconds: 4 };

const PERCENTAGES: Curves = {
  title: 'In batches of a percentage',
  plans: {
    '100/150': usual,
    '90, no maximum': { ...usual, minHealthyPercentage: 90, maxHealthyPercentage: undefined },
    'fails at 50%': { ...usual, failAtPercent: 50 },
  },
  limitMs: 100,
};

const ONE_AT_A_TIME: Curves = {
  title: 'One machine at a time, so as many batches as machines',
  plans: {
    '100/100': { ...short, maxHealthyPercentage: 100 },
    '100, no maximum': short,
    'fails at 50%': { ...short, maxHealthyPercentage: 100, failAtPercent: 50 },
  },
  limitMs: 5_000,
};

/** Prints how long forecasts take by the size of the fleet. @returns whether they are quick enough */
export function benchForecast(): boolean {
  // First, so that the larger fleets' memory is not counted.
  const areMany = benchFleets();
  console.log(
    `\nMilliseconds of the processor for one forecast, by machines: the quickest of up to ${ROUNDS} rounds; measured, on this computer.`,
  );
  const areCurves = [PERCENTAGES, ONE_AT_A_TIME].map(benchCurves);
  return areMany && areCurves.every((isKept) => isKept);
}

function benchFleets(): boolean {
  const { plans } = PERCENTAGES;
  const ms = processorMs(() => {
    for (let fleet = 0; fleet < FLEETS.count; fleet++)
      for (const plan of Object.values(plans)) forecast({ ...plan, capacity: FLEETS.size });
  });
  const seconds = ms / 1000 / Object.keys(plans).length;
  const megabytes = process.memoryUsage().rss / 2 ** 20;
  const isKept = seconds < FLEETS.seconds && megabytes < FLEETS.megabytes;
  console.log(
    `${FLEETS.count} fleets of ${FLEETS.size} machines: ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB; the limits are ${FLEETS.seconds} s and ${FLEETS.megabytes} MB: ${verdict(isKept)}.`,
  );
  return isKept;
}

function benchCurves({ title, plans, limitMs }: Curves): boolean {
  const names = Object.keys(plans);
  console.log(`\n${title}:\n`);
  console.log('machines'.padStart(10) + names.map((name) => name.padStart(18)).join(''));
  const rows = SIZES.map((capacity) => {
    const times = Object.values(plans).map((plan) => quickest(() => forecast({ ...plan, capacity })));
    console.log(String(capacity).padStart(10) + times.map((ms) => ms.toFixed(3).padStart(18)).join(''));
    return times;
  });
  const slowest = Math.max(...rows[SIZES.indexOf(LIMIT_SIZE)]!);
  const isQuick = slowest < limitMs;
  console.log(`\n${LIMIT_SIZE} machines in under ${limitMs} ms: ${verdict(isQuick)}.`);
  const growth = Math.max(...names.map((_, column) => growthOf(rows.map((row) => row[column]!))));
  const isFlat = growth <= 1;
  console.log(
    `From ${SIZES[0]} to ${SIZES.at(-1)} machines it grows by ${growth.toPrecision(2)} of what n log n grows by: ${verdict(isFlat)}.`,
  );
  return isQuick && isFlat;
}

/**
 * What the whole curve grows by, as a share of what n log n grows by. From one size to the next it bends with
 * caches and with the garbage of the last measurement; over four decades that does not count.
 */
function growthOf(times: readonly number[]): number {
  const cost = (size: number) => size * Math.log2(size);
  return times.at(-1)! / times[0]! / (cost(SIZES.at(-1)!) / cost(SIZES[0]));
}

/**
 * Other programs take turns with this one, and a long run meets more of them than a short one. What they do
 * can only make a run slower, so the quickest counts.
 */
function quickest(run: () => void): number {
  // Compiled, and long enough to be measured.
  let runs = 1;
  while (processorMs(() => repeat(run, runs)) < ROUND_MS) runs *= 2;
  let [best, spent] = [Number.POSITIVE_INFINITY, 0];
  for (let round = 0; round < ROUNDS && spent < BUDGET_MS; round++) {
    const ms = processorMs(() => repeat(run, runs));
    best = Math.min(best, ms / runs);
    spent += ms;
  }
  return best;
}

function repeat(run: () => void, times: number): void {
  for (let time = 0; time < times; time++) run();
}

/** Milliseconds of the processor, which other programs do not lengthen as they do those of the clock. */
function processorMs(run: () => void): number {
  const started = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function verdict(isKept: boolean): string {
  return isKept ? 'kept' : 'exceeded';
}
