import type { RefreshPreferences } from '@aws-sdk/client-auto-scaling';
import {
  CancelInstanceRefreshCommand,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import type { PutEventsRequest } from '@aws-sdk/client-eventbridge';
import * as eventBridge from '@aws-sdk/client-eventbridge';
import { Fault } from '../../../local-aws/core/fault';
import type { Principal } from '../../../local-aws/core/principal';
import { operation } from '../../harness/stand-in';
import { minute, setUp, until } from './fixture';

const fleet = { AutoScalingGroupName: 'fleet' };
const alarmName = 'unhealthy-hosts';
const day = 24 * 60 * minute;

/** Four machines of v1 in service, and an alarm on unhealthy hosts that is OK. */
async function serving() {
  const world = await setUp();
  const { clock, core, create, healthy, dimensions, template, refreshes } = world;
  await create();
  await core.send(
    new PutMetricAlarmCommand({
      AlarmName: alarmName,
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'UnHealthyHostCount',
      Dimensions: dimensions,
      Statistic: 'Maximum',
      Period: 60,
      // Machines that boot are unhealthy for most of a minute, one after the other.
      EvaluationPeriods: 5,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  );
  await until(clock, async () => (await healthy()) === 4);
  await clock.advance(3 * minute);
  const start = (preferences: RefreshPreferences = {}, version = '2', principal?: Principal) =>
    core.send(
      new StartInstanceRefreshCommand({
        ...fleet,
        DesiredConfiguration: { LaunchTemplate: template(version) },
        Preferences: preferences,
      }),
      principal,
    );
  /** Goes on until the refresh has a status; returns the fewest machines that were healthy meanwhile. */
  const status = async (...wanted: string[]) => {
    let lowest = await healthy();
    await until(clock, async () => {
      lowest = Math.min(lowest, await healthy());
      return wanted.includes((await refreshes())[0]?.Status ?? '');
    });
    return lowest;
  };
  const saved = async () => (await world.group())?.LaunchTemplate?.Version;
  return { ...world, start, status, saved };
}

const careful: RefreshPreferences = {
  MinHealthyPercentage: 100,
  MaxHealthyPercentage: 125,
  AutoRollback: true,
  AlarmSpecification: { Alarms: [alarmName] },
};

describe('an instance refresh', () => {
  it('brings a healthy version to all machines, and loses none on the way', async () => {
    const { start, status, saved, versions, refreshes, activities } = await serving();
    const { InstanceRefreshId } = await start(careful);
    expect((await refreshes())[0]).toMatchObject({ InstanceRefreshId, Status: 'Pending' });
    expect(await status('InProgress')).toBe(4);
    expect(await saved()).toBe('1');
    expect(await status('Successful')).toBe(4);
    expect(await versions()).toEqual(['2', '2', '2', '2']);
    expect(await saved()).toBe('2');
    expect((await refreshes())[0]).toMatchObject({
      Status: 'Successful',
      PercentageComplete: 100,
      InstancesToUpdate: 0,
      Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 125, InstanceWarmup: 60 },
      DesiredConfiguration: { LaunchTemplate: { Version: '2' } },
      EndTime: expect.any(Date),
    });
    const causes = (await activities()).map(({ Cause }) => Cause ?? '').join('\n');
    expect(causes).toMatch(/an instance was launched in response to an instance refresh\.$/m);
    expect(causes).toMatch(
      /an instance was taken out of service in response to an instance refresh\. {2}At \S+ instance i-\w+ was selected for termination\.$/m,
    );
  });

  it('tells EventBridge what becomes of it', async () => {
    const { core, start, status } = await serving();
    const events: unknown[] = [];
    core.register({
      signingName: 'events',
      sdk: eventBridge,
      operations: {
        PutEvents: operation<PutEventsRequest, object>({
          run: ({ Entries = [] }) => {
            events.push(
              ...Entries.map(({ Source, DetailType, Resources, Detail = '' }) => ({
                Source,
                DetailType,
                Resources,
                Detail: JSON.parse(Detail),
              })),
            );
            return {};
          },
        }),
      },
    });
    const { InstanceRefreshId } = await start({
      ...careful,
      CheckpointPercentages: [50, 100],
      CheckpointDelay: 60,
    });
    await status('Successful');
    const Detail = { InstanceRefreshId, AutoScalingGroupName: 'fleet' };
    const event = (name: string, more: object = {}) => ({
      Source: 'aws.autoscaling',
      DetailType: `EC2 Auto Scaling Instance Refresh ${name}`,
      Resources: [expect.stringMatching(/autoScalingGroup:.*:autoScalingGroupName\/fleet$/)],
      Detail: { ...Detail, ...more },
    });
    expect(events).toEqual([
      event('Started'),
      event('Checkpoint Reached', { CheckpointPercentage: '50', CheckpointDelay: '60' }),
      event('Succeeded'),
    ]);
  });

  it('goes back by itself when the alarm on unhealthy hosts fires', async () => {
    const { behaviours, start, status, saved, versions, refreshes, clock, group } = await serving();
    behaviours.set('v2', { status: () => 500 });
    await start(careful);
    expect(await status('RollbackInProgress')).toBe(4);
    expect((await refreshes())[0]).toMatchObject({
      StatusReason: expect.stringContaining('Waiting for'),
      RollbackDetails: {
        RollbackReason: 'CloudWatch alarm in ALARM state: unhealthy-hosts.',
        PercentageCompleteOnRollback: 0,
        InstancesToUpdateOnRollback: 4,
      },
    });
    expect(await status('RollbackSuccessful')).toBe(4);
    await clock.advance(3 * minute);
    expect(await versions()).toEqual(['1', '1', '1', '1']);
    expect((await group())?.Instances).toHaveLength(4);
    expect(await saved()).toBe('1');
  });

  it('fails on the alarm without automatic rollback, and leaves what it replaced', async () => {
    const { core, start, status, saved, versions, clock, refreshes } = await serving();
    await start({ ...careful, AutoRollback: false });
    await until(clock, async () => (await versions()).includes('2'));
    const alarm = { AlarmName: alarmName, StateValue: 'ALARM' as const, StateReason: 'test' };
    await core.send(new SetAlarmStateCommand(alarm));
    await status('Failed');
    expect((await refreshes())[0]?.StatusReason).toContain(alarmName);
    expect(await versions()).toContain('2');
    expect(await saved()).toBe('1');
  });

  it('replaces what is left when it is told to roll back', async () => {
    const { core, start, status, saved, versions, clock } = await serving();
    await start({ MinHealthyPercentage: 75 });
    await until(clock, async () => (await versions()).filter((version) => version === '2').length === 2);
    await core.send(new RollbackInstanceRefreshCommand(fleet));
    expect(await status('RollbackSuccessful')).toBeGreaterThanOrEqual(2);
    expect(await versions()).toEqual(['1', '1', '1', '1']);
    expect(await saved()).toBe('1');
  });

  it('stops where it is when it is cancelled', async () => {
    const { core, start, status, saved, versions, clock, group } = await serving();
    await start({ MinHealthyPercentage: 75 });
    await until(clock, async () => (await versions()).includes('2'));
    await core.send(new CancelInstanceRefreshCommand(fleet));
    await status('Cancelled');
    await clock.advance(5 * minute);
    expect(new Set(await versions())).toEqual(new Set(['1', '2']));
    expect((await group())?.Instances).toHaveLength(4);
    expect(await saved()).toBe('1');
  });

  it('waits at its checkpoint, and bakes before it ends', async () => {
    const { start, status, versions, clock, refreshes } = await serving();
    await start({ ...careful, CheckpointPercentages: [50, 100], CheckpointDelay: 600, BakeTime: 300 });
    await until(clock, async () => /checkpoint/.test((await refreshes())[0]?.StatusReason ?? ''));
    await clock.advance(9 * minute);
    expect((await versions()).filter((version) => version === '2')).toHaveLength(2);
    expect((await refreshes())[0]?.PercentageComplete).toBe(50);
    await status('Baking');
    const before = clock.now();
    await status('Successful');
    expect(clock.now() - before).toBeGreaterThanOrEqual(5 * minute - 10_000);
  });

  it('is described for six weeks, the newest first', async () => {
    const { start, status, refreshes, clock } = await serving();
    const { InstanceRefreshId: older } = await start({ SkipMatching: true }, '1');
    await status('Successful');
    const ended = clock.now();
    await clock.advance(minute);
    const { InstanceRefreshId: newer } = await start({ SkipMatching: true }, '1');
    await status('Successful');
    const ids = async () => (await refreshes()).map(({ InstanceRefreshId }) => InstanceRefreshId);
    expect(await ids()).toEqual([newer, older]);
    // The group is looked at every few seconds: six weeks of that would take minutes.
    jest.spyOn(clock, 'now').mockReturnValue(ended + 6 * 7 * day);
    expect(await ids()).toEqual([newer]);
  });

  it('launches beyond the largest size of the group', async () => {
    const { core, start, status, clock, group } = await serving();
    await core.send(new UpdateAutoScalingGroupCommand({ ...fleet, MaxSize: 4 }));
    await start(careful);
    await until(clock, async () => (await group())?.Instances?.length === 5);
    expect(await status('Successful')).toBe(4);
  });

  it('has nothing to do with skip matching when all machines match', async () => {
    const { start, status, activities, saved } = await serving();
    const before = (await activities()).length;
    await start({ SkipMatching: true }, '1');
    await status('Successful');
    expect((await activities()).length).toBe(before);
    expect(await saved()).toBe('1');
  });

  it('launches the new version when the group grows meanwhile', async () => {
    const { core, start, status, versions } = await serving();
    await start(careful);
    await core.send(new UpdateAutoScalingGroupCommand({ ...fleet, DesiredCapacity: 6 }));
    await status('Successful');
    expect(await versions()).toEqual(['2', '2', '2', '2', '2', '2']);
  });

  it('ends after an hour when the new version never starts, and goes back', async () => {
    const { behaviours, start, status, saved, versions, refreshes, clock } = await serving();
    const image = new Fault('InvalidAMIID.NotFound', "The image id '[ami-1]' does not exist");
    behaviours.set('v2', { refused: image });
    const before = clock.now();
    await start({ MinHealthyPercentage: 75, AutoRollback: true });
    await status('RollbackInProgress');
    expect(clock.now() - before).toBeGreaterThanOrEqual(60 * minute);
    expect(clock.now() - before).toBeLessThan(61 * minute);
    expect((await refreshes())[0]?.RollbackDetails?.RollbackReason).toContain(
      'No replacement has become ready',
    );
    await status('RollbackSuccessful');
    expect(await versions()).toEqual(['1', '1', '1', '1']);
    expect(await saved()).toBe('1');
  });
});

describe('requests that are refused', () => {
  it('starts only one refresh at a time, and keeps the template while it runs', async () => {
    const { core, start, template } = await serving();
    await start();
    await expect(start()).rejects.toMatchObject({ code: 'InstanceRefreshInProgress' });
    await expect(
      core.send(new UpdateAutoScalingGroupCommand({ ...fleet, LaunchTemplate: template('3') })),
    ).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining('An active instance refresh with a desired configuration exists'),
    });
    await core.send(
      new UpdateAutoScalingGroupCommand({ ...fleet, LaunchTemplate: template('1'), MinSize: 1 }),
    );
  });

  it('starts with a launch template or a mixed instances policy as desired configuration', async () => {
    const { core } = await serving();
    await expect(
      core.send(new StartInstanceRefreshCommand({ ...fleet, DesiredConfiguration: {} })),
    ).rejects.toMatchObject({
      code: 'ValidationError',
      message: 'DesiredConfiguration must contain a LaunchTemplate or a MixedInstancesPolicy.',
    });
  });

  it('starts only while its alarms are OK', async () => {
    const { core, start } = await serving();
    const watching = (name: string) => start({ AlarmSpecification: { Alarms: [name] } });
    await expect(watching('other')).rejects.toThrow('The CloudWatch alarm other does not exist.');
    for (const StateValue of ['ALARM', 'INSUFFICIENT_DATA'] as const) {
      await core.send(new SetAlarmStateCommand({ AlarmName: alarmName, StateValue, StateReason: 'test' }));
      await expect(watching(alarmName)).rejects.toMatchObject({
        code: 'ValidationError',
        message: expect.stringContaining(`${alarmName} is in the state ${StateValue}`),
      });
    }
  });

  it('has nothing to cancel or roll back without a refresh', async () => {
    const { core } = await serving();
    for (const command of [
      new CancelInstanceRefreshCommand(fleet),
      new RollbackInstanceRefreshCommand(fleet),
    ]) {
      await expect(core.send(command as CancelInstanceRefreshCommand)).rejects.toMatchObject({
        code: 'ActiveInstanceRefreshNotFound',
      });
    }
  });

  it('names the permission that the caller lacks for what the template starts', async () => {
    const { core, start, templateId } = await serving();
    core.authorizer = (principal, action, resource) => {
      if (principal.arn === 'arn:caller' && action === 'ec2:RunInstances')
        throw new Fault('AccessDenied', `not authorized to perform: ${action} on resource: ${resource}`, 403);
    };
    const caller: Principal = { kind: 'role', arn: 'arn:caller', roleArn: 'arn:caller', accessKeyId: 'A' };
    await expect(start({}, '2', caller)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringMatching(
        new RegExp(
          `^You are not authorized to use launch template: ${templateId} \\(ec2:RunInstances is missing`,
        ),
      ),
    });
  });
});
