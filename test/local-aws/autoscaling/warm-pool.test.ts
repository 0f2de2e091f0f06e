import {
  DeleteWarmPoolCommand,
  DescribeWarmPoolCommand,
  PutWarmPoolCommand,
  SetDesiredCapacityCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { minute, setUp, until } from './fixture';

const fleet = { AutoScalingGroupName: 'fleet' };

/** Two machines in service, and two in the warm pool. */
async function serving() {
  const world = await setUp();
  const { core, clock, create, healthy } = world;
  await create({ DesiredCapacity: 2, MaxSize: 4 });
  await core.send(new PutWarmPoolCommand({ ...fleet, PoolState: 'Running' }));
  const pool = async () => (await core.send(new DescribeWarmPoolCommand(fleet))).Instances ?? [];
  const warmed = async () =>
    (await pool()).filter(({ LifecycleState }) => LifecycleState === 'Warmed:Running');
  await until(clock, async () => (await healthy()) === 2 && (await warmed()).length === 2);
  return { ...world, pool, warmed };
}

describe('a warm pool', () => {
  it('holds what the group may still grow by, out of its target group', async () => {
    const { warmed, targets, group } = await serving();
    const [one] = await warmed();
    expect((await targets()).has(one?.InstanceId ?? '')).toBe(false);
    expect((await group())?.Instances).toHaveLength(2);
    expect(await group()).toMatchObject({
      WarmPoolSize: 2,
      WarmPoolConfiguration: { PoolState: 'Running', MinSize: 0 },
    });
  });

  it('gives its machines to a group that grows', async () => {
    const { core, clock, warmed, healthy, group, activities } = await serving();
    const ids = (await warmed()).map(({ InstanceId }) => InstanceId);
    await core.send(new SetDesiredCapacityCommand({ ...fleet, DesiredCapacity: 3 }));
    await until(clock, async () => (await healthy()) === 3);
    const present = ((await group())?.Instances ?? []).map(({ InstanceId }) => InstanceId);
    expect(present.filter((id) => ids.includes(id))).toHaveLength(1);
    await clock.advance(5 * minute);
    expect(await warmed()).toHaveLength(1);
    expect((await activities()).map(({ Description }) => Description)).toContainEqual(
      expect.stringContaining('Launching a new EC2 instance from warm pool: i-'),
    );
  });

  it('is refreshed after the machines in service, with progress of its own', async () => {
    const { core, clock, warmed, versions, template, refreshes } = await serving();
    await core.send(
      new StartInstanceRefreshCommand({
        ...fleet,
        DesiredConfiguration: { LaunchTemplate: template('2') },
        Preferences: { MinHealthyPercentage: 50 },
      }),
    );
    await until(clock, async () => (await refreshes())[0]?.EndTime !== undefined);
    expect((await refreshes())[0]).toMatchObject({
      Status: 'Successful',
      ProgressDetails: {
        LivePoolProgress: { PercentageComplete: 100, InstancesToUpdate: 0 },
        WarmPoolProgress: { PercentageComplete: 100, InstancesToUpdate: 0 },
      },
    });
    expect(await versions()).toEqual(['2', '2']);
    expect((await warmed()).map(({ LaunchTemplate }) => LaunchTemplate?.Version)).toEqual(['2', '2']);
  });

  it('is given up with its machines', async () => {
    const { core, clock, pool, group } = await serving();
    await core.send(new DeleteWarmPoolCommand(fleet));
    await clock.advance(2 * minute);
    expect(await pool()).toEqual([]);
    expect((await group())?.WarmPoolConfiguration).toBeUndefined();
    await expect(core.send(new DeleteWarmPoolCommand(fleet))).rejects.toThrow('No warm pool found');
  });

  it.each([
    [{}, /PoolState would have to be Running; found none, which means Stopped/],
    [{ PoolState: 'Hibernated' as const }, /PoolState = Hibernated is not served/],
    [
      { PoolState: 'Running' as const, InstanceReusePolicy: { ReuseOnScaleIn: true } },
      /ReuseOnScaleIn = true is not served/,
    ],
  ])('is refused with %p', async (settings, message) => {
    const { core, create } = await setUp();
    await create({ DesiredCapacity: 0 });
    await expect(core.send(new PutWarmPoolCommand({ ...fleet, ...settings }))).rejects.toThrow(message);
  });
});
