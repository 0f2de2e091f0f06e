import { Random } from '../../local-aws/core/random';
import { Blueprints } from './blueprints';
import { MUTATIONS } from './mutations';
import { drawScenario } from './scenario';
import { simulate } from './simulation';
import { synthesize } from './synthesis';

const blueprints = new Blueprints(synthesize);

test('the same seed gives the same trace, byte for byte', async () => {
  for (const seed of [2, 50]) {
    const first = await simulate(seed, blueprints);
    const second = await simulate(seed, blueprints);
    expect(second.trace()).toBe(first.trace());
    expect(first.trace().split('\n').length).toBeGreaterThan(50);
  }
});

test('another seed gives another scenario', () => {
  const scenarios = new Set(
    Array.from({ length: 100 }, (_, seed) => JSON.stringify(drawScenario(new Random(seed)))),
  );
  expect(scenarios.size).toBe(100);
});

test.each([
  ['promises-no-capacity', 10],
  ['answers-early', 3],
])('the simulation is able to fail: it finds that the code %s', async (name, seed) => {
  const { violations } = await simulate(seed, blueprints, { mutation: MUTATIONS[name] });
  expect(violations).not.toEqual([]);
});
