import fc from 'fast-check';
import { choose, type Wish } from '../../lib/forecast/choose';
import { forecast } from '../../lib/forecast/forecast';
import type { Plan } from '../../lib/forecast/plan';

const plan = (more: Partial<Plan> = {}): Plan => ({
  capacity: 12,
  minHealthyPercentage: 100,
  maxHealthyPercentage: 150,
  warmupSeconds: 60,
  bootSeconds: 40,
  ...more,
});
const wish = (more: Partial<Wish> = {}): Wish => ({
  lowestCapacity: 0,
  percentages: true,
  checkpointDelay: false,
  ...more,
});
const chosen = (given: Plan, wanted: Wish) => choose(given, wanted).choice;

it('takes its time for the fewest extra machines, and no more than the deadline gives', () => {
  expect(chosen(plan(), wish({ deadlineSeconds: 600, lowestCapacity: 12 }))).toMatchObject({
    isMet: true,
    chosen: { minHealthyPercentage: 100, maxHealthyPercentage: 120, totalSeconds: 600 },
    alternatives: [
      { maxHealthyPercentage: 130 },
      { maxHealthyPercentage: 140 },
      { maxHealthyPercentage: 200 },
    ],
  });
  expect(chosen(plan(), wish({ deadlineSeconds: 150, lowestCapacity: 12 })).chosen).toMatchObject({
    maxHealthyPercentage: 200,
    totalSeconds: 100,
  });
});

it('launches none first where fewer machines are enough', () => {
  const { choice, plan: found } = choose(plan(), wish({ deadlineSeconds: 600, lowestCapacity: 10 }));
  expect(choice.chosen).toMatchObject({ maxHealthyPercentage: undefined, lowestHealthyCapacity: 10 });
  expect(forecast(found).lowestHealthyCapacity).toBe(10);
});

it('counts the bake, and says what is the quickest when nothing is quick enough', () => {
  const found = chosen(plan({ bakeSeconds: 1320 }), wish({ deadlineSeconds: 1400, lowestCapacity: 12 }));
  expect(found).toMatchObject({
    isMet: false,
    chosen: { minHealthyPercentage: 100, maxHealthyPercentage: 200, totalSeconds: 1420 },
    alternatives: [],
  });
});

it('waits at checkpoints for as long as the deadline lets it', () => {
  const checkpoints = { checkpointPercentages: [50, 100], maxHealthyPercentage: 200 };
  const given = wish({ percentages: false, checkpointDelay: true, deadlineSeconds: 1810 });
  const { chosen: found, isMet } = chosen(plan(checkpoints), given);
  expect({ isMet, delay: found.checkpointDelaySeconds, total: found.totalSeconds }).toEqual({
    isMet: true,
    delay: 1560,
    total: 1760,
  });
});

it('chooses for a healthy release, and keeps the question what happens when it is not', () => {
  const given = plan({ failAtPercent: 50, progressDeadlineSeconds: 900 });
  const { plan: found, choice } = choose(given, wish({ deadlineSeconds: 600, lowestCapacity: 12 }));
  expect(choice.isMet).toBe(true);
  expect(found.failAtPercent).toBe(50);
});

it('chooses for a fleet of thousands by trying a smaller one', () => {
  const { choice } = choose(plan({ capacity: 2000 }), wish({ deadlineSeconds: 600, lowestCapacity: 1800 }));
  expect(choice).toMatchObject({ isMet: true });
  expect(choice.chosen.lowestHealthyCapacity).toBeGreaterThanOrEqual(1800);
  expect(choice.chosen.totalSeconds).toBeLessThanOrEqual(600);
});

it('keeps what it says for every fleet, and finds no less than the fullest surge would', () => {
  const fleets = fc.record({
    capacity: fc.integer({ min: 1, max: 12 }),
    warmupSeconds: fc.integer({ min: 0, max: 300 }),
    bootSeconds: fc.integer({ min: 10, max: 300 }),
  });
  fc.assert(
    fc.property(fleets, fc.integer({ min: 60, max: 3000 }), fc.nat(100), (fleet, deadlineSeconds, share) => {
      const given = plan(fleet);
      const lowestCapacity = Math.ceil((fleet.capacity * share) / 100);
      const { plan: found, choice } = choose(given, wish({ deadlineSeconds, lowestCapacity }));
      const result = forecast(found);
      const isKept =
        result.rolloutSeconds <= deadlineSeconds && result.lowestHealthyCapacity >= lowestCapacity;
      expect(choice.isMet).toBe(isKept);
      const full = forecast({ ...given, minHealthyPercentage: 100, maxHealthyPercentage: 200 });
      if (!choice.isMet) expect(full.rolloutSeconds).toBeGreaterThan(deadlineSeconds);
      else expect(result.extraMachineHours).toBeLessThanOrEqual(full.extraMachineHours + 1e-6);
    }),
    { numRuns: 25 },
  );
});
