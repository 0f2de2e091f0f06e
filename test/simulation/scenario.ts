import type { Random } from '../../local-aws/core/random';
import type { Variant } from '../harness/virtual-aws';
import type { ReleaseKind } from './releases';
import { CALM, drawWeather, type Weather } from './weather';

/** What of a deployment differs from seed to seed, besides its release. */
export interface Settings {
  readonly machines: number;
  readonly maxMachines: number;
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage: number;
  readonly warmupSeconds: number;
  readonly skipMatching: boolean;
  readonly progressDeadlineMinutes: number;
  /** As `-c gates`: `25`, `50:10m`. */
  readonly gates: readonly string[];
  /** Beyond an hour the deployment has several waiting resources. */
  readonly timeoutMinutes: number;
}

/** Something that is done while a deployment goes on. */
export interface Disturbance {
  /** Seconds after the deployment began. */
  readonly after: number;
  readonly kind: DisturbanceKind;
  /** How long it lasts, where it does, in seconds. */
  readonly seconds: number;
  /** Which machine, or how many: as much as there is of it. */
  readonly which: number;
}

const DISTURBANCES = [
  [4, 'cancel the update'],
  [3, 'pause'],
  [3, 'resume'],
  [3, 'promote'],
  [3, 'abort'],
  [2, 'resize the group'],
  [3, 'end a machine'],
  [3, 'make a machine sick'],
  [2, 'put a machine on standby'],
  [2, 'detach a machine'],
  [2, 'start a refresh by hand'],
  [2, 'cancel the refresh by hand'],
  [1, 'roll the refresh back by hand'],
  [3, 'let an alarm fire'],
  [2, 'suspend processes'],
  [2, 'stop the executions'],
] as const;

export type DisturbanceKind = (typeof DISTURBANCES)[number][1];

/** One deployment, or what else changes a stack. What can't be done as things stand is a new release instead. */
export interface Step {
  readonly kind: 'release' | 'older release' | 'deploy again' | 'undo' | 'restart' | 'retry';
  /** A release that was not deployed before. */
  readonly version: string;
  readonly release: ReleaseKind;
  /** Which of the earlier releases. */
  readonly which: number;
  readonly settings: Settings;
  readonly weather: Weather;
  readonly disturbances: readonly Disturbance[];
}

/** All that happens in one seed. */
export interface Scenario {
  readonly variant: Variant;
  readonly rollbackValues: 're-resolved' | 'replayed';
  /** How often the operator looks whether a rollout waits for an order. */
  readonly watchMinutes: number;
  readonly first: Step;
  readonly steps: readonly Step[];
}

/** How long a rollout may take, in minutes: in one resource, and in several. */
export const TIMEOUTS = [45, 150] as const;

/** Releases that there are, in the order in which they come. */
export const VERSIONS: Readonly<Record<Variant, readonly string[]>> = {
  InstanceBased: ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'],
  ImageBased: ['1.0.0', '1.1.0', '1.2.0', '2.0.0'],
};

/** Draws a scenario: a first release, and then one to four further steps. */
export function drawScenario(random: Random): Scenario {
  const variant: Variant = random.chance(0.06) ? 'ImageBased' : 'InstanceBased';
  const versions = VERSIONS[variant];
  const rollbackValues = random.pick(['re-resolved', 'replayed'] as const);
  const watchMinutes = random.pick([3, 7, 20, 90]);
  let settings = drawSettings(random);
  const isFirstCalm = random.chance(0.93);
  const first: Step = {
    kind: 'release',
    version: versions[0]!,
    release: isFirstCalm ? 'good' : drawRelease(random),
    which: 0,
    settings,
    weather: isFirstCalm ? CALM : drawWeather(random),
    disturbances: [],
  };
  const count = random.weighted([
    [4, 1],
    [3, 2],
    [2, 3],
    [1, 4],
  ] as const);
  const steps = versions.slice(1, count + 1).map((version): Step => {
    if (random.chance(0.2)) settings = { ...drawSettings(random), timeoutMinutes: settings.timeoutMinutes };
    return {
      kind: random.weighted([
        [5, 'release'],
        [1, 'older release'],
        [2, 'deploy again'],
        [2, 'undo'],
        [1, 'restart'],
        [1, 'retry'],
      ] as const),
      version,
      release: drawRelease(random),
      which: random.whole(0, 5),
      settings,
      weather: drawWeather(random),
      disturbances: drawDisturbances(random),
    };
  });
  return { variant, rollbackValues, watchMinutes, first, steps };
}

function drawRelease(random: Random): ReleaseKind {
  return random.weighted([
    [10, 'good'],
    [1, 'slow'],
    [2, 'sick'],
    [1, 'silent'],
    [1, 'sick later'],
    [1, 'not to be launched'],
    [1, 'sick at times'],
    [1, 'stopping'],
  ] as const);
}

function drawSettings(random: Random): Settings {
  const machines = random.weighted([
    [3, 1],
    [4, 2],
    [3, 3],
    [2, 4],
    [1, 5],
    [1, 6],
  ] as const);
  const [min, max] = random.weighted([
    [4, [100, 150]],
    [2, [100, 200]],
    [2, [90, 100]],
    [2, [50, 100]],
    [1, [66, 120]],
    [1, [0, 100]],
  ] as const);
  const gates = random.weighted<readonly string[]>([
    [7, []],
    [1, ['50']],
    [1, ['25', '75']],
    [1, ['50:5m']],
    [1, ['20:2m', '60']],
  ]);
  return {
    machines,
    maxMachines: machines + random.whole(0, 3),
    minHealthyPercentage: min,
    maxHealthyPercentage: max,
    warmupSeconds: random.pick([0, 30, 60, 120]),
    skipMatching: random.chance(0.8),
    progressDeadlineMinutes: random.pick([5, 10, 15]),
    gates: min === 0 ? [] : gates,
    timeoutMinutes: random.chance(0.12) ? TIMEOUTS[1] : TIMEOUTS[0],
  };
}

function drawDisturbances(random: Random): Disturbance[] {
  if (random.chance(0.45)) return [];
  const drawn: Disturbance[] = [];
  for (let count = random.whole(1, 3); count > 0; count--) {
    drawn.push({
      after: random.chance(0.8) ? random.whole(5, 600) : random.whole(600, 3600),
      kind: random.weighted(DISTURBANCES),
      seconds: random.whole(30, 1500),
      which: random.whole(0, 5),
    });
  }
  return drawn;
}
