import type { Machine, Observation, Refresh } from '../../../lib/refresh-model';
import {
  boundsOf,
  cancelRefresh,
  rollbackRefresh,
  selectForTermination,
  stepRefresh,
} from '../../../lib/refresh-model';
import type { RequestedPreferences } from '../../../lib/refresh-model/preferences';
import type { Scenario } from './world';
import {
  group,
  hour,
  machine,
  machines,
  observationOf,
  preferencesOf,
  second,
  started,
  v,
  World,
} from './world';

const well = () => ({ bootMs: 15 * second, healthyMs: second });
const never = () => ({ bootMs: 15 * second });
const fleet = (preferences: RequestedPreferences = {}, more: Partial<Scenario> = {}): Scenario => ({
  desiredCapacity: 4,
  machines: machines(4, 1),
  preferences,
  ...more,
});
const first = (scenario: Scenario) => stepRefresh(started(scenario), observationOf(scenario), 0);

describe('batch size', () => {
  it.each([
    ['omitted maximum: ends and launches at the same time', 90, undefined, 10, 1, 1],
    ['omitted maximum: the batch is what the minimum leaves over', 50, undefined, 4, 2, 2],
    ['omitted maximum and a minimum of 100: one at a time', 100, undefined, 4, 1, 1],
    ['one machine and an omitted maximum: the old one goes first', 100, undefined, 1, 1, 1],
    ['explicit 100 and 100: one at a time, launched first', 100, 100, 4, 0, 1],
    ['explicit 100 and 110 with fewer than ten machines: one too many', 100, 110, 4, 0, 1],
    ['explicit 100 and 150: as many more as the maximum allows', 100, 150, 4, 0, 2],
    ['explicit 100 and 200: all at once', 100, 200, 4, 0, 4],
    ['explicit 90 and 110 of ten: both at once', 90, 110, 10, 1, 2],
    ['a minimum of 0: all at once', 0, undefined, 4, 4, 4],
    ['an empty group: nothing', 90, undefined, 0, 0, 0],
  ])('%s', (_, min, max, size, ended, launched) => {
    const preferences = { MinHealthyPercentage: min, MaxHealthyPercentage: max };
    const step = first(fleet(preferences, { desiredCapacity: size, machines: machines(size, 1) }));
    expect(step.terminate).toHaveLength(ended);
    expect(step.launch).toBe(launched);
  });

  it('rounds the minimum up and the maximum down', () => {
    expect(boundsOf({ minHealthyPercentage: 90, maxHealthyPercentage: 115 }, 7)).toEqual({
      minReady: 7,
      maxLive: 8,
      mayOverrun: true,
    });
  });

  it('never ends serving machines that have not warmed up when too few have', () => {
    const young = machines(4, 1, { inServiceAt: -10 * second });
    const step = first(fleet({ MinHealthyPercentage: 50 }, { machines: young }));
    expect(step).toMatchObject({ launch: 0, terminate: [], wakeAt: 50 * second });
    expect(step.refresh.statusReason).toBe(
      'Waiting for instances to warm up before continuing. For example: i-1-0 is warming up.',
    );
  });

  it('ends machines that serve nobody without counting them', () => {
    const sick = [...machines(3, 1), machine('i-sick', 1, { healthy: false })];
    const step = first(fleet({ MinHealthyPercentage: 100 }, { machines: sick }));
    expect(step).toMatchObject({ launch: 1, terminate: ['i-sick'] });
  });
});

describe('selection order', () => {
  it.each<[string, Machine[], string[]]>([
    [
      'the fullest zone first',
      [machine('a', 1, { zone: 'x' }), machine('b', 2, { zone: 'y' }), machine('c', 2, { zone: 'y' })],
      ['b', 'a', 'c'],
    ],
    ['then the oldest template version', [machine('a', 10), machine('b', 9)], ['b', 'a']],
    [
      'then the oldest machine',
      [machine('a', 1, { launchedAt: 2 }), machine('b', 1, { launchedAt: 1 })],
      ['b', 'a'],
    ],
  ])('%s', (_, candidates, order) => {
    expect(selectForTermination(candidates, candidates, 3).map(({ id }) => id)).toEqual(order);
  });
});

