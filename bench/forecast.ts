import { forecast } from '../lib/forecast/forecast';
import type { Plan } from '../lib/forecast/plan';

/** Milliseconds that the forecast of 10,000 machines may take. */
const LIMIT_MS = 100;
const LIMIT_SIZE = 10_000;
/** A thousand fleets of a thousand machines: seconds, and megabytes in all. */
const FLEETS = { count: 1_000, size: 1_000, seconds: 10, megabytes: 200 } as const;
/** How many times as much as by n log n ten times as many machines may take: larger fleets miss the cache more. */
const SLACK = 2.5;
const SIZES = [10, 100, 1_000, 10_000, 100_000] as const;
const ONE_BY_ONE_SIZES = [10, 100, 1_000] as const;
const ROUNDS = 5;

const PLANS: Readonly<Record<string, Omit<Plan, 'capacity'>>> = {
  '100/150': { minHealthyPercentage: 100, maxHealthyPercentage: 150, warmupSeconds: 60, bootSeconds: 40 },
  '90, no maximum': { minHealthyPercentage: 90, warmupSeconds: 60, bootSeconds: 40 },
  'fails at 50%': {
    minHealthyPercentage: 100,
    maxHealthyPercentage: 150,
    warmupSeconds: 60,
    bootSeconds: 40,
    failAtPercent: 50,
  },
};

/** Prints how long forecasts take by the size of the fleet. @returns whether they are quick enough */
export function benchForecast(): boolean {
  for (const plan of Object.values(PLANS)) quickest(() => forecast({ ...plan, capacity: 1_000 }));
  // First, so that the larger fleets' memory is not counted.
  const areMany = benchFleets();
  console.log(
    `Milliseconds of the processor for one forecast: the quickest of ${ROUNDS}; measured, on this computer.\n`,
  );
  console.log(
    `${'machines'.padStart(10)}${Object.keys(PLANS)
      .map((name) => name.padStart(16))
      .join('')}`,
  );
  const curves = SIZES.map((capacity) => {
    const times = Object.values(PLANS).map((plan) => quickest(() => forecast({ ...plan, capacity })));
    console.log(`${String(capacity).padStart(10)}${times.map((ms) => ms.toFixed(2).padStart(16)).join('')}`);
    return times;
  });
  const atLimit = Math.max(...(curves[SIZES.indexOf(LIMIT_SIZE)] ?? []));
  const isQuick = atLimit < LIMIT_MS;
  console.log(`\n${LIMIT_SIZE} machines in under ${LIMIT_MS} ms: ${isQuick ? 'kept' : 'exceeded'}.`);
  const growth = Math.max(
    ...Object.keys(PLANS).map((_, column) => worstGrowth(curves.map((row) => row[column]!))),
  );
  const isFlat = growth <= SLACK;
  console.log(
    `From 100 machines on the curve grows at most ${growth.toFixed(2)} times as fast as n log n; the limit is ${SLACK}: ${isFlat ? 'kept' : 'exceeded'}.`,
  );
  benchOneByOne();
  return isQuick && isFlat && areMany;
}

/** As many batches as machines: shown, and held to no limit. */
function benchOneByOne(): void {
  const plan = { minHealthyPercentage: 100, warmupSeconds: 60, bootSeconds: 40 };
  const times = ONE_BY_ONE_SIZES.map((capacity) => {
    const ms = quickest(() => forecast({ ...plan, capacity }), 2);
    return `${capacity}: ${ms.toFixed(1)}`;
  });
  console.log(`\nOne machine at a time, milliseconds by machines: ${times.join(', ')}.`);
}

function benchFleets(): boolean {
  const started = process.cpuUsage();
  for (let fleet = 0; fleet < FLEETS.count; fleet++) {
    forecast({ ...PLANS['100/150']!, capacity: FLEETS.size });
  }
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  const megabytes = process.memoryUsage().rss / 2 ** 20;
  const isKept = seconds < FLEETS.seconds && megabytes < FLEETS.megabytes;
  console.log(
    `${FLEETS.count} fleets of ${FLEETS.size} machines: ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB; the limits are ${FLEETS.seconds} s and ${FLEETS.megabytes} MB: ${isKept ? 'kept' : 'exceeded'}.\n`,
  );
  return isKept;
}

/** Below 100 machines fixed costs hide the curve. */
function worstGrowth(times: readonly number[]): number {
  const cost = (index: number) => SIZES[index]! * Math.log2(SIZES[index]!);
  const steps = times
    .slice(2)
    .map((ms, index) => ms / times[index + 1]! / (cost(index + 2) / cost(index + 1)));
  return Math.max(...steps);
}

/**
 * Milliseconds of the processor: other programs take turns with this one, and would bend the curve; a long
 * run meets more of them than a short one. What they do can only make a run slower, so the quickest counts.
 */
function quickest(run: () => void, rounds: number = ROUNDS): number {
  const times = Array.from({ length: rounds }, () => {
    const started = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
