import fc from 'fast-check';
import { type Forecast, forecast } from '../../lib/forecast/forecast';
import type { Plan } from '../../lib/forecast/plan';
import { machinesAt } from '../../lib/forecast/timeline';
import { VirtualFleet } from '../../lib/forecast/virtual-fleet';
import { boundsOf, RefreshFault } from '../../lib/refresh-model';
import { machines } from '../refresh-model/scenario';
import { World } from '../refresh-model/world';

const plan = (more: Partial<Plan> = {}): Plan => ({
  capacity: 4,
  minHealthyPercentage: 100,
  maxHealthyPercentage: 150,
  warmupSeconds: 60,
  bootSeconds: 40,
  ...more,
});

/** `seconds: old + new, starting, leaving`, as one would write it on paper. */
const written = ({ timeline }: Forecast) =>
  timeline.map(
    ({ atSeconds, old, new: fresh, starting, leaving }) =>
      `${atSeconds}: ${old} + ${fresh}, ${starting}, ${leaving}`,
  );

describe('timelines, computed by hand', () => {
  it.each<[string, Plan, string[]]>([
    [
      'two more than there are: two at a time, launched first',
      plan(),
      [
        '0: 4 + 0, 2, 0',
        '40: 4 + 2, 0, 0',
        '100: 2 + 2, 2, 2',
        '130: 2 + 2, 2, 0',
        '140: 2 + 4, 0, 0',
        '200: 0 + 4, 0, 2',
        '230: 0 + 4, 0, 0',
      ],
    ],
    [
      'twice as many: all at once',
      plan({ maxHealthyPercentage: 200 }),
      ['0: 4 + 0, 4, 0', '40: 4 + 4, 0, 0', '100: 0 + 4, 0, 4', '130: 0 + 4, 0, 0'],
    ],
    [
      'half and no more than all: ended and launched at the same time',
      plan({ minHealthyPercentage: 50, maxHealthyPercentage: 100 }),
      [
        '0: 2 + 0, 2, 2',
        '30: 2 + 0, 2, 0',
        '40: 2 + 2, 0, 0',
        '100: 0 + 2, 2, 2',
        '130: 0 + 2, 2, 0',
        '140: 0 + 4, 0, 0',
      ],
    ],
    [
      'one machine and no maximum: nothing serves meanwhile',
      plan({ capacity: 1, maxHealthyPercentage: undefined }),
      ['0: 0 + 0, 1, 1', '30: 0 + 0, 1, 0', '40: 0 + 1, 0, 0'],
    ],
    [
      'one machine and a maximum of 100: launched first',
      plan({ capacity: 1, maxHealthyPercentage: 100 }),
      ['0: 1 + 0, 1, 0', '40: 1 + 1, 0, 0', '100: 0 + 1, 0, 1', '130: 0 + 1, 0, 0'],
    ],
    [
      'a minimum of 0: a block update',
      plan({ minHealthyPercentage: 0, maxHealthyPercentage: undefined }),
      ['0: 0 + 0, 4, 4', '30: 0 + 0, 4, 0', '40: 0 + 4, 0, 0'],
    ],
    [
      'a checkpoint: it waits there, and ends at the last',
      plan({ checkpointPercentages: [25, 50], checkpointDelaySeconds: 600 }),
      [
        '0: 4 + 0, 1, 0',
        '40: 4 + 1, 0, 0',
        '100: 3 + 1, 0, 1',
        '130: 3 + 1, 0, 0',
        '700: 3 + 1, 1, 0',
        '740: 3 + 2, 0, 0',
        '800: 2 + 2, 0, 1',
        '830: 2 + 2, 0, 0',
      ],
    ],
    [
      'sick from half on: the alarm five minutes after the first sick one is in service, then back',
      plan({ failAtPercent: 50 }),
      [
        '0: 4 + 0, 2, 0',
        '40: 4 + 2, 0, 0',
        '100: 2 + 2, 2, 2',
        '130: 2 + 2, 2, 0',
        '435: 2 + 2, 2, 2',
        '465: 2 + 2, 2, 0',
        '475: 4 + 2, 0, 0',
        '535: 4 + 0, 0, 2',
        '565: 4 + 0, 0, 0',
      ],
    ],
    ['no machines', plan({ capacity: 0 }), ['0: 0 + 0, 0, 0']],
  ])('%s', (_, given, expected) => {
    expect(written(forecast(given))).toEqual(expected);
  });
});