describe('progress', () => {
  it('counts a replacement only when it is healthy and has warmed up', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75, InstanceWarmup: 300 }), well);
    world.run();
    const done = world.frames.find(({ refresh }) => refresh.progress.percentageComplete === 25);
    expect(done?.now).toBeGreaterThanOrEqual(315 * second);
    const warming = world.frames.find(({ refresh }) => refresh.progress.instancesToUpdate === 0);
    expect(warming?.refresh.progress.percentageComplete).toBe(75);
  });

  it('falls back to zero while it rolls back', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75, AutoRollback: true }), (version, number) =>
      version === '2' && number >= 2 ? never() : well(),
    );
    expect(world.run().status).toBe('RollbackSuccessful');
    expect(world.refresh.rollback).toMatchObject({ percentageComplete: 50, instancesToUpdate: 1 });
    const percentages = world.frames
      .filter(({ refresh }) => refresh.rollback)
      .map(({ refresh }) => refresh.progress.percentageComplete);
    expect(percentages).toEqual([...percentages].sort((a, b) => b - a));
    expect(world.refresh.progress).toEqual({ percentageComplete: 0, instancesToUpdate: 4 });
  });
});

describe('skip matching', () => {
  it('succeeds at once when everything matches', () => {
    const step = first(fleet({ SkipMatching: true }, { machines: machines(4, 2) }));
    expect(step).toMatchObject({
      launch: 0,
      terminate: [],
      refresh: { status: 'Successful', progress: { percentageComplete: 100, instancesToUpdate: 0 } },
    });
  });

  it('replaces only what does not match', () => {
    const mixed = [...machines(3, 2), machine('i-old', 1)];
    const world = new World(fleet({ SkipMatching: true }, { machines: mixed }), well);
    expect(world.run().status).toBe('Successful');
    expect(world.machines.filter(({ id }) => id.startsWith('i-2'))).toHaveLength(3);
  });

  it('replaces everything when it is off', () => {
    const world = new World(fleet({}, { machines: machines(4, 2) }), well);
    world.run();
    expect(world.machines.every(({ id }) => id.startsWith('i-new'))).toBe(true);
  });
});

describe('checkpoints', () => {
  const replaced = ({ machines: all }: { readonly machines: readonly Machine[] }) =>
    all.filter(({ template, lifecycle }) => template.version === '2' && lifecycle === 'InService').length;

  it('stops at each threshold for the delay, and tells about all but 100', () => {
    const preferences = { MinHealthyPercentage: 0, CheckpointPercentages: [30, 100], CheckpointDelay: 600 };
    const world = new World(fleet(preferences), well);
    expect(world.run().status).toBe('Successful');
    const reached = world.frames.find(({ refresh }) => refresh.checkpoint === 1)?.now ?? 0;
    const during = world.frames.filter(({ now }) => now < reached + 600 * second);
    expect(Math.max(...during.map(replaced))).toBe(2);
    expect(world.events).toContainEqual({ name: 'Checkpoint Reached', checkpointPercentage: 30 });
    expect(world.events.filter(({ name }) => name === 'Checkpoint Reached')).toHaveLength(1);
  });

  it('waits an hour unless the delay is given', () => {
    expect(preferencesOf({ CheckpointPercentages: [50] }).checkpointDelaySeconds).toBe(3600);
  });

  it('tells only of the highest of several thresholds that are passed at once', () => {
    const preferences = {
      MinHealthyPercentage: 0,
      CheckpointPercentages: [10, 20, 25, 100],
      CheckpointDelay: 1,
    };
    const world = new World(fleet(preferences), well);
    world.run();
    const told = world.events.filter(({ name }) => name === 'Checkpoint Reached');
    expect(told).toEqual([{ name: 'Checkpoint Reached', checkpointPercentage: 25 }]);
  });

  it('succeeds at a last threshold below 100, without a delay', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, CheckpointPercentages: [50] }), well);
    expect(world.run().status).toBe('Successful');
    expect(world.now).toBeLessThan(600 * second);
    expect(world.refresh.progress).toEqual({ percentageComplete: 50, instancesToUpdate: 2 });
  });
});

describe('bake time', () => {
  it('follows the last replacement, and is still active', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, BakeTime: 1800 }), well);
    world.run();
    const baking = world.frames.filter(({ refresh }) => refresh.status === 'Baking');
    const ended = world.frames.at(-1)?.now ?? 0;
    expect(ended - (baking[0]?.now ?? 0)).toBe(1800 * second);
    expect(baking[0]?.refresh.progress.percentageComplete).toBe(100);
  });

  it('ends with the alarm', () => {
    const scenario = fleet({
      MinHealthyPercentage: 0,
      BakeTime: 1800,
      AlarmSpecification: { Alarms: ['a'] },
    });
    let state: 'OK' | 'ALARM' = 'OK';
    const world = new World({ ...scenario, alarms: [{ name: 'a', state: 'OK' }] }, well, () => [
      { name: 'a', state },
    ]);
    world.run(undefined, () => {
      if (world.refresh.status === 'Baking') state = 'ALARM';
    });
    expect(world.refresh).toMatchObject({
      status: 'Failed',
      statusReason: 'CloudWatch alarm in ALARM state: a.',
    });
  });
});

