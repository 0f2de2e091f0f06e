import type { ConfiguredTemplate, Machine, Observation, Refresh } from '../../lib/refresh-model';
import {
  boundsOf,
  cancelRefresh,
  launchTemplate,
  resolvePreferences,
  rollbackRefresh,
  selectForTermination,
  startRefresh,
  stepRefresh,
} from '../../lib/refresh-model';
import type { RequestedPreferences } from '../../lib/refresh-model/preferences';
import type { Scenario } from './scenario';
import {
  day,
  groupOf,
  hour,
  machine,
  machines,
  observationOf,
  preferencesOf,
  second,
  started,
  v,
} from './scenario';
import { World } from './world';

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

  it('counts machines that are still starting towards the maximum', () => {
    const scenario = fleet({ MinHealthyPercentage: 100, MaxHealthyPercentage: 150 });
    const { refresh } = first(scenario);
    const starting = machine('i-new', 2, { lifecycle: 'Pending', healthy: false });
    const beside = (count: number) =>
      stepRefresh(
        refresh,
        observationOf({ ...scenario, machines: [...machines(4, 1), ...Array(count).fill(starting)] }),
        1,
      );
    expect([0, 1, 2].map((count) => beside(count).launch)).toEqual([2, 1, 0]);
  });

  it('counts no machine towards the minimum before its first health check, however long it is in service', () => {
    const waiting = machine('i-new', 2, { healthy: false, inServiceAt: -hour });
    const scenario = fleet({ MinHealthyPercentage: 100, MaxHealthyPercentage: 125 });
    const step = stepRefresh(
      started(scenario),
      observationOf({ ...scenario, machines: [...machines(4, 1), waiting] }),
      0,
    );
    expect(step.terminate).toEqual([]);
  });

  it('never ends serving machines that have not warmed up when too few have', () => {
    const young = machines(4, 1, { inServiceAt: -10 * second });
    const step = first(fleet({ MinHealthyPercentage: 50 }, { machines: young }));
    expect(step).toMatchObject({ launch: 0, terminate: [], wakeAt: 50 * second });
    expect(step.refresh.statusReason).toBe(
      'Waiting for instances to warm up before continuing. For example: i-1-0 is warming up.',
    );
  });

  it('ends machines that have not warmed up, too, where none has to stay', () => {
    const young = machines(4, 1, { inServiceAt: -10 * second });
    const step = first(fleet({ MinHealthyPercentage: 0 }, { machines: young }));
    expect(step.terminate).toHaveLength(4);
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

  it('older machines before those that an earlier refresh has launched', () => {
    const mixture = [machine('i-new', 2, { launchedAt: -hour }), ...machines(3, 1)];
    const step = first(fleet({ MinHealthyPercentage: 75 }, { machines: mixture }));
    expect(step.terminate).toEqual(['i-1-0']);
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

  it('begins the warmup when a machine comes into service, so after its launch hooks', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, InstanceWarmup: 300 }), () => ({
      ...{ bootMs: 1000 * second, healthyMs: 0 },
    }));
    world.run();
    expect(world.now).toBe(1300 * second);
  });

  it('keeps what was counted when a replaced machine dies, and falls when the group grows', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), well);
    world.at(200 * second, () => world.die('i-new-0'));
    world.at(220 * second, () => world.scale(12));
    world.run();
    const at = (ms: number) =>
      world.frames.findLast(({ now }) => now <= ms)?.refresh.progress.percentageComplete;
    expect([at(199 * second), at(210 * second), at(225 * second)]).toEqual([50, 50, 16]);
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

  it('takes the same version number of another launch template for no match', () => {
    const stranger = machine('i-stranger', 2, { template: { id: 'lt-9', version: '2' } });
    const step = first(
      fleet({ SkipMatching: true, MinHealthyPercentage: 0 }, { machines: [...machines(3, 2), stranger] }),
    );
    expect(step.terminate).toEqual(['i-stranger']);
  });

  it('goes by what the group has saved when nothing is desired', () => {
    const mixture = [...machines(3, 1), machine('i-old', 0)];
    const step = first(
      fleet({ SkipMatching: true, MinHealthyPercentage: 0 }, { machines: mixture, desired: null }),
    );
    expect(step.terminate).toEqual(['i-old']);
  });

  it('replaces finished machines again when what is desired means a newer version meanwhile', () => {
    const scenario = fleet({ SkipMatching: true, MinHealthyPercentage: 75 }, { machines: machines(4, 2) });
    const { refresh } = first({ ...scenario, machines: [...machines(3, 2), machine('i-old', 1)] });
    const step = stepRefresh({ ...refresh, desired: v(3) }, observationOf(scenario), 1);
    expect(step).toMatchObject({ terminate: ['i-2-0'], refresh: { progress: { instancesToUpdate: 4 } } });
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

  it('begins the delay when the replacements have warmed up', () => {
    const preferences = {
      ...{ MinHealthyPercentage: 0, CheckpointPercentages: [50, 100], CheckpointDelay: 600 },
      InstanceWarmup: 300,
    };
    const world = new World(fleet(preferences), well);
    world.run();
    const reached = world.frames.find(({ refresh }) => refresh.checkpoint === 1);
    expect(reached?.now).toBe(315 * second);
    expect(reached?.refresh.checkpointUntil).toBe(915 * second);
  });

  it('reaches a threshold anew, and waits again, when the group has grown past it', () => {
    const preferences = { MinHealthyPercentage: 0, CheckpointPercentages: [50, 100], CheckpointDelay: 600 };
    const world = new World(fleet(preferences), well);
    world.at(300 * second, () => world.scale(8));
    expect(world.run().status).toBe('Successful');
    const told = { name: 'Checkpoint Reached', checkpointPercentage: 50 };
    expect(world.events.filter(({ name }) => name === 'Checkpoint Reached')).toEqual([told, told]);
    expect(world.now).toBeGreaterThan(900 * second);
  });

  it('waits for standby machines after the threshold of 100, too', () => {
    const off = machine('i-off', 1, { lifecycle: 'Standby' });
    const preferences = { CheckpointPercentages: [100], MinHealthyPercentage: 0 };
    const world = new World(fleet(preferences, { machines: [...machines(4, 1), off] }), well);
    expect(world.run().status).toBe('Failed');
  });

  it('waits for no delay at the threshold of 100, and tells nothing of it', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, CheckpointPercentages: [100] }), well);
    expect(world.run().status).toBe('Successful');
    expect(world.now).toBeLessThan(600 * second);
    expect(world.events.map(({ name }) => name)).toEqual(['Started', 'Succeeded']);
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

  it('says how many seconds are left', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, BakeTime: 1800 }), well);
    world.run();
    const baking = world.frames.find(({ refresh }) => refresh.status === 'Baking');
    expect(baking?.refresh.statusReason).toBe('Baking: 1800 seconds of 1800 are left.');
  });

  it('can be turned back by the alarm, and by its user', () => {
    const preferences = { MinHealthyPercentage: 0, BakeTime: 1800, AutoRollback: true };
    const watched = { ...preferences, AlarmSpecification: { Alarms: ['a'] } };
    const alarmed = new World(fleet(watched, { alarms: [{ name: 'a', state: 'OK' }] }), well);
    alarmed.at(600 * second, () => alarmed.alarm('ALARM'));
    const asked = new World(fleet(preferences), well);
    asked.at(600 * second, () => asked.rollBack());
    for (const world of [alarmed, asked]) {
      expect(world.run().status).toBe('RollbackSuccessful');
      const seen = [...new Set(world.frames.map(({ refresh }) => refresh.status))];
      expect(seen).toEqual(['InProgress', 'Baking', 'RollbackInProgress', 'RollbackSuccessful']);
      expect(world.machines.every(({ template }) => template.version === '1')).toBe(true);
    }
  });

  it('ends with the alarm', () => {
    const scenario = fleet({
      MinHealthyPercentage: 0,
      BakeTime: 1800,
      AlarmSpecification: { Alarms: ['a'] },
    });
    const world = new World({ ...scenario, alarms: [{ name: 'a', state: 'OK' }] }, well);
    world.at(600 * second, () => world.alarm('ALARM'));
    world.run();
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
    const world = new World(scenario, well);
    world.at(60 * second, () => world.alarm('ALARM'));
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
    expect(world.now - last).toBeLessThanOrEqual(hour);
    if (name !== 'sick replacements') expect(ended.completed).toBe(3);
  });

  it('rolls back instead with automatic rollback, and fails when that does not go on either', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75, AutoRollback: true }), never);
    expect(world.run().status).toBe('RollbackFailed');
    expect(world.events.map(({ name }) => name)).toEqual(['Started', 'Rollback Started', 'Rollback Failed']);
  });

  it('ends a refresh whose launches are all refused, and goes back', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75, AutoRollback: true }), (version) =>
      version === '2' ? { bootMs: 0, refused: true } : well(),
    );
    expect(world.run().status).toBe('RollbackSuccessful');
    expect(world.refresh.rollback).toMatchObject({
      startedAt: hour,
      reason: 'No replacement has become ready for an hour. ',
    });
  });

  it('is not over when single replacements fail: they are replaced in turn', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), (_, number) =>
      number % 2 === 0 ? never() : well(),
    );
    expect(world.run().status).toBe('Successful');
  });

  it('is not counted while a healthy replacement warms up for longer', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0, InstanceWarmup: 2 * 3600 }), well);
    expect(world.run().status).toBe('Successful');
  });

  it('is not counted while the process is suspended, in which nothing is replaced', () => {
    const scenario = fleet();
    const observation: Observation = {
      ...observationOf(scenario),
      group: { ...groupOf(scenario), suspended: ['InstanceRefresh'] },
    };
    const waiting = stepRefresh({ ...first(scenario).refresh }, observation, 2 * hour);
    expect(waiting).toMatchObject({
      launch: 0,
      terminate: [],
      refresh: { status: 'InProgress', isSuspended: true },
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
    const observation = { ...observationOf(scenario), group: { ...groupOf(scenario), suspended: [process] } };
    expect(stepRefresh(started(scenario), observation, 0)).toMatchObject({ launch: 0, terminate: [] });
  });

  it('does not begin while InstanceRefresh is suspended, and goes on when it is resumed', () => {
    const world = new World(fleet({}, { suspended: ['InstanceRefresh'] }), well);
    world.at(5 * hour, () => world.suspend());
    expect(world.run().status).toBe('Successful');
    expect(world.frames[0]?.refresh.status).toBe('Pending');
    expect(world.now).toBeGreaterThan(5 * hour);
  });

  it('replaces as ever while other processes are suspended', () => {
    const world = new World(fleet({}, { suspended: ['AZRebalance', 'ReplaceUnhealthy'] }), well);
    expect(world.run().status).toBe('Successful');
  });
});

