import {
  CancelInstanceRefreshCommand,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import {
  needsRefresh,
  parseUpdatePolicy,
  refreshPreferences,
} from '../../../local-aws/autoscaling/update-policy';
import type { Properties, Provisioning } from '../../../local-aws/core/service';
import { minute, until } from './fixture';
import { provisioned } from './group-resource';

const hour = 60 * minute;
const rolling = (Preferences: Properties = {}): Properties => ({
  AutoScalingInstanceRefresh: { Strategy: 'Rolling', Preferences },
});

describe('what an update policy says', () => {
  it.each<[string, Properties, string]>([
    [
      'no strategy',
      { AutoScalingInstanceRefresh: {} },
      'UpdatePolicy AutoScalingInstanceRefresh needs a Strategy, ReplaceRootVolume or Rolling; found none.',
    ],
    [
      'another strategy',
      { AutoScalingInstanceRefresh: { Strategy: 'Blue' } },
      'UpdatePolicy AutoScalingInstanceRefresh needs a Strategy, ReplaceRootVolume or Rolling; found "Blue".',
    ],
    [
      'an unknown property',
      { AutoScalingInstanceRefresh: { Strategy: 'Rolling', PauseTime: 'PT5M' } },
      'UpdatePolicy AutoScalingInstanceRefresh has no property PauseTime.',
    ],
    [
      'no object',
      { AutoScalingInstanceRefresh: 'Rolling' },
      'UpdatePolicy AutoScalingInstanceRefresh must be an object; found "Rolling".',
    ],
    [
      'an unknown preference',
      rolling({ WaitOnResourceSignals: true }),
      'UpdatePolicy AutoScalingInstanceRefresh: Preferences has no property WaitOnResourceSignals.',
    ],
    [
      'automatic rollback, which is the stack’s',
      rolling({ AutoRollback: true }),
      'UpdatePolicy AutoScalingInstanceRefresh: Preferences has no property AutoRollback.',
    ],
    [
      'a word for a number',
      rolling({ BakeTime: 'long' }),
      'UpdatePolicy AutoScalingInstanceRefresh: Preferences: BakeTime is "long"; it must be a number.',
    ],
    [
      'an unknown property beside scheduled actions',
      { AutoScalingScheduledAction: { Ignore: true } },
      'UpdatePolicy AutoScalingScheduledAction has no property Ignore.',
    ],
  ])('refuses %s', (_, policy, message) => {
    expect(() => parseUpdatePolicy(policy)).toThrow(message);
  });

  it('is read with the texts that a template makes of numbers and truth values', () => {
    const policy = rolling({
      AlarmSpecification: { Alarms: ['sick'] },
      BakeTime: '600',
      CheckpointDelay: 300,
      CheckpointPercentages: ['33', '100'],
      InstanceWarmup: '120',
      MaxHealthyPercentage: '200',
      MinHealthyPercentage: '100',
      ScaleInProtectedInstances: 'Refresh',
      SkipMatching: 'false',
      StandbyInstances: 'Terminate',
    });
    expect(parseUpdatePolicy(policy).refresh).toEqual({
      strategy: 'Rolling',
      preferences: {
        AlarmSpecification: { Alarms: ['sick'] },
        BakeTime: 600,
        CheckpointDelay: 300,
        CheckpointPercentages: [33, 100],
        InstanceWarmup: 120,
        MaxHealthyPercentage: 200,
        MinHealthyPercentage: 100,
        ScaleInProtectedInstances: 'Refresh',
        SkipMatching: false,
        StandbyInstances: 'Terminate',
      },
    });
    expect(parseUpdatePolicy(undefined)).toEqual({ ignoresUnmodifiedSizes: false });
  });
});

describe('preferences', () => {
  const of = (policy: Properties, ...rest: [Parameters<typeof refreshPreferences>[1]?, boolean?]) =>
    refreshPreferences(parseUpdatePolicy(policy).refresh!, rest[0], rest[1] ?? false);

  it.each([
    ['Rolling', 100, 110],
    ['ReplaceRootVolume', 90, 100],
  ])(
    '%s keeps at least %s and at most %s per cent where nothing is said, and skips what matches',
    (Strategy, min, max) => {
      expect(of({ AutoScalingInstanceRefresh: { Strategy } })).toEqual({
        MinHealthyPercentage: min,
        MaxHealthyPercentage: max,
        SkipMatching: true,
      });
    },
  );

  it.each([
    ['the group’s maintenance policy before the defaults', {}, { min: 50, max: 150 }, { min: 50, max: 150 }],
    [
      'the policy before the group’s',
      { MinHealthyPercentage: 80 },
      { min: 50, max: 150 },
      { min: 80, max: 150 },
    ],
    ['a bound that the group does not set as none', {}, { min: -1, max: 120 }, { min: 100, max: 120 }],
  ])('take %s', (_, given, group, expected) => {
    const maintenance = { MinHealthyPercentage: group.min, MaxHealthyPercentage: group.max };
    expect(of(rolling(given), maintenance)).toMatchObject({
      MinHealthyPercentage: expected.min,
      MaxHealthyPercentage: expected.max,
    });
  });

  it('leave the alarms out on the way back', () => {
    const policy = rolling({ AlarmSpecification: { Alarms: ['sick'] } });
    expect(of(policy)).toMatchObject({ AlarmSpecification: { Alarms: ['sick'] } });
    expect(of(policy, undefined, true)).not.toHaveProperty('AlarmSpecification');
  });
});

it.each([
  ['LaunchTemplate', true],
  ['MixedInstancesPolicy', true],
  ['VPCZoneIdentifier', true],
  ['AvailabilityZones', true],
  ['AvailabilityZoneIds', true],
  ['PlacementGroup', true],
  ['MaxSize', false],
  ['HealthCheckType', false],
  ['Tags', false],
])('a change of %s needs a refresh: %s', (name, expected) => {
  expect(needsRefresh({ [name]: ['a'], Other: 1 }, { [name]: ['b'], Other: 1 })).toBe(expected);
});

/** A group of two machines of version 1, and how to update it by an instance refresh. */
async function updating(own: Properties = {}) {
  const world = await provisioned();
  const { clock, type, provisioning, template } = world;
  const properties = { ...world.properties, ...own };
  await clock.runUntil(type.create(properties, provisioning), 10 * minute);
  const told: string[] = [];
  const update = (
    preferences: Properties = {},
    change: Properties = { LaunchTemplate: template('2') },
    more: Partial<Provisioning> = {},
  ) =>
    type.update!('fleet', { ...properties, ...change }, properties, {
      ...provisioning,
      updatePolicy: rolling(preferences),
      progress: (message) => told.push(message),
      ...more,
    });
  return { ...world, update, told };
}

describe('an update by instance refresh', () => {
  it('writes the group, replaces its machines without loss of capacity, and tells how far it is', async () => {
    const { clock, update, told, group, versions, refreshes, healthy } = await updating();
    await until(clock, async () => (await healthy()) === 2);
    const updated = update({ InstanceWarmup: 30 });
    await until(clock, async () => (await refreshes()).length === 1);
    // Auto Scaling has nothing to go back to: what it has saved is the new version already.
    expect((await group())?.LaunchTemplate?.Version).toBe('2');
    expect(await versions()).toEqual(['1', '1']);
    let least = 2;
    await until(clock, async () => {
      least = Math.min(least, await healthy());
      return (await refreshes())[0]?.Status === 'Successful';
    });
    await clock.runUntil(updated, minute);
    expect(least).toBe(2);
    expect(await versions()).toEqual(['2', '2']);
    const [refresh] = await refreshes();
    expect(refresh?.DesiredConfiguration).toBeUndefined();
    expect(refresh?.Preferences).toMatchObject({
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 110,
      InstanceWarmup: 30,
      SkipMatching: true,
      AutoRollback: false,
    });
    expect(told.map((message) => message.replace(/ [0-9a-f-]{36} /, ' ID '))).toEqual([
      'Instance refresh ID is Pending, 0% complete.',
      'Instance refresh ID is InProgress, 0% complete.',
      'Instance refresh ID is InProgress, 50% complete.',
      'Instance refresh ID is Successful, 100% complete.',
    ]);
  });

  it('starts none for a change that needs none', async () => {
    const { clock, update, refreshes } = await updating();
    await clock.runUntil(update({}, { MaxSize: '8' }), 10 * minute);
    expect(await refreshes()).toEqual([]);
  });

  it('can not be rolled back by Auto Scaling', async () => {
    const { clock, core, update, refreshes } = await updating();
    const updated = update();
    await until(clock, async () => (await refreshes())[0]?.Status === 'InProgress');
    await expect(
      core.send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: 'fleet' })),
    ).rejects.toMatchObject({ code: 'IrreversibleInstanceRefresh' });
    await clock.runUntil(updated, hour);
  });

  it('fails when somebody cancels the refresh', async () => {
    const { clock, core, update, refreshes } = await updating();
    const updated = update();
    // Expected below; it may come before.
    updated.catch(() => undefined);
    await until(clock, async () => (await refreshes())[0]?.Status === 'InProgress');
    await core.send(new CancelInstanceRefreshCommand({ AutoScalingGroupName: 'fleet' }));
    await expect(clock.runUntil(updated, hour)).rejects.toThrow(
      /^The instance refresh of the Auto Scaling group fleet \S+ ended as Cancelled\. Cancelled due to user request\.$/,
    );
  });

  it('cancels the refresh when the update is given up, and returns only then', async () => {
    const { clock, update, refreshes } = await updating();
    let giveUp: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    const updated = update({}, undefined, { cancelled });
    // Expected below; it may come before.
    updated.catch(() => undefined);
    await until(clock, async () => (await refreshes())[0]?.Status === 'InProgress');
    giveUp();
    await expect(clock.runUntil(updated, hour)).rejects.toThrow('ended as Cancelled');
    expect((await refreshes()).map(({ Status }) => Status)).toEqual(['Cancelled']);
  });

  it('starts no refresh when the update was given up before', async () => {
    const { clock, update, refreshes } = await updating();
    const updated = update({}, undefined, { cancelled: Promise.resolve() });
    await expect(clock.runUntil(updated, hour)).rejects.toThrow('was not started: the update was cancelled.');
    expect(await refreshes()).toEqual([]);
  });

  it('fails while another refresh is under way', async () => {
    const { clock, core, update } = await updating();
    await core.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: 'fleet' }));
    await expect(clock.runUntil(update(), hour)).rejects.toMatchObject({ code: 'InstanceRefreshInProgress' });
  });

  it('fails after an hour without progress when the new machines stay sick, with the reason', async () => {
    const { clock, update, behaviours, refreshes } = await updating();
    behaviours.set('v2', { status: () => 500 });
    const started = clock.now();
    await expect(clock.runUntil(update(), 3 * hour)).rejects.toThrow(/ended as Failed\. ./);
    expect(clock.now() - started).toBeGreaterThan(hour);
    expect(clock.now() - started).toBeLessThan(1.5 * hour);
    expect((await refreshes())[0]?.Status).toBe('Failed');
  });

  it('is given up, and its refresh cancelled, after 36 hours', async () => {
    const { clock, update, refreshes } = await updating({
      TargetGroupARNs: [],
      HealthCheckType: 'EC2',
    });
    const started = clock.now();
    const slow = update({ CheckpointPercentages: [50, 100], CheckpointDelay: 172_800 });
    await expect(clock.runUntil(slow, 40 * hour)).rejects.toThrow(
      /ended as Cancelled\. It had not ended within 36 hours\.$/,
    );
    expect((clock.now() - started) / hour).toBeCloseTo(36, 0);
    expect((await refreshes())[0]?.Status).toBe('Cancelled');
  });

  it('does not start while an alarm is not OK, but does on the way back', async () => {
    const { clock, core, update, versions, refreshes } = await updating();
    await core.send(
      new PutMetricAlarmCommand({
        AlarmName: 'sick',
        Namespace: 'Own',
        MetricName: 'Sick',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'ignore',
      }),
    );
    await core.send(
      new SetAlarmStateCommand({ AlarmName: 'sick', StateValue: 'ALARM', StateReason: 'a test' }),
    );
    const preferences = { AlarmSpecification: { Alarms: ['sick'] } };
    await expect(clock.runUntil(update(preferences), hour)).rejects.toThrow(/sick/);
    expect(await refreshes()).toEqual([]);
    await clock.runUntil(update(preferences, undefined, { isRollback: true }), hour);
    expect(await versions()).toEqual(['2', '2']);
  });

  it.each([
    ['creation', 'create'],
    ['update', 'update'],
  ])('refuses a policy with unknown properties before anything is written: %s', async (_, operation) => {
    const { clock, type, properties, provisioning, group, template } = await provisioned();
    const updatePolicy = rolling({ Colour: 'green' });
    const message = 'Preferences has no property Colour.';
    if (operation === 'create') {
      await expect(type.create(properties, { ...provisioning, updatePolicy })).rejects.toThrow(message);
      expect(await group()).toBeUndefined();
      return;
    }
    await clock.runUntil(type.create(properties, provisioning), 10 * minute);
    const changed = { ...properties, LaunchTemplate: template('2') };
    await expect(
      type.update!('fleet', changed, properties, { ...provisioning, updatePolicy }),
    ).rejects.toThrow(message);
    expect((await group())?.LaunchTemplate?.Version).toBe('1');
  });
});
