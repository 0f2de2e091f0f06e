import fc from 'fast-check';
import type { Machine, Refresh } from '../../lib/refresh-model';
import { startRefresh, stepRefresh } from '../../lib/refresh-model';
import { fates, rootVolumeScenarios, scenarios } from './arbitraries';
import { machine, observationOf, started } from './scenario';
import type { Frame } from './world';
import { World } from './world';

/** Machines that are alike in all but their ids, by the id of the first. */
function together(all: readonly Machine[], { replaced, kept }: Refresh): readonly Machine[] {
  const found = new Map<string, Machine & { readonly count: number }>();
  for (const each of all) {
    const key = JSON.stringify({ ...each, id: [replaced.has(each.id), kept.has(each.id)] });
    const first = found.get(key);
    found.set(key, { ...(first ?? each), count: (first?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

/** Ids as machines of which one is as good as another for the termination policy. */
function kinds(ids: readonly string[], all: readonly Machine[]): readonly string[] {
  const byId = new Map(all.map((each) => [each.id, each]));
  return ids
    .map((id) => {
      const { zone, template, launchedAt, lifecycle, healthy, warm } = byId.get(id) ?? machine(id, 0);
      return [zone, template.version, launchedAt, lifecycle, healthy, warm].join();
    })
    .sort();
}

it.each([
  ['Rolling', scenarios],
  ['ReplaceRootVolume', rootVolumeScenarios],
])('%s: machines that are taken together fare as each by itself', (strategy, arbitrary) => {
  let fewer = 0;
  fc.assert(
    fc.property(arbitrary, fates, (scenario, drawn) => {
      const world = new World(scenario, (_, number) => drawn[number % drawn.length] ?? { bootMs: 0 });
      world.run();
      const frames: readonly Frame[] = [
        { now: 0, refresh: started(scenario), machines: scenario.machines },
        ...world.frames,
      ];
      for (const { now, refresh, machines: all } of frames) {
        const observation = { ...observationOf(scenario), machines: all };
        const batches = together(all, refresh);
        if (batches.length < all.length) fewer++;
        const { terminate, replaceRoot, ...alone } = stepRefresh(refresh, observation, now);
        const step = stepRefresh(refresh, { ...observation, machines: batches }, now);
        expect(step).toMatchObject(alone);
        expect(step.replaceRoot).toHaveLength(replaceRoot.length);
        if (strategy === 'Rolling') expect(kinds(step.terminate, all)).toEqual(kinds(terminate, all));
      }
    }),
    { numRuns: 80 },
  );
  expect(fewer).toBeGreaterThan(100);
});

it('a refresh that starts counts each of them', () => {
  const observation = observationOf({ desiredCapacity: 5, machines: [machine('i-5', 1, { count: 5 })] });
  const refresh = startRefresh({
    groupName: 'fleet',
    group: {
      healthCheckGracePeriodSeconds: 0,
      template: { id: 'lt-1', version: '1', writtenVersion: '1' },
    },
    ...{
      preferences: { MinHealthyPercentage: 60 },
      desired: { id: 'lt-1', version: '2' },
      observation,
      now: 0,
    },
  });
  expect(refresh.progress.instancesToUpdate).toBe(5);
  expect(stepRefresh(refresh, observation, 0)).toMatchObject({ launch: 2, terminate: ['i-5', 'i-5'] });
});