describe('fourteen days', () => {
  it.each([
    [
      'of replacing',
      fleet(
        { MinHealthyPercentage: 100, InstanceWarmup: 4 * 86_400 },
        { machines: machines(4, 1, { inServiceAt: -30 * day }) },
      ),
    ],
    ['of being suspended', fleet({}, { suspended: ['InstanceRefresh'] })],
  ])('are the most %s', (_, scenario) => {
    const world = new World(scenario, well);
    expect(world.run()).toMatchObject({
      status: 'Failed',
      statusReason: 'The instance refresh has not ended within 14 days.',
      endedAt: 14 * day,
    });
  });
});

describe('rollback', () => {
  it('keeps the percentages, and stops at no checkpoint', () => {
    const preferences = { MinHealthyPercentage: 75, CheckpointPercentages: [50, 100], CheckpointDelay: 7200 };
    const world = new World(fleet(preferences), well);
    world.at(600 * second, () => world.rollBack());
    expect(world.run().status).toBe('RollbackSuccessful');
    expect(world.broken).toEqual([]);
    expect(world.now).toBeLessThan(1200 * second);
    expect(world.machines.every(({ template }) => template.version === '1')).toBe(true);
  });

  it('follows a failure without the status Failed between', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75, AutoRollback: true }), (version) =>
      version === '2' ? never() : well(),
    );
    world.run();
    const seen = [...new Set(world.frames.map(({ refresh }) => refresh.status))];
    expect(seen).toEqual(['InProgress', 'RollbackInProgress', 'RollbackSuccessful']);
  });

  it('can be cancelled', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), well);
    world.at(200 * second, () => world.rollBack());
    world.at(220 * second, () => world.cancel(true));
    expect(world.run().status).toBe('Cancelled');
    expect(world.events.map(({ name }) => name)).toEqual(['Started', 'Cancelled']);
  });
});

