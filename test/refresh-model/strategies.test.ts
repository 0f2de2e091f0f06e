import type { RequestedPreferences } from '../../lib/refresh-model';
import { stepRefresh } from '../../lib/refresh-model';
import type { Scenario } from './scenario';
import { hour, machine, machines, mixed, observationOf, second, started, v } from './scenario';
import type { Fate } from './world';
import { World } from './world';

const well = (): Fate => ({ bootMs: 15 * second, healthyMs: second });
const first = (scenario: Scenario) => stepRefresh(started(scenario), observationOf(scenario), 0);

describe('a mixed instances policy', () => {
  const typed = (id: string, version: number, instanceType: string) => machine(id, version, { instanceType });
  const fleet = (preferences: RequestedPreferences, more: Partial<Scenario> = {}): Scenario => ({
    desiredCapacity: 4,
    machines: machines(4, 1, { instanceType: 'small' }),
    saved: mixed(1),
    desired: mixed(2),
    preferences,
    ...more,
  });

  it('is what replacements are launched by', () => {
    const world = new World(fleet({ MinHealthyPercentage: 50 }), well);
    expect(world.run().status).toBe('Successful');
    expect(
      world.machines.map(({ template, instanceType }) => [template.version, instanceType]),
    ).toContainEqual(['2', 'small']);
  });

  it('skips what matches by template, version and instance type', () => {
    const mixture = [
      typed('a', 2, 'small'),
      typed('b', 2, 'large'),
      typed('c', 2, 'huge'),
      typed('d', 1, 'small'),
    ];
    const preferences = { SkipMatching: true, MinHealthyPercentage: 0 };
    expect(first(fleet(preferences, { machines: mixture })).terminate).toEqual(['d', 'c']);
  });

  it('skips by the template of the override that a type is launched by', () => {
    const desired = {
      ...v(2),
      overrides: [
        { instanceType: 'small' },
        { instanceType: 'large', template: { id: 'lt-2', version: '7' } },
      ],
    };
    const own = machine('own', 0, { instanceType: 'large', template: { id: 'lt-2', version: '7' } });
    const mixture = [own, typed('shared', 2, 'small'), typed('wrong', 2, 'large'), typed('old', 1, 'small')];
    const preferences = { SkipMatching: true, MinHealthyPercentage: 0 };
    expect([...first(fleet(preferences, { machines: mixture, desired })).terminate].sort()).toEqual([
      'old',
      'wrong',
    ]);
  });

  it('goes back to the policy that the group has saved', () => {
    const world = new World(fleet({ MinHealthyPercentage: 50, AutoRollback: true }), (version) =>
      version === '2' ? { bootMs: second } : well(),
    );
    expect(world.run().status).toBe('RollbackSuccessful');
    expect(world.machines.every(({ template }) => template.version === '1')).toBe(true);
  });
});

describe('the strategy ReplaceRootVolume', () => {
  const member = (index: number) =>
    machine(`i-${index}`, 1, {
      instanceType: index % 2 ? 'large' : 'small',
      imageId: `ami-${index % 2 ? 'large' : 'small'}-1`,
    });
  const fleet = (preferences: RequestedPreferences = {}, more: Partial<Scenario> = {}): Scenario => ({
    strategy: 'ReplaceRootVolume',
    desiredCapacity: 4,
    machines: [0, 1, 2, 3].map(member),
    saved: mixed(1, 1),
    desired: mixed(1, 2),
    preferences,
    ...more,
  });

  it('replaces root volumes, and neither launches nor ends machines', () => {
    const world = new World(fleet({ MinHealthyPercentage: 50, InstanceWarmup: 60 }), well);
    expect(world.run().status).toBe('Successful');
    expect(world.broken).toEqual([]);
    expect(world.machines.map(({ id, imageId }) => [id, imageId])).toEqual([
      ['i-0', 'ami-small-2'],
      ['i-1', 'ami-large-2'],
      ['i-2', 'ami-small-2'],
      ['i-3', 'ami-large-2'],
    ]);
    expect(world.refresh.progress).toEqual({ percentageComplete: 100, instancesToUpdate: 0 });
  });

  it.each<[string, RequestedPreferences, number]>([
    ['a minimum of 50', { MinHealthyPercentage: 50 }, 2],
    ['a minimum of 100: one all the same', { MinHealthyPercentage: 100 }, 1],
    ['a maximum, which means nothing here', { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 }, 1],
    ['a minimum of 0: all', { MinHealthyPercentage: 0 }, 4],
  ])('takes as many at a time as %s', (_, preferences, count) => {
    const step = first(fleet(preferences));
    expect(step).toMatchObject({ launch: 0, terminate: [] });
    expect(step.replaceRoot).toHaveLength(count);
  });

  it('skips by the image alone', () => {
    const done = { ...member(0), imageId: 'ami-small-2' };
    const scenario = fleet(
      { SkipMatching: true, MinHealthyPercentage: 0 },
      { machines: [done, member(1), member(2), member(3)] },
    );
    expect([...first(scenario).replaceRoot].sort()).toEqual(['i-1', 'i-2', 'i-3']);
  });

  it('has a machine replaced whose root volume does not come up', () => {
    const world = new World(fleet({ MinHealthyPercentage: 50 }), (_, number) =>
      number === 0 ? { bootMs: 15 * second } : well(),
    );
    expect(world.run().status).toBe('Successful');
    const live = world.machines.filter(({ lifecycle }) => lifecycle === 'InService');
    expect(live.filter(({ id }) => id.startsWith('i-new'))).toHaveLength(1);
    expect(live.every(({ imageId }) => imageId?.endsWith('-2'))).toBe(true);
  });

  it('goes back by replacing root volumes again', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), well);
    world.at(200 * second, () => world.rollBack());
    expect(world.run().status).toBe('RollbackSuccessful');
    expect(world.machines.map(({ id }) => id)).toEqual(['i-0', 'i-1', 'i-2', 'i-3']);
    expect(world.machines.every(({ imageId }) => imageId?.endsWith('-1'))).toBe(true);
  });

  it.each<[string, Partial<Scenario>, RegExp]>([
    ['no desired configuration', { desired: null }, /there is no DesiredConfiguration/],
    ['a group without a policy', { saved: v(1) }, /Auto Scaling group has no MixedInstancesPolicy/],
    ['a launch template as desired', { desired: v(2) }, /DesiredConfiguration has no MixedInstancesPolicy/],
    ['an override without an image', { desired: mixed(1) }, /for small has no ImageId/],
    ['a warm pool', { warmCapacity: 0 }, /has a warm pool/],
    ['a load balancer', { isLoadBalanced: true }, /a load balancer is attached/],
    [
      'a machine of another version',
      { machines: [...[0, 1, 2].map(member), machine('i-other', 3, { instanceType: 'small' })] },
      /i-other does not match the launch template/,
    ],
    [
      'a machine of another type',
      { machines: [machine('i-huge', 1, { instanceType: 'huge' })] },
      /i-huge does not match/,
    ],
    ['a version that is no number', { saved: { ...mixed(1, 1), version: '$Latest' } }, /\$Latest/],
  ])('is refused with %s', (_, more, message) => {
    expect(() => started(fleet({}, more))).toThrow(
      expect.objectContaining({ code: 'ValidationError', message: expect.stringMatching(message) }),
    );
  });
});

