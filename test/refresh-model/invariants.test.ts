import fc from 'fast-check';
import type { Refresh } from '../../lib/refresh-model';
import { fates, incidents, rootVolumeScenarios, scenarios, stage } from './arbitraries';
import type { Scenario } from './scenario';
import { second } from './scenario';
import type { Fate } from './world';
import { World } from './world';

const checkpointsOf = ({ preferences }: Scenario) => preferences?.CheckpointPercentages ?? [];

const well: Fate = { bootMs: 15 * second, healthyMs: second };

/** A world in which nobody stands in the refresh's way. */
function unhindered(scenario: Scenario): Scenario {
  const preferences = { ...scenario.preferences, StandbyInstances: 'Terminate' as const };
  return { ...scenario, preferences: { ...preferences, ScaleInProtectedInstances: 'Refresh' } };
}

const generated = fc.sample(scenarios, { numRuns: 1000, seed: 1 });

it.each<[string, (scenario: Scenario) => boolean]>([
  ['a checkpoint below 100 as the last', (each) => (checkpointsOf(each).at(-1) ?? 100) < 100],
  ['several checkpoints', (each) => checkpointsOf(each).length > 1],
  ['no checkpoint', (each) => checkpointsOf(each).length === 0],
  ['no maximum', ({ preferences }) => preferences?.MaxHealthyPercentage === undefined],
  ['bounds that cannot both be met', ({ preferences }) => preferences?.MaxHealthyPercentage === 100],
  ['a maximum above 150', ({ preferences }) => (preferences?.MaxHealthyPercentage ?? 0) > 150],
  ['skip matching', ({ preferences }) => preferences?.SkipMatching === true],
  ['a bake time', ({ preferences }) => (preferences?.BakeTime ?? 0) > 0],
  ['a protected machine', ({ machines }) => machines.some((each) => each.protectedFromScaleIn)],
  ['a machine in standby', ({ machines }) => machines.some(({ lifecycle }) => lifecycle === 'Standby')],
  ['a warm pool', ({ warmCapacity = 0 }) => warmCapacity > 0],
  ['several zones', ({ machines }) => new Set(machines.map(({ zone }) => zone)).size > 1],
  ['a mixed instances policy', ({ desired }) => desired?.overrides !== undefined],
  ['an empty group', ({ desiredCapacity }) => desiredCapacity === 0],
])('of the generated groups some have %s', (_, has) => {
  expect(generated.filter(has).length).toBeGreaterThan(20);
});

// fast-check prints the seed and the path of a case that fails; both reproduce it.
it.each([
  ['Rolling', scenarios, 5_500],
  ['ReplaceRootVolume', rootVolumeScenarios, 3_000],
])('%s keeps its bounds and ends, whatever happens meanwhile', (_, arbitrary, numRuns) => {
  const ends = new Set<Refresh['status']>();
  fc.assert(
    fc.property(arbitrary, fates, incidents, (scenario, drawn, happening) => {
      const world = new World(scenario, (_version, number) => drawn[number % drawn.length] ?? well);
      for (const incident of happening) stage(world, incident);
      ends.add(world.run().status);
      expect(world.broken).toEqual([]);
    }),
    { numRuns },
  );
  const all = ['Cancelled', 'Failed', 'RollbackFailed', 'RollbackSuccessful', 'Successful'];
  expect([...ends].sort()).toEqual(all);
});

it.each([
  ['Rolling', scenarios, 600],
  ['ReplaceRootVolume', rootVolumeScenarios, 300],
])('%s succeeds when the new version is well', (_, arbitrary, numRuns) => {
  fc.assert(
    fc.property(arbitrary.map(unhindered), (scenario) => {
      const world = new World(scenario, () => well);
      expect(world.run().status).toBe('Successful');
      expect(world.broken).toEqual([]);
      if ((scenario.preferences?.CheckpointPercentages?.at(-1) ?? 100) === 100)
        expect(world.refresh.progress).toMatchObject({ percentageComplete: 100, instancesToUpdate: 0 });
    }),
    { numRuns },
  );
});

it.each([
  ['Rolling', scenarios, 400],
  ['ReplaceRootVolume', rootVolumeScenarios, 250],
])('%s goes back when the new version never becomes healthy', (_, arbitrary, numRuns) => {
  fc.assert(
    fc.property(arbitrary.map(unhindered), (scenario) => {
      const preferences = { ...scenario.preferences, AutoRollback: true, SkipMatching: false };
      const world = new World({ ...scenario, preferences }, (_version, number) =>
        // What the way back launches is well.
        world.refresh.rollback ? well : { bootMs: (15 + (number % 3)) * second },
      );
      // A last checkpoint below 100 leaves the warm pool as it is.
      const last = preferences.CheckpointPercentages?.at(-1) ?? 100;
      const isEmpty = scenario.desiredCapacity === 0 && (!scenario.warmCapacity || last < 100);
      expect(world.run().status).toBe(isEmpty ? 'Successful' : 'RollbackSuccessful');
      expect(world.broken).toEqual([]);
    }),
    { numRuns },
  );
});