describe('figures', () => {
  it('says how long, how low, how many, and what that costs', () => {
    expect(forecast(plan({ pricePerHour: 0.9, bakeSeconds: 1320 }))).toMatchObject({
      outcome: 'Successful',
      reason: undefined,
      bakeSeconds: 1320,
      rolloutSeconds: 200,
      twoVersionsSeconds: 160,
      lowestHealthyCapacity: 4,
      mostMachines: 8,
      oldAtEnd: 0,
      rollback: undefined,
      // Two more for 100 s, four for 30 s, two for 100 s: 520 s of a machine.
      extraMachineHours: 520 / 3600,
      extraCost: expect.closeTo(0.13),
    });
  });

  it('says when it turns back, and how long that takes', () => {
    const { outcome, reason, rollback, rolloutSeconds, oldAtEnd } = forecast(plan({ failAtPercent: 50 }));
    expect({ outcome, rollback, rolloutSeconds, oldAtEnd }).toEqual({
      outcome: 'RollbackSuccessful',
      rollback: { atSeconds: 435, seconds: 100 },
      rolloutSeconds: 535,
      oldAtEnd: 4,
    });
    expect(reason).toContain('alarm');
  });

  it('counts both releases until the end alone where old machines stay', () => {
    const given = plan({ checkpointPercentages: [50], checkpointDelaySeconds: 0 });
    expect(forecast(given)).toMatchObject({ rolloutSeconds: 100, twoVersionsSeconds: 60, oldAtEnd: 2 });
  });

  it('waits an hour at a checkpoint whose delay nobody gave, as AWS does', () => {
    const waits = forecast(plan({ checkpointPercentages: [50, 100] }));
    expect(waits).toMatchObject({ outcome: 'Successful', rolloutSeconds: 3800 });
  });

  it('gives up after fourteen days', () => {
    const slow = plan({ maxHealthyPercentage: undefined, warmupSeconds: 5 * 24 * 3600 });
    expect(forecast(slow).rollback?.atSeconds).toBe(14 * 24 * 3600);
  });

  it('refuses what AWS refuses', () => {
    expect(() => forecast(plan({ minHealthyPercentage: 30 }))).toThrow(RefreshFault);
    expect(() => forecast(plan({ checkpointDelaySeconds: 60 }))).toThrow('CheckpointDelay needs');
  });
});

describe('for every plan', () => {
  const plans: fc.Arbitrary<Plan> = fc.record({
    capacity: fc.integer({ min: 1, max: 40 }),
    minHealthyPercentage: fc.integer({ min: 50, max: 100 }),
    maxHealthyPercentage: fc.option(fc.integer({ min: 100, max: 150 }), { nil: undefined }),
    warmupSeconds: fc.integer({ min: 0, max: 900 }),
    bootSeconds: fc.integer({ min: 0, max: 600 }),
    checkpointPercentages: fc.constantFrom(undefined, [100], [20, 50, 100], [50]),
    failAtPercent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  });

  it('never fewer machines serve than the bound allows, and the fleet ends as large as it was', () => {
    fc.assert(
      fc.property(plans, (given) => {
        const found = forecast(given);
        const { minReady, maxLive } = boundsOf(given, given.capacity);
        expect(found.lowestHealthyCapacity).toBeGreaterThanOrEqual(minReady);
        const last = found.timeline.at(-1);
        expect(last && machinesAt(last)).toBe(given.capacity);
        expect(last && last.old + last.new).toBe(given.capacity);
        const most = Math.max(...found.timeline.map((moment) => machinesAt(moment) - moment.leaving));
        expect(most).toBeLessThanOrEqual(Math.max(maxLive, given.capacity + 1));
        const wanted = found.rollback ? given.capacity : found.oldAtEnd;
        expect(found.oldAtEnd).toBe(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it('machines that are taken together come to the same end as each by itself', () => {
    fc.assert(
      fc.property(plans, fc.nat(40), (drawn, alreadyNew) => {
        const given = {
          ...{ ...drawn, failAtPercent: undefined, ignoreAlarms: true },
          alreadyNew: Math.min(alreadyNew, drawn.capacity),
        };
        const { capacity, bootSeconds } = given;
        const preferences = {
          MinHealthyPercentage: given.minHealthyPercentage,
          MaxHealthyPercentage: given.maxHealthyPercentage,
          InstanceWarmup: given.warmupSeconds,
          CheckpointPercentages: given.checkpointPercentages,
          SkipMatching: true,
        };
        const fleet = [...machines(given.alreadyNew, 2), ...machines(capacity - given.alreadyNew, 1)];
        const world = new World({ preferences, desiredCapacity: capacity, machines: fleet }, () => ({
          ...{ bootMs: bootSeconds * 1000, healthyMs: 0 },
        }));
        const { status, endedAt = 0 } = world.run();
        const { outcome, rolloutSeconds, oldAtEnd } = forecast(given);
        const old = world.machines.filter(
          ({ template, lifecycle }) => template.version === '1' && lifecycle === 'InService',
        );
        expect({ outcome, rolloutSeconds, oldAtEnd }).toEqual({
          ...{ outcome: status, rolloutSeconds: endedAt / 1000, oldAtEnd: old.length },
        });
      }),
      { numRuns: 150 },
    );
  });

  it('shows the model a few kinds of machines, however many are replaced one at a time', () => {
    const present = jest.spyOn(VirtualFleet.prototype, 'present', 'get');
    const oneAtATime = { minHealthyPercentage: 100, maxHealthyPercentage: 100, warmupSeconds: 60 };
    const found = forecast({ ...oneAtATime, bootSeconds: 40, capacity: 500, failAtPercent: 90 });
    expect(found.outcome).toBe('RollbackSuccessful');
    const shown = present.mock.results.map(({ value }) => value.length);
    present.mockRestore();
    expect(Math.max(...shown)).toBeLessThanOrEqual(4);
  });
});
