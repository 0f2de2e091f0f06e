import fc from 'fast-check';
import { Strategy } from '../../lib/rollout/strategy';
import { machines, second } from '../refresh-model/scenario';
import { type Fate, World } from '../refresh-model/world';

const { MinHealthyPercentage, MaxHealthyPercentage } = Strategy.recreate().properties;
const preferences = {
  MinHealthyPercentage: Number(MinHealthyPercentage),
  MaxHealthyPercentage: Number(MaxHealthyPercentage),
  SkipMatching: true,
  AutoRollback: true,
};

/** Launch template versions of which machines were in service at the same time. */
function servedTogether({ frames }: World): readonly string[] {
  return frames
    .map(({ machines }) =>
      machines.filter(({ lifecycle }) => lifecycle === 'InService').map(({ template }) => template.version),
    )
    .map((versions) => [...new Set(versions)].sort().join())
    .filter((versions) => versions.includes(','));
}

const fate = fc.record<Fate>({
  bootMs: fc.integer({ min: 0, max: 600 }).map((seconds) => seconds * second),
  healthyMs: fc.option(fc.constant(second), { nil: undefined, freq: 6 }),
});

const fleet = fc.record({
  capacity: fc.integer({ min: 1, max: 20 }),
  sick: fc.integer({ min: 0, max: 3 }),
  fates: fc.array(fate, { minLength: 1, maxLength: 8 }),
  /** Someone rolls back, or the group is resized. */
  rollBackAt: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
  resizeAt: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
});

function worldOf(
  { capacity, sick, fates, rollBackAt, resizeAt }: typeof fleet extends fc.Arbitrary<infer T> ? T : never,
  requested = preferences,
): World {
  const world = new World(
    {
      desiredCapacity: capacity,
      machines: machines(capacity, 1).map((machine, index) =>
        index < sick ? { ...machine, healthy: false } : machine,
      ),
      preferences: requested,
    },
    (_version, number) => fates[number % fates.length]!,
  );
  if (rollBackAt !== undefined) world.at(rollBackAt * second, () => world.rollBack());
  if (resizeAt !== undefined) world.at(resizeAt * second, () => world.scale(capacity + 2));
  world.run();
  return world;
}

describe('recreate', () => {
  test('never has machines of two versions serve together, whatever becomes of them', () => {
    fc.assert(
      fc.property(fleet, (drawn) => {
        expect(servedTogether(worldOf(drawn))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('would not hold that without an explicit maximum, nor with a minimum', () => {
    const drawn = {
      capacity: 4,
      sick: 0,
      fates: [{ bootMs: 15 * second, healthyMs: second }],
      rollBackAt: undefined,
      resizeAt: undefined,
    };
    expect(servedTogether(worldOf(drawn))).toEqual([]);
    expect(servedTogether(worldOf(drawn, { ...preferences, MinHealthyPercentage: 25 }))).not.toEqual([]);
    expect(
      servedTogether(worldOf(drawn, { ...preferences, MinHealthyPercentage: 25, MaxHealthyPercentage: 125 })),
    ).not.toEqual([]);
  });

  test('has everything back after a broken release', () => {
    const world = new World({ desiredCapacity: 3, machines: machines(3, 1), preferences }, (version) =>
      version === '1' ? { bootMs: 15 * second, healthyMs: second } : { bootMs: 15 * second },
    );
    expect(world.run().status).toBe('RollbackSuccessful');
    expect(world.machines.map(({ template, lifecycle }) => `${template.version} ${lifecycle}`)).toEqual([
      '1 InService',
      '1 InService',
      '1 InService',
    ]);
    expect(servedTogether(world)).toEqual([]);
  });
});

test.each([
  ['rolling', Strategy.rolling(), 0, true],
  [
    'rolling with nothing kept healthy, and no surge',
    Strategy.rolling({ minHealthyPercentage: 0, maxHealthyPercentage: 100 }),
    0,
    false,
  ],
  ['recreate', Strategy.recreate(), 0, false],
  ['recreate that stops on its way', Strategy.recreate(), 1, true],
])('%s: whether releases serve beside each other', (_name, strategy, gates, expected) => {
  expect(strategy.isMixed(Array.from({ length: gates }, () => ({})))).toBe(expected);
});
