import fc from 'fast-check';
import { launchTemplate, sameTemplate } from '../../../lib/refresh-model';
import { rollBack } from '../../../lib/refresh-model/requests';
import type { Fate, Scenario } from './world';
import { machine, second, v, World } from './world';

const percentages = fc.oneof(
  fc.record({ MinHealthyPercentage: fc.integer({ min: 0, max: 100 }) }),
  fc.record({
    MinHealthyPercentage: fc.integer({ min: 50, max: 100 }),
    MaxHealthyPercentage: fc.integer({ min: 100, max: 150 }),
  }),
);

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    desiredCapacity: fc.integer({ min: 0, max: 12 }),
    // Which version each machine runs at the beginning: the saved one, or one from before.
    old: fc.array(fc.constantFrom(0, 1, 2), { minLength: 12, maxLength: 12 }),
    zones: fc.integer({ min: 1, max: 3 }),
    percentages,
    warmup: fc.integer({ min: 0, max: 600 }),
    skipMatching: fc.boolean(),
    autoRollback: fc.boolean(),
    bakeTime: fc.constantFrom(0, 300),
    checkpoints: fc.constantFrom([], [100], [20, 50, 100], [50, 100]),
  })
  .map((drawn) => ({
    desiredCapacity: drawn.desiredCapacity,
    desired: v(2),
    saved: v(1),
    machines: drawn.old
      .slice(0, drawn.desiredCapacity)
      .map((version, index) => machine(`i-${index}`, version, { zone: `z${index % drawn.zones}` })),
    preferences: {
      ...drawn.percentages,
      InstanceWarmup: drawn.warmup,
      SkipMatching: drawn.skipMatching,
      AutoRollback: drawn.autoRollback,
      BakeTime: drawn.bakeTime,
      ...(drawn.checkpoints.length > 0
        ? { CheckpointPercentages: drawn.checkpoints, CheckpointDelay: 600 }
        : {}),
    },
  }));

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ bootMs: time(5, 120), healthyMs: time(0, 100) }) },
  { weight: 1, arbitrary: fc.record({ bootMs: time(5, 60) }) },
  { weight: 1, arbitrary: fc.record({ bootMs: time(5, 60), healthyMs: time(0, 60), diesMs: time(10, 900) }) },
);

function time(fromSeconds: number, toSeconds: number): fc.Arbitrary<number> {
  return fc.integer({ min: fromSeconds, max: toSeconds }).map((seconds) => seconds * second);
}

const runs = { numRuns: 300 };

function holds(world: World): void {
  expect(world.broken).toEqual([]);
  const { refresh } = world;
  const target = launchTemplate(refresh);
  if (refresh.status === 'Successful' || refresh.status === 'RollbackSuccessful') {
    const live = world.machines.filter(({ lifecycle }) => lifecycle !== 'Terminating');
    expect(live.filter(({ template }) => !sameTemplate(template, target))).toEqual([]);
    expect(live).toHaveLength(refresh.status === 'Successful' ? world.desiredCapacity : live.length);
  }
}

it('ends within its bounds, whatever becomes of the machines that it launches', () => {
  fc.assert(
    fc.property(scenario, fc.array(fate, { minLength: 5, maxLength: 30 }), (drawn, fates) => {
      const world = new World(drawn, (_, number) => fates[number % fates.length] as Fate);
      world.run();
      holds(world);
    }),
    runs,
  );
});

it('succeeds when the new version is well', () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 5, max: 120 }), (drawn, boot) => {
      const world = new World(drawn, () => ({ bootMs: boot * second, healthyMs: second }));
      expect(world.run().status).toBe('Successful');
      holds(world);
      expect(world.refresh.progress).toEqual({ percentageComplete: 100, instancesToUpdate: 0 });
    }),
    runs,
  );
});

it('goes back when the new version never becomes healthy, and loses no healthy machine beyond the bound', () => {
  fc.assert(
    fc.property(scenario, (drawn) => {
      const preferences = { ...drawn.preferences, AutoRollback: true, SkipMatching: false };
      const fleet = { ...drawn, desiredCapacity: drawn.machines.length, preferences };
      const world = new World(fleet, (version) =>
        version === '2' ? { bootMs: 15 * second } : { bootMs: 15 * second, healthyMs: second },
      );
      const expected = drawn.machines.length === 0 ? 'Successful' : 'RollbackSuccessful';
      expect(world.run().status).toBe(expected);
      holds(world);
    }),
    runs,
  );
});

it('goes back from any moment', () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 1, max: 40 }), (drawn, steps) => {
      const world = new World(drawn, () => ({ bootMs: 15 * second, healthyMs: second }));
      let count = 0;
      world.run(undefined, () => {
        const { status } = world.refresh;
        if (++count === steps && (status === 'InProgress' || status === 'Baking'))
          world.refresh = rollBack(world.refresh, 'told to', world.observation(), world.now);
      });
      expect(['Successful', 'RollbackSuccessful']).toContain(world.refresh.status);
      holds(world);
    }),
    runs,
  );
});