describe('alarms', () => {
  const watching = { AlarmSpecification: { Alarms: ['a'] } };
  const alarm = (state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') => [{ name: 'a', state }];
  const running = (preferences: RequestedPreferences) => {
    const scenario = fleet(preferences, { alarms: alarm('OK') });
    return { refresh: first(scenario).refresh, observation: observationOf(scenario) };
  };

  it.each([
    ['ALARM fails it', {}, 'Failed'],
    ['ALARM rolls it back with automatic rollback', { AutoRollback: true }, 'RollbackSuccessful'],
  ])('%s', (_, preferences, status) => {
    const { refresh, observation } = running({ ...watching, ...preferences });
    expect(stepRefresh(refresh, { ...observation, alarms: alarm('ALARM') }, 1).refresh.status).toBe(status);
  });

  it.each([
    ['too little data', alarm('INSUFFICIENT_DATA')],
    ['an alarm that was deleted', []],
  ])('%s stops replacing, and no more', (_, alarms) => {
    const { refresh, observation } = running(watching);
    const step = stepRefresh(refresh, { ...observation, alarms }, 1);
    expect(step).toMatchObject({ launch: 0, terminate: [], refresh: { status: 'InProgress' } });
  });

  it('does not hinder a rollback', () => {
    const scenario = fleet(
      { ...watching, AutoRollback: true, MinHealthyPercentage: 50 },
      { alarms: alarm('OK') },
    );
    const fired = () => (world.now > 60 * second ? alarm('ALARM') : alarm('OK'));
    const world: World = new World(scenario, well, () => fired());
    expect(world.run().status).toBe('RollbackSuccessful');
    expect(world.machines.every(({ template }) => template.version === '1')).toBe(true);
  });
});

describe('an hour without progress', () => {
  it.each<[string, Scenario, string]>([
    ['sick replacements', fleet({ MinHealthyPercentage: 75 }), 'does not pass its health checks'],
    [
      'a protected machine, after all others were replaced',
      fleet({}, { machines: [...machines(3, 1), machine('i-safe', 1, { protectedFromScaleIn: true })] }),
      'i-safe is protected from scale in',
    ],
    [
      'a machine in standby, after all others were replaced',
      fleet(
        {},
        { desiredCapacity: 3, machines: [...machines(3, 1), machine('i-off', 1, { lifecycle: 'Standby' })] },
      ),
      'i-off is in standby',
    ],
  ])('%s', (name, scenario, reason) => {
    const world = new World(scenario, name === 'sick replacements' ? never : well);
    const ended = world.run();
    expect(ended.status).toBe('Failed');
    expect(ended.statusReason).toContain(reason);
    const last = ended.progressedAt;
    expect(world.now - last).toBeGreaterThanOrEqual(hour);
    expect(world.now - last).toBeLessThanOrEqual(hour + 10 * second);
    if (name !== 'sick replacements') expect(ended.completed).toBe(3);
  });

  it('rolls back instead with automatic rollback, and fails when that does not go on either', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75, AutoRollback: true }), never);
    expect(world.run().status).toBe('RollbackFailed');
    expect(world.events.map(({ name }) => name)).toEqual(['Started', 'Rollback Started', 'Rollback Failed']);
  });

  it('is not counted while a healthy replacement warms up for longer', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, InstanceWarmup: 2 * 3600 }), well);
    expect(world.run().status).toBe('Successful');
  });

  it('is not counted while the process is suspended, in which nothing is replaced', () => {
    const scenario = fleet();
    const observation: Observation = {
      ...observationOf(scenario),
      group: { ...group(scenario), suspended: ['InstanceRefresh'] },
    };
    const waiting = stepRefresh({ ...first(scenario).refresh }, observation, 2 * hour);
    expect(waiting).toMatchObject({
      launch: 0,
      terminate: [],
      refresh: { status: 'InProgress', progressedAt: 2 * hour },
    });
  });
});

describe('protected machines and standby', () => {
  const safe = machine('i-safe', 1, { protectedFromScaleIn: true });
  const off = machine('i-off', 1, { lifecycle: 'Standby' });
  it.each<[string, RequestedPreferences, Machine, number, boolean]>([
    ['Refresh replaces a protected machine', { ScaleInProtectedInstances: 'Refresh' }, safe, 4, false],
    ['Ignore leaves a protected machine', { ScaleInProtectedInstances: 'Ignore' }, safe, 4, true],
    ['Terminate ends a machine in standby', { StandbyInstances: 'Terminate' }, off, 3, false],
    ['Ignore leaves a machine in standby', { StandbyInstances: 'Ignore' }, off, 3, true],
  ])('%s', (_, preferences, special, desiredCapacity, stays) => {
    const world = new World(
      fleet(preferences, { desiredCapacity, machines: [...machines(3, 1), special] }),
      well,
    );
    expect(world.run().status).toBe('Successful');
    const left = world.machines.find(({ id }) => id === special.id);
    expect(left !== undefined && left.lifecycle !== 'Terminating').toBe(stays);
  });
});

