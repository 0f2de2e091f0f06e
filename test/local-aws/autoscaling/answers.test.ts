import * as autoscaling from '@aws-sdk/client-auto-scaling';
import { setUp } from './fixture';

async function groups(count: number) {
  const world = await setUp();
  for (let index = 0; index < count; index++)
    await world.create({
      AutoScalingGroupName: `g${index}`,
      DesiredCapacity: 0,
      Tags: [{ Key: 'number', Value: String(index), PropagateAtLaunch: index === 0 }],
    });
  return world;
}

test('a mixed instances policy is told with what AWS adds to it', async () => {
  const { create, group, template, templateId } = await setUp();
  const LaunchTemplate = { LaunchTemplateSpecification: template('1') };
  await create({ DesiredCapacity: 0, LaunchTemplate: undefined, MixedInstancesPolicy: { LaunchTemplate } });
  expect((await group())?.MixedInstancesPolicy).toEqual({
    LaunchTemplate: {
      LaunchTemplateSpecification: {
        LaunchTemplateId: templateId,
        LaunchTemplateName: 'fleet',
        Version: '1',
      },
    },
    InstancesDistribution: {
      OnDemandAllocationStrategy: 'prioritized',
      OnDemandBaseCapacity: 0,
      OnDemandPercentageAboveBaseCapacity: 100,
      SpotAllocationStrategy: 'lowest-price',
      SpotInstancePools: 2,
    },
  });
});

test('lists have pages, with a token where they are cut', async () => {
  const { core } = await groups(3);
  const describe = (input: autoscaling.DescribeAutoScalingGroupsCommandInput) =>
    core.send(new autoscaling.DescribeAutoScalingGroupsCommand(input));
  const first = await describe({ MaxRecords: 2 });
  expect(first.AutoScalingGroups?.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual([
    'g0',
    'g1',
  ]);
  const second = await describe({ MaxRecords: 2, NextToken: first.NextToken });
  expect(second.AutoScalingGroups).toHaveLength(1);
  expect(second.NextToken).toBeUndefined();
  const tags = await core.send(new autoscaling.DescribeTagsCommand({ MaxRecords: 1 }));
  expect(tags.Tags).toHaveLength(1);
  expect(tags.NextToken).toBeDefined();
  await expect(describe({ MaxRecords: 101 })).rejects.toThrow('less than or equal to 100');
  await expect(
    core.send(new autoscaling.DescribeAutoScalingInstancesCommand({ MaxRecords: 51 })),
  ).rejects.toThrow('less than or equal to 50');
});

test('filters that AWS does not have are refused, and those that it has are heeded', async () => {
  const { core } = await groups(2);
  const tags = (Name: string, ...Values: string[]) =>
    core.send(new autoscaling.DescribeTagsCommand({ Filters: [{ Name, Values }] }));
  expect((await tags('propagate-at-launch', 'true')).Tags).toMatchObject([{ ResourceId: 'g0' }]);
  expect((await tags('value', '1')).Tags).toMatchObject([{ ResourceId: 'g1' }]);
  await expect(tags('tag-key', 'number')).rejects.toThrow('Filter type tag-key is not correct.');
  const byTag = (Name: string) =>
    core.send(new autoscaling.DescribeAutoScalingGroupsCommand({ Filters: [{ Name, Values: ['1'] }] }));
  expect((await byTag('tag:number')).AutoScalingGroups).toHaveLength(1);
  await expect(byTag('number')).rejects.toThrow('Filter type number is not correct.');
});

test.each<[Partial<autoscaling.CreateAutoScalingGroupCommandInput>, string]>([
  [{ DeletionProtection: 'prevent-all-deletion' }, 'DeletionProtection = prevent-all-deletion is not served'],
  [
    { InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: 'retain' } } },
    'InstanceLifecyclePolicy.RetentionTriggers.TerminateHookAbandon = retain is not served',
  ],
  [{ TerminationPolicies: ['OldestInstance'] }, 'TerminationPolicies[0] = OldestInstance is not served'],
  [{ MaxInstanceLifetime: 86_400 }, 'MaxInstanceLifetime = 86400 is not served'],
  [{ HealthCheckType: 'EBS' }, 'HealthCheckType = EBS is not served'],
  [{ PlacementGroup: 'p' }, 'PlacementGroup is not served by the local AWS.'],
])('a group with %j is refused', async (settings, message) => {
  const { create } = await setUp();
  await expect(create(settings)).rejects.toThrow(message);
});

test('a group is told without its machines where they are not asked for', async () => {
  const { core, clock, create } = await setUp();
  await create({ DesiredCapacity: 1 });
  await clock.advance(60_000);
  const told = async (IncludeInstances?: boolean) => {
    const command = new autoscaling.DescribeAutoScalingGroupsCommand({ IncludeInstances });
    return (await core.send(command)).AutoScalingGroups?.[0]?.Instances?.length;
  };
  expect([await told(), await told(true), await told(false)]).toEqual([1, 1, 0]);
});
