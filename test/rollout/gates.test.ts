import fc from 'fast-check';
import { checkpointFor, isReached, nextGate } from '../../lib/rollout/gates';

describe('a gate', () => {
  const gates = [{ percentage: 25 }, { percentage: 50, minutes: 10 }];

  test.each([
    [0, 25],
    [24, 25],
    [25, 50],
    [50, undefined],
  ])('after %i%% the next one is at %s', (passed, next) => {
    expect(nextGate(gates, passed)?.percentage).toBe(next);
  });

  test.each([
    ['of 4 machines, none new', 50, 4, 0, 50],
    ['of 4 machines, one new: one of the three that are left', 50, 4, 1, 33],
    ['reached already', 50, 4, 2, undefined],
    ['that only the whole fleet reaches', 90, 4, 0, undefined],
    ['of a single machine', 50, 1, 0, undefined],
  ])('%s', (_name, percentage, capacity, alreadyNew, checkpoint) => {
    expect(checkpointFor({ percentage }, capacity, alreadyNew)).toBe(checkpoint);
  });

  test('stops at its machine, or at most a hundredth of the fleet before it, never behind it', () => {
    const machines = fc.integer({ min: 1, max: 2000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), machines, machines, (percentage, capacity, some) => {
        const alreadyNew = some % capacity;
        const gate = { percentage };
        const checkpoint = checkpointFor(gate, capacity, alreadyNew);
        if (checkpoint === undefined) return;
        expect(isReached(gate, capacity, alreadyNew)).toBe(false);
        const left = capacity - alreadyNew;
        const stopsAt = alreadyNew + Math.ceil((left * checkpoint) / 100);
        const wanted = Math.ceil((capacity * percentage) / 100);
        expect(stopsAt).toBeGreaterThanOrEqual(wanted - Math.ceil(left / 100));
        if (left <= 100) expect(stopsAt).toBeLessThanOrEqual(wanted);
      }),
      { numRuns: 2000 },
    );
  });
});