describe('scaling while it runs', () => {
  it('launches the desired configuration for a larger group', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), well);
    world.at(30 * second, () => world.scale(7));
    expect(world.run().status).toBe('Successful');
    expect(world.machines.filter(({ template }) => template.version === '2')).toHaveLength(7);
  });

  it('replaces no more than a smaller group has', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), well);
    world.at(30 * second, () => world.scale(2));
    expect(world.run().status).toBe('Successful');
    expect(world.machines.filter(({ lifecycle }) => lifecycle === 'InService')).toHaveLength(2);
  });

  it('keeps several zones in balance', () => {
    const zoned = machines(6, 1).map((each, index) => ({ ...each, zone: `z${index % 3}` }));
    const world = new World(
      fleet({ MinHealthyPercentage: 50 }, { desiredCapacity: 6, machines: zoned }),
      well,
    );
    world.run();
    const zones = world.machines.filter(({ lifecycle }) => lifecycle === 'InService').map(({ zone }) => zone);
    expect(zones.sort()).toEqual(['z0', 'z0', 'z1', 'z1', 'z2', 'z2']);
  });
});

describe('what is launched', () => {
  it.each<[Refresh['status'], string]>([
    ['InProgress', '2'],
    ['Baking', '2'],
    ['Successful', '2'],
    ['Failed', '1'],
    ['Cancelling', '1'],
    ['Cancelled', '1'],
    ['RollbackInProgress', '1'],
    ['RollbackFailed', '1'],
  ])('%s: version %s', (status, version) => {
    expect(launchTemplate({ ...first(fleet()).refresh, status }).version).toBe(version);
  });

  it('leaves what was replaced when it fails', () => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), (_, number) =>
      number < 2 ? well() : never(),
    );
    expect(world.run().status).toBe('Failed');
    expect(
      world.machines.filter(({ template, healthy }) => healthy && template.version === '2'),
    ).toHaveLength(2);
  });
});

