import {
  CompleteLifecycleActionCommand,
  DeleteAutoScalingGroupCommand,
  DeleteLifecycleHookCommand,
  PutLifecycleHookCommand,
  SetDesiredCapacityCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { minute, setUp, until } from './fixture';

const fleet = { AutoScalingGroupName: 'fleet' };
const LifecycleHookName = 'saving';

/** Two machines in service, with a hook on their end. */
async function serving() {
  const world = await setUp();
  const { core, clock, create, healthy, group } = world;
  await create({ DesiredCapacity: 2 });
  await core.send(
    new PutLifecycleHookCommand({
      ...fleet,
      LifecycleHookName,
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 600,
    }),
  );
  await until(clock, async () => (await healthy()) === 2);
  const states = async () =>
    ((await group())?.Instances ?? []).map(({ LifecycleState }) => LifecycleState ?? '').sort();
  const held = async () =>
    (await group())?.Instances?.find(({ LifecycleState }) => LifecycleState === 'Terminating:Wait')
      ?.InstanceId;
  return { ...world, states, held };
}

describe('a termination hook', () => {
  it.each(['CONTINUE', 'ABANDON'])(
    'holds a machine that is out of its target group until %s',
    async (result) => {
      const { core, clock, targets, states, held } = await serving();
      await core.send(new SetDesiredCapacityCommand({ ...fleet, DesiredCapacity: 1 }));
      await until(clock, async () => (await held()) !== undefined);
      const InstanceId = (await held()) ?? '';
      expect((await targets()).has(InstanceId)).toBe(false);
      await clock.advance(8 * minute);
      expect(await states()).toEqual(['InService', 'Terminating:Wait']);
      await core.send(
        new CompleteLifecycleActionCommand({
          ...fleet,
          LifecycleHookName,
          InstanceId,
          LifecycleActionResult: result,
        }),
      );
      await clock.advance(2 * minute);
      expect(await states()).toEqual(['InService']);
    },
  );

  it('lets the machine go when its time is over, or when it is deleted', async () => {
    const { core, clock, states, held } = await serving();
    await core.send(new SetDesiredCapacityCommand({ ...fleet, DesiredCapacity: 1 }));
    await until(clock, async () => (await held()) !== undefined);
    await clock.advance(12 * minute);
    expect(await states()).toEqual(['InService']);
    await core.send(new SetDesiredCapacityCommand({ ...fleet, DesiredCapacity: 0 }));
    await until(clock, async () => (await held()) !== undefined);
    await core.send(new DeleteLifecycleHookCommand({ ...fleet, LifecycleHookName }));
    await clock.advance(2 * minute);
    expect(await states()).toEqual([]);
  });

  it('does not hold up the replacements of an instance refresh, nor a deletion by force', async () => {
    const { core, clock, template, refreshes, states } = await serving();
    await core.send(
      new StartInstanceRefreshCommand({
        ...fleet,
        DesiredConfiguration: { LaunchTemplate: template('2') },
        Preferences: { MinHealthyPercentage: 0, InstanceWarmup: 0 },
      }),
    );
    await until(clock, async () => (await refreshes())[0]?.Status === 'Successful');
    expect(await states()).toEqual(['InService', 'InService', 'Terminating:Wait', 'Terminating:Wait']);
    await core.send(new DeleteAutoScalingGroupCommand({ ...fleet, ForceDelete: true }));
    await clock.advance(5 * minute);
    expect(await states()).toEqual([]);
  });
});