describe('suspended processes', () => {
  it.each(['Launch', 'Terminate'])('replaces nothing while %s is suspended', (process) => {
    const scenario = fleet({ MinHealthyPercentage: 0 });
    const observation = { ...observationOf(scenario), group: { ...group(scenario), suspended: [process] } };
    expect(stepRefresh(started(scenario), observation, 0)).toMatchObject({ launch: 0, terminate: [] });
  });
});

describe('requests', () => {
  const template = { ...v(1), writtenVersion: '1' };
  const active = (more: Partial<Refresh> = {}): Refresh => ({ ...first(fleet()).refresh, ...more });
  const observation = observationOf(fleet());

  it.each<[string, RequestedPreferences, RegExp]>([
    [
      'a minimum above 100',
      { MinHealthyPercentage: 101 },
      /MinHealthyPercentage is a whole number from 0 to 100; found 101/,
    ],
    [
      'a maximum below 100',
      { MinHealthyPercentage: 90, MaxHealthyPercentage: 99 },
      /from 100 to 200; found 99/,
    ],
    ['a maximum without a minimum', { MaxHealthyPercentage: 110 }, /needs MinHealthyPercentage/],
    [
      'bounds too far apart',
      { MinHealthyPercentage: 50, MaxHealthyPercentage: 200 },
      /cannot be greater than 100/,
    ],
    ['a negative warmup', { InstanceWarmup: -1 }, /InstanceWarmup is a whole number from 0 up; found -1/],
    [
      'checkpoints that do not ascend',
      { CheckpointPercentages: [50, 50] },
      /unique and ascending; found 50, 50/,
    ],
    ['a checkpoint of 0', { CheckpointPercentages: [0] }, /from 1 to 100; found 0/],
    ['a delay without checkpoints', { CheckpointDelay: 60 }, /needs CheckpointPercentages/],
    ['a bake time above two days', { BakeTime: 172_801 }, /from 0 to 172800/],
    ['eleven alarms', { AlarmSpecification: { Alarms: Array(11).fill('a') } }, /10 alarms at most; found 11/],
  ])('refuses %s', (_, preferences, message) => {
    expect(() => started(fleet(preferences))).toThrow(message);
  });

  it('takes what is omitted from the group', () => {
    expect(preferencesOf({})).toMatchObject({ minHealthyPercentage: 90, maxHealthyPercentage: undefined });
  });

  it('cancels at once, or waits for what is in flight', () => {
    const now = cancelRefresh('fleet', active(), false, 5);
    expect(now).toMatchObject({
      status: 'Cancelled',
      endedAt: 5,
      statusReason: 'Cancelled due to user request.',
    });
    const waiting = cancelRefresh('fleet', active(), true, 5);
    const starting = {
      ...observation,
      machines: [...machines(3, 1), machine('i-new', 2, { lifecycle: 'Pending' })],
    };
    expect(stepRefresh(waiting, starting, 10).refresh.status).toBe('Cancelling');
    expect(stepRefresh(waiting, observation, 20).refresh.status).toBe('Cancelled');
  });

  it.each<[string, Refresh | undefined, typeof template, string]>([
    ['nothing active', undefined, template, 'ActiveInstanceRefreshNotFound'],
    ['one that has ended', active({ status: 'Successful' }), template, 'ActiveInstanceRefreshNotFound'],
    ['one that has not begun', active({ status: 'Pending' }), template, 'ValidationError'],
    [
      'one without desired configuration',
      active({ desired: undefined }),
      template,
      'IrreversibleInstanceRefresh',
    ],
    [
      'a group on $Latest',
      active(),
      { ...template, writtenVersion: '$Latest' },
      'IrreversibleInstanceRefresh',
    ],
  ])('does not roll back %s', (_, refresh, own, code) => {
    expect(() => rollbackRefresh('fleet', refresh, own, observation, 0)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('is the same however often a step is repeated', () => {
    const scenario = fleet();
    const once = first(scenario);
    expect(stepRefresh(once.refresh, observationOf(scenario), 0)).toEqual({ ...once, events: [] });
  });
});