describe('what is left', () => {
  it.each([
    ['waiting for what is in flight', true],
    ['at once', false],
  ])('of a refresh that is cancelled %s: what it replaced', (_, wait) => {
    const world = new World(fleet({ MinHealthyPercentage: 75 }), well);
    world.at(100 * second, () => world.cancel(wait));
    expect(world.run().status).toBe('Cancelled');
    const versions = world.machines
      .filter(({ lifecycle }) => lifecycle === 'InService')
      .map(({ template }) => template.version);
    expect(new Set(versions)).toEqual(new Set(['1', '2']));
  });
});

describe('statuses', () => {
  it.each<[string, RequestedPreferences, readonly string[]]>([
    ['without a bake time', {}, ['InProgress', 'Successful']],
    ['with a bake time', { BakeTime: 60 }, ['InProgress', 'Baking', 'Successful']],
  ])('%s', (_, preferences, expected) => {
    const world = new World(fleet(preferences), well);
    expect(world.refresh.status).toBe('Pending');
    world.run();
    expect([...new Set(world.frames.map(({ refresh }) => refresh.status))]).toEqual(expected);
    expect(world.events.map(({ name }) => name)).toEqual(['Started', 'Succeeded']);
  });

  it.each<[string, RequestedPreferences, readonly string[]]>([
    ['a failure', {}, ['Started', 'Failed']],
    ['a rollback', { AutoRollback: true }, ['Started', 'Rollback Started', 'Rollback Succeeded']],
  ])('tells of %s', (_, preferences, expected) => {
    const world = new World(fleet({ MinHealthyPercentage: 75, ...preferences }), (version) =>
      version === '2' ? never() : well(),
    );
    world.run();
    expect(world.events.map(({ name }) => name)).toEqual(expected);
  });
});

