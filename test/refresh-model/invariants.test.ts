import fc from 'fast-check';
import { fates, incidents, rootVolumeScenarios, scenarios, stage } from './arbitraries';
import type { Scenario } from './scenario';
import { second } from './scenario';
import type { Fate } from './world';
import { World } from './world';

const well: Fate = { bootMs: 15 * second, healthyMs: second };

/** A world in which nobody stands in the refresh's way. */
function unhindered(scenario: Scenario): Scenario {
  const preferences = { ...scenario.preferences, StandbyInstances: 'Terminate' as const };
  return { ...scenario, preferences: { ...preferences, ScaleInProtectedInstances: 'Refresh' } };
}

// fast-check prints the seed and the path of a case that fails; both reproduce it.
it.each([
  ['Rolling', scenarios, 5_500],
  ['ReplaceRootVolume', rootVolumeScenarios, 3_000],
])('%s keeps its bounds and ends, whatever happens meanwhile', (_, arbitrary, numRuns) => {
  fc.assert(
    fc.property(arbitrary, fates, incidents, (scenario, drawn, happening) => {
      const world = new World(scenario, (_version, number) => drawn[number % drawn.length] ?? well);
      for (const incident of happening) stage(world, incident);
      world.run();
      expect(world.broken).toEqual([]);
    }),
    { numRuns },
  );
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
      const isEmpty = scenario.desiredCapacity === 0 && !scenario.warmCapacity;
      expect(world.run().status).toBe(isEmpty ? 'Successful' : 'RollbackSuccessful');
      expect(world.broken).toEqual([]);
    }),
    { numRuns },
  );
});