describe('a warm pool', () => {
  const pool = (count: number) =>
    machines(count, 1).map((each) => ({ ...each, id: `w-${each.id}`, warm: true }));
  const fleet = (preferences: RequestedPreferences, more: Partial<Scenario> = {}): Scenario => ({
    desiredCapacity: 4,
    warmCapacity: 2,
    machines: [...machines(4, 1), ...pool(2)],
    preferences,
    ...more,
  });

  it('follows when all machines in service were replaced', () => {
    const world = new World(fleet({ MinHealthyPercentage: 50 }), well);
    expect(world.run().status).toBe('Successful');
    expect(world.broken).toEqual([]);
    const [began] = world.frames.filter(({ machines: all }) =>
      all.some(({ warm, lifecycle }) => warm && lifecycle === 'Terminating'),
    );
    const old = began?.machines.filter(
      ({ warm, template, lifecycle }) => !warm && template.version === '1' && lifecycle === 'InService',
    );
    expect(old).toEqual([]);
    const left = world.machines.filter(({ warm, lifecycle }) => warm && lifecycle !== 'Terminating');
    expect(left.map(({ template }) => template.version)).toEqual(['2', '2']);
  });

  it('has bounds of its own', () => {
    const scenario = fleet({ MinHealthyPercentage: 50 }, { desiredCapacity: 0, machines: pool(2) });
    expect(first(scenario)).toMatchObject({
      ...{ launch: 0, terminate: ['w-i-1-0'], warm: { launch: 1, maxLive: 2 } },
    });
  });

  it('has its progress shown apart', () => {
    const slowPool = (_: string, number: number) =>
      number < 4 ? well() : { bootMs: hour / 2, healthyMs: 0 };
    const world = new World(fleet({ MinHealthyPercentage: 0 }), slowPool);
    world.run();
    const seen = world.frames.map(({ refresh }) => refresh.progress);
    expect(seen[0]).toMatchObject({
      percentageComplete: 0,
      instancesToUpdate: 6,
      pools: { live: { instancesToUpdate: 4 }, warm: { instancesToUpdate: 2 } },
    });
    expect(seen).toContainEqual(
      expect.objectContaining({
        percentageComplete: 66,
        pools: {
          live: { percentageComplete: 100, instancesToUpdate: 0 },
          warm: expect.objectContaining({ percentageComplete: 0 }),
        },
      }),
    );
  });

  it('stays old when the last checkpoint is below 100', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, CheckpointPercentages: [50] }), well);
    expect(world.run().status).toBe('Successful');
    expect(world.machines.filter(({ warm }) => warm).map(({ template }) => template.version)).toEqual([
      '1',
      '1',
    ]);
  });

  it('does not hold up machines that a protected one waits beside', () => {
    const safe = machine('i-safe', 1, { protectedFromScaleIn: true });
    const scenario = fleet({ MinHealthyPercentage: 50 }, { machines: [...machines(3, 1), safe, ...pool(2)] });
    const world = new World(scenario, well);
    expect(world.run().status).toBe('Failed');
    const left = world.machines.filter(({ warm, lifecycle }) => warm && lifecycle === 'InService');
    expect(left.map(({ template }) => template.version)).toEqual(['2', '2']);
    expect(world.now).toBeLessThan(2 * hour);
  });
});