describe('requests', () => {
  const template: ConfiguredTemplate = { ...v(1), writtenVersion: '1' };
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
    [
      'a maximum above 200',
      { MinHealthyPercentage: 100, MaxHealthyPercentage: 201 },
      /from 100 to 200; found 201/,
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
    ['checkpoints that descend', { CheckpointPercentages: [50, 20] }, /unique and ascending; found 50, 20/],
    ['a checkpoint of 0', { CheckpointPercentages: [0] }, /from 1 to 100; found 0/],
    ['a checkpoint above 100', { CheckpointPercentages: [50, 101] }, /from 1 to 100; found 101/],
    [
      'a delay above two days',
      { CheckpointPercentages: [50], CheckpointDelay: 172_801 },
      /CheckpointDelay is a whole number from 0 to 172800; found 172801/,
    ],
    ['a delay without checkpoints', { CheckpointDelay: 60 }, /needs CheckpointPercentages/],
    ['a bake time above two days', { BakeTime: 172_801 }, /from 0 to 172800/],
    ['eleven alarms', { AlarmSpecification: { Alarms: Array(11).fill('a') } }, /10 alarms at most; found 11/],
  ])('refuses %s', (_, preferences, message) => {
    expect(() => started(fleet(preferences))).toThrow(message);
  });

  it('needs a group alone: everything else has a default', () => {
    expect(preferencesOf({})).toEqual({
      minHealthyPercentage: 90,
      maxHealthyPercentage: undefined,
      instanceWarmupSeconds: 0,
      checkpointPercentages: [],
      checkpointDelaySeconds: 3600,
      bakeTimeSeconds: 0,
      skipMatching: false,
      autoRollback: false,
      scaleInProtectedInstances: 'Wait',
      standbyInstances: 'Wait',
      alarms: [],
    });
    expect(started(fleet({}, { desired: null }))).toMatchObject({ strategy: 'Rolling', desired: undefined });
  });

  it.each<[string, RequestedPreferences, number | undefined, number]>([
    ['the default warmup', {}, 300, 300],
    ['a default warmup of 0, which counts as set', {}, 0, 0],
    ['the grace period when the default warmup is -1, so not set', {}, -1, 120],
    ['the grace period when there is no default warmup', {}, undefined, 120],
    ["the request's own warmup", { InstanceWarmup: 30 }, 300, 30],
  ])('takes %s', (_, requested, defaultInstanceWarmupSeconds, expected) => {
    const group = { healthCheckGracePeriodSeconds: 120, defaultInstanceWarmupSeconds };
    expect(resolvePreferences(requested, group).instanceWarmupSeconds).toBe(expected);
  });

  it.each<[string, RequestedPreferences, number, number | undefined]>([
    ['the maintenance policy', {}, 80, 120],
    ['the request before the policy', { MinHealthyPercentage: 60, MaxHealthyPercentage: 110 }, 60, 110],
  ])('takes the bounds from %s', (_, requested, min, max) => {
    const maintenancePolicy = { minHealthyPercentage: 80, maxHealthyPercentage: 120 };
    const group = { healthCheckGracePeriodSeconds: 0, maintenancePolicy };
    expect(resolvePreferences(requested, group)).toMatchObject({
      ...{ minHealthyPercentage: min, maxHealthyPercentage: max },
    });
  });

  it.each(['ALARM', 'INSUFFICIENT_DATA'] as const)('starts not while an alarm is in %s', (state) => {
    const watching = fleet({ AlarmSpecification: { Alarms: ['a'] } }, { alarms: [{ name: 'a', state }] });
    expect(() => started(watching)).toThrow(`The CloudWatch alarm a is in the state ${state}`);
  });

  const start = (group: Partial<typeof template> & { byRequirements?: boolean }, more: object = {}) =>
    startRefresh({
      groupName: 'fleet',
      group: { healthCheckGracePeriodSeconds: 0, template: { ...template, ...group } },
      ...{ preferences: {}, desired: v(2), observation, now: 0, ...more },
    });

  it.each<[string, Parameters<typeof start>, RegExp]>([
    [
      'automatic rollback without a desired configuration',
      [{}, { desired: undefined, preferences: { AutoRollback: true } }],
      /AutoRollback needs a DesiredConfiguration/,
    ],
    [
      'automatic rollback of a group on $Latest',
      [{ writtenVersion: '$Latest' }, { preferences: { AutoRollback: true } }],
      /version is \$Latest/,
    ],
    [
      'automatic rollback of a group on $Default',
      [{ writtenVersion: '$Default' }, { preferences: { AutoRollback: true } }],
      /version is \$Default/,
    ],
    [
      'automatic rollback of a group whose AMI is an SSM parameter',
      [{ imageFromParameter: true }, { preferences: { AutoRollback: true } }],
      /takes its AMI from a Systems Manager parameter/,
    ],
    ['InstanceRequirements and a desired configuration', [{ byRequirements: true }], /InstanceRequirements/],
    [
      'InstanceRequirements and skip matching',
      [{ byRequirements: true }, { desired: undefined, preferences: { SkipMatching: true } }],
      /InstanceRequirements/,
    ],
  ])('starts not with %s', (_, [group, more], message) => {
    expect(() => start(group, more)).toThrow(
      expect.objectContaining({ code: 'ValidationError', message: expect.stringMatching(message) }),
    );
  });

  it('starts towards a desired $Default, and can go back from it', () => {
    const desired = { ...v(2), writtenVersion: '$Default' };
    expect(start({}, { desired, preferences: { AutoRollback: true } }).desired).toEqual(v(2));
  });

  it('starts with InstanceRequirements when nothing is desired or skipped', () => {
    expect(start({ byRequirements: true }, { desired: undefined }).status).toBe('Pending');
  });

  it.each<Refresh['status']>(['Pending', 'InProgress', 'Baking', 'Cancelling', 'RollbackInProgress'])(
    'starts not beside one that is %s',
    (status) => {
      expect(() => start({}, { active: active({ status }) })).toThrow(
        expect.objectContaining({ code: 'InstanceRefreshInProgress' }),
      );
    },
  );

  it.each([undefined, active({ status: 'Failed' })])(
    'has nothing to cancel when none is active',
    (refresh) => {
      expect(() => cancelRefresh('fleet', refresh, true, 0)).toThrow(
        expect.objectContaining({ code: 'ActiveInstanceRefreshNotFound' }),
      );
    },
  );

  it('goes on with what is in flight when it is cancelled at once', () => {
    const world = new World(fleet({ MinHealthyPercentage: 0 }), well);
    world.at(5 * second, () => world.cancel(false));
    expect(world.run().status).toBe('Cancelled');
    expect(world.machines.filter(({ lifecycle }) => lifecycle === 'Pending')).toHaveLength(4);
  });

  it.each<Refresh['status']>(['Pending', 'InProgress', 'Baking', 'RollbackInProgress'])(
    'cancels one that is %s',
    (status) => {
      expect(cancelRefresh('fleet', active({ status }), true, 5)).toMatchObject({ status: 'Cancelling' });
    },
  );

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
    ['one that is being cancelled', active({ status: 'Cancelling' }), template, 'ValidationError'],
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
    [
      'a group on $Default',
      active(),
      { ...template, writtenVersion: '$Default' },
      'IrreversibleInstanceRefresh',
    ],
    [
      'a group whose AMI is an SSM parameter',
      active(),
      { ...template, imageFromParameter: true },
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
