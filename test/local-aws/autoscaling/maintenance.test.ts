import {
  CancelInstanceRefreshCommand,
  SetInstanceHealthCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { maintenancePolicy, replaceUnhealthy } from '../../../local-aws/autoscaling/maintenance';
import { setUp, until } from './fixture';

/** A machine in a word: `ready`, `new` (not ready yet), `bad` (unhealthy, serving), `gone` (unhealthy, serves nobody). */
const machine = (word: string) => ({
  word,
  isUnhealthy: word === 'bad' || word === 'gone',
  isReady: word === 'ready',
  isServing: word !== 'gone' && word !== 'new',
});
const policy = (MinHealthyPercentage: number, MaxHealthyPercentage: number) => ({
  MinHealthyPercentage,
  MaxHealthyPercentage,
});

test.each([
  ['without a policy', ['bad', 'ready'], 2, undefined, 1, 0],
  ['whose policy has no room', ['bad', 'ready'], 2, policy(90, 100), 1, 0],
  ['whose policy launches first', ['bad', 'ready'], 2, policy(100, 110), 0, 1],
  ['while the replacement is on its way', ['bad', 'ready', 'new'], 2, policy(100, 110), 0, 1],
  ['when the replacement is ready', ['bad', 'ready', 'ready'], 2, policy(100, 110), 1, 0],
  ['which the minimum can do without', [...Array(9).fill('ready'), 'bad'], 10, policy(90, 120), 1, 0],
  ['of which there are more than there is room', ['bad', 'bad', 'ready'], 3, policy(100, 110), 1, 1],
  ['of which the policy has room for two', ['bad', 'bad', 'ready'], 3, policy(100, 200), 0, 2],
  ['that serves nobody', ['gone', 'ready'], 2, policy(100, 200), 1, 0],
])('an unhealthy machine %s', (_, words, desired, given, ended, extra) => {
  const decided = replaceUnhealthy(words.map(machine), desired, given);
  expect([decided.end.length, decided.extra]).toEqual([ended, extra]);
});

test.each([
  [{ MinHealthyPercentage: 90 }, 'Both MinHealthyPercentage and MaxHealthyPercentage'],
  [policy(-1, 110), 'Both MinHealthyPercentage and MaxHealthyPercentage'],
  [policy(101, 110), 'MinHealthyPercentage must be from 0 to 100, but is 101.'],
  [policy(90, 99), 'MaxHealthyPercentage must be from 100 to 200, but is 99.'],
  [policy(0, 110), 'cannot be greater than 100'],
])('the policy %j is refused', (given, message) => {
  expect(() => maintenancePolicy(given)).toThrow(message);
});

test('a policy is taken back by -1', () => {
  expect(maintenancePolicy(policy(-1, -1))).toBeUndefined();
  expect(maintenancePolicy(policy(100, 110))).toEqual(policy(100, 110));
});

/** Four machines of v1 in service. */
async function serving(InstanceMaintenancePolicy?: ReturnType<typeof policy>) {
  const world = await setUp();
  await world.create({ InstanceMaintenancePolicy });
  await until(world.clock, async () => (await world.healthy()) === 4);
  await world.clock.advance(300_000);
  const instances = async () => (await world.group())?.Instances ?? [];
  return { ...world, instances };
}

test.each([
  ['serves until its replacement is ready', policy(100, 110), 4],
  ['is ended first without a policy', undefined, 3],
])('a machine that is said to be unhealthy %s', async (_, given, fewest) => {
  const { core, clock, instances } = await serving(given);
  const [first] = await instances();
  const InstanceId = first?.InstanceId;
  await core.send(new SetInstanceHealthCommand({ InstanceId, HealthStatus: 'Unhealthy' }));
  let least = 4;
  await until(clock, async () => {
    const inService = (await instances()).filter(({ LifecycleState }) => LifecycleState === 'InService');
    least = Math.min(least, inService.length);
    const isGone = !(await instances()).some((instance) => instance.InstanceId === InstanceId);
    return isGone && inService.length === 4;
  });
  expect(least).toBe(fewest);
});

test.each([
  ['at once', false],
  ['and waits for what is in flight', true],
])(
  'when a refresh that launches first is cancelled %s, the machine that does not serve yet is ended',
  async (_, WaitForTransitioningInstances) => {
    const { core, clock, template, instances } = await serving();
    const old = (await instances()).map(({ InstanceId }) => InstanceId).sort();
    await core.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName: 'fleet',
        DesiredConfiguration: { LaunchTemplate: template('2') },
        Preferences: policy(100, 125),
      }),
    );
    await until(clock, async () =>
      (await instances()).some(({ LifecycleState }) => LifecycleState === 'Pending'),
    );
    await core.send(
      new CancelInstanceRefreshCommand({
        AutoScalingGroupName: 'fleet',
        WaitForTransitioningInstances,
      }),
    );
    await clock.advance(10 * 60_000);
    expect((await instances()).map(({ InstanceId }) => InstanceId).sort()).toEqual(old);
  },
);

test.each([
  [{ MinHealthyPercentage: 90 }, 'Both MinHealthyPercentage'],
  [policy(0, 200), 'cannot be greater than 100'],
])('a group is not changed to the policy %j', async (InstanceMaintenancePolicy, message) => {
  const { core } = await serving();
  await expect(
    core.send(
      new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'fleet', InstanceMaintenancePolicy }),
    ),
  ).rejects.toThrow(message);
});
