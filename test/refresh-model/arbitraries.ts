import fc from 'fast-check';
import type { Machine } from '../../lib/refresh-model';
import type { Scenario } from './scenario';
import { hour, machine, mixed, second, v } from './scenario';
import type { Fate, World } from './world';

const percentages = fc.oneof(
  fc.record({ MinHealthyPercentage: fc.integer({ min: 0, max: 100 }) }),
  // Up to a hundred apart, and most often not far.
  fc
    .tuple(
      fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 50, max: 100 }) }, fc.integer({ min: 0, max: 100 })),
      fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 50 }) }, fc.integer({ min: 0, max: 100 })),
    )
    .map(([min, beyond]) => ({
      MinHealthyPercentage: min,
      MaxHealthyPercentage: Math.min(100 + beyond, min + 100),
    })),
  fc.constant({ MinHealthyPercentage: 100, MaxHealthyPercentage: 100 }),
);

const checkpoints = fc.record({
  CheckpointPercentages: fc.constantFrom([100], [20, 50, 100], [50, 100], [50], [10, 20, 30]),
  CheckpointDelay: fc.constantFrom(0, 600),
});

const preferences = fc
  .record({
    percentages,
    checkpoints: fc.option(checkpoints, { nil: {}, freq: 2 }),
    InstanceWarmup: fc.constantFrom(0, 60, 600),
    SkipMatching: fc.boolean(),
    AutoRollback: fc.boolean(),
    BakeTime: fc.constantFrom(0, 300),
    ScaleInProtectedInstances: fc.constantFrom('Refresh' as const, 'Ignore' as const, 'Wait' as const),
    StandbyInstances: fc.constantFrom('Terminate' as const, 'Ignore' as const, 'Wait' as const),
  })
  .map(({ percentages: bounds, checkpoints: stops, ...others }) => ({
    ...{ ...others, ...bounds, ...stops },
    AlarmSpecification: { Alarms: ['alarm'] },
  }));

/** Which version each machine runs at the beginning: the saved one, the one from before, or the next. */
const versions = fc.array(fc.constantFrom(0, 1, 2), { minLength: 10, maxLength: 10 });

/** Groups of up to ten machines, some protected, in standby or in a warm pool, in up to three zones. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    preferences,
    versions,
    desiredCapacity: fc.integer({ min: 0, max: 10 }),
    zones: fc.integer({ min: 1, max: 3 }),
    unprotected: fc.integer({ min: 5, max: 10 }),
    standby: fc.constantFrom(0, 0, 1, 2),
    warmCapacity: fc.constantFrom(undefined, undefined, 0, 1, 4),
    isMixed: fc.boolean(),
  })
  .map((drawn) => {
    const member = (index: number, more: Partial<Machine>) =>
      machine(`i-${index}`, drawn.versions[index % 10] ?? 1, {
        ...{ zone: `z${index % drawn.zones}`, instanceType: index % 2 ? 'small' : 'large', ...more },
      });
    const many = (count: number, from: number, more: (index: number) => Partial<Machine>) =>
      Array.from({ length: count }, (_, index) => member(from + index, more(index)));
    return {
      preferences: drawn.preferences,
      desired: drawn.isMixed ? mixed(2) : v(2),
      saved: drawn.isMixed ? mixed(1) : v(1),
      desiredCapacity: drawn.desiredCapacity,
      warmCapacity: drawn.warmCapacity,
      alarms: [{ name: 'alarm', state: 'OK' }],
      machines: [
        ...many(drawn.desiredCapacity, 0, (index) => ({
          protectedFromScaleIn: index >= drawn.unprotected,
        })),
        ...many(drawn.standby, 20, () => ({ lifecycle: 'Standby' })),
        ...many(drawn.warmCapacity ?? 0, 30, () => ({ warm: true })),
      ],
    };
  });

/** Groups for the strategy ReplaceRootVolume. */
export const rootVolumeScenarios: fc.Arbitrary<Scenario> = scenarios.map((drawn) => ({
  ...drawn,
  strategy: 'ReplaceRootVolume',
  warmCapacity: undefined,
  desired: mixed(1, 2),
  saved: mixed(1, 1),
  machines: drawn.machines
    .filter(({ warm }) => !warm)
    .map((each) => ({
      ...each,
      template: v(1),
      imageId: `ami-${each.instanceType}-${each.template.version}`,
    })),
}));

/** How machines fare: most are well; some never are, die, are refused, or are given up by a hook. */
export const fates: fc.Arbitrary<readonly Fate[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ bootMs: time(5, 120), healthyMs: time(0, 100) }) },
    { weight: 1, arbitrary: fc.record({ bootMs: time(5, 60) }) },
    {
      weight: 1,
      arbitrary: fc.record({ bootMs: time(5, 60), healthyMs: time(0, 60), diesMs: time(10, 900) }),
    },
    { weight: 1, arbitrary: fc.constant({ bootMs: 0, refused: true }) },
    { weight: 1, arbitrary: fc.constant({ bootMs: 300 * second, abandoned: true }) },
    // A launch hook holds it for an hour.
    { weight: 1, arbitrary: fc.constant({ bootMs: hour, healthyMs: 0 }) },
  ),
  { minLength: 3, maxLength: 20 },
);

/** Something that happens to the group while the refresh runs. */
export interface Incident {
  readonly atMs: number;
  readonly kind: (typeof kinds)[number];
  readonly number: number;
}

// What stands here twice happens twice as often.
const kinds = [
  'scale',
  'scale',
  'scaleWarmPool',
  'die',
  'die',
  'standby',
  'return',
  'protect',
  'unprotect',
  'suspend',
  'resume',
  'hookTermination',
  'alarm',
  'cancel',
  'rollBack',
  'rollBack',
] as const;

export const incidents: fc.Arbitrary<readonly Incident[]> = fc.array(
  fc.record({ atMs: time(0, 3600), kind: fc.constantFrom(...kinds), number: fc.nat(12) }),
  { maxLength: 6 },
);

const processes = ['InstanceRefresh', 'Launch', 'Terminate', 'AZRebalance'];
const states = ['OK', 'INSUFFICIENT_DATA', 'ALARM'] as const;

export function stage(world: World, { atMs, kind, number }: Incident): void {
  world.at(atMs, () => {
    const ids = world.machines.filter(({ warm }) => !warm).map(({ id }) => id);
    const id = ids[number % Math.max(1, ids.length)] ?? '';
    switch (kind) {
      case 'scale':
        return world.scale(number);
      case 'scaleWarmPool':
        return world.scaleWarmPool(number % 5);
      case 'die':
        return world.die(id);
      case 'standby':
        return world.change(id, { lifecycle: 'Standby' });
      case 'return':
        return world.change(id, { lifecycle: 'InService', inServiceAt: world.now });
      case 'protect':
        return world.change(id, { protectedFromScaleIn: true });
      case 'unprotect':
        return world.change(id, { protectedFromScaleIn: false });
      case 'suspend':
        world.at(world.now + 2 * hour, () => world.suspend());
        return world.suspend(processes[number % processes.length] ?? '');
      case 'resume':
        return world.suspend();
      case 'hookTermination':
        world.terminationMs = 600 * second;
        return;
      case 'alarm':
        return world.alarm(states[number % states.length] ?? 'OK');
      case 'cancel':
        return world.cancel(number % 2 === 0);
      case 'rollBack':
        return world.rollBack();
    }
  });
}

function time(fromSeconds: number, toSeconds: number): fc.Arbitrary<number> {
  return fc.integer({ min: fromSeconds, max: toSeconds }).map((seconds) => seconds * second);
}
