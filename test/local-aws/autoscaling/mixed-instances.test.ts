import type { MixedInstancesPolicy, StartInstanceRefreshType } from '@aws-sdk/client-auto-scaling';
import {
  DetachLoadBalancerTargetGroupsCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateVersionCommand } from '@aws-sdk/client-ec2';
import { BASE_IMAGES } from '../../../local-aws/ec2/service';
import { setUp, until } from './fixture';

const fleet = { AutoScalingGroupName: 'fleet' };

async function serving() {
  const world = await setUp();
  const { core, clock, create, template, group, refreshes, healthy } = world;
  const policy = (
    version: string,
    more: object = {},
    types: readonly string[] = ['t3.small', 't3.micro'],
  ): MixedInstancesPolicy => ({
    LaunchTemplate: {
      LaunchTemplateSpecification: template(version),
      Overrides: types.map((InstanceType) => ({ InstanceType, ...more })),
    },
  });
  await create({ LaunchTemplate: undefined, MixedInstancesPolicy: policy('1'), DesiredCapacity: 2 });
  await until(clock, async () => (await healthy()) === 2);
  const start = (desired: MixedInstancesPolicy, more: Partial<StartInstanceRefreshType> = {}) =>
    core.send(
      new StartInstanceRefreshCommand({
        ...fleet,
        DesiredConfiguration: { MixedInstancesPolicy: desired },
        Preferences: { MinHealthyPercentage: 50, SkipMatching: true },
        ...more,
      }),
    );
  const ended = () => until(clock, async () => (await refreshes())[0]?.EndTime !== undefined);
  const machines = async () =>
    ((await group())?.Instances ?? [])
      .filter(({ LifecycleState }) => LifecycleState === 'InService')
      .map(({ InstanceType, LaunchTemplate }) => [InstanceType, LaunchTemplate?.Version]);
  return { ...world, policy, start, ended, machines };
}

describe('a mixed instances policy', () => {
  it('launches by its first override, and is described instead of a launch template', async () => {
    const { group, machines, policy } = await serving();
    expect(await machines()).toEqual([
      ['t3.small', '1'],
      ['t3.small', '1'],
    ]);
    expect(await group()).toMatchObject({ MixedInstancesPolicy: policy('1') });
    expect((await group())?.LaunchTemplate).toBeUndefined();
  });

  it('is brought to the fleet by a refresh, and saved when it has succeeded', async () => {
    const { start, ended, machines, policy, group, refreshes } = await serving();
    await start(policy('2', {}, ['t3.micro']));
    await ended();
    expect((await refreshes())[0]).toMatchObject({ Status: 'Successful', Strategy: 'Rolling' });
    expect(await machines()).toEqual([
      ['t3.micro', '2'],
      ['t3.micro', '2'],
    ]);
    expect(await group()).toMatchObject({ MixedInstancesPolicy: policy('2', {}, ['t3.micro']) });
  });

  it('is refreshed for other instance types alone, too', async () => {
    const { start, ended, machines, policy } = await serving();
    await start(policy('1', {}, ['t3.micro']));
    await ended();
    expect((await machines()).map(([type]) => type)).toEqual(['t3.micro', 't3.micro']);
  });

  it('takes the place of a launch template, and gives it back', async () => {
    const { core, group, template } = await serving();
    await core.send(new UpdateAutoScalingGroupCommand({ ...fleet, LaunchTemplate: template('1') }));
    expect(await group()).toMatchObject({ LaunchTemplate: template('1') });
    expect((await group())?.MixedInstancesPolicy).toBeUndefined();
  });

  it.each<[string, (policy: MixedInstancesPolicy) => MixedInstancesPolicy, RegExp]>([
    [
      'Spot Instances',
      (policy) => ({ ...policy, InstancesDistribution: { OnDemandPercentageAboveBaseCapacity: 50 } }),
      /OnDemandPercentageAboveBaseCapacity = 50 is not served by the local AWS; only 100 is/,
    ],
    [
      'weights',
      ({ LaunchTemplate }) => ({
        LaunchTemplate: {
          ...LaunchTemplate,
          Overrides: [{ InstanceType: 't3.micro', WeightedCapacity: '2' }],
        },
      }),
      /WeightedCapacity is not served/,
    ],
  ])('is refused with %s', async (_, change, message) => {
    const { start, policy } = await serving();
    await expect(start(change(policy('2')))).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringMatching(message),
    });
  });
});

describe('$Latest as desired version', () => {
  it('replaces finished machines again when another version is published meanwhile', async () => {
    const { core, clock, start, ended, machines, policy, templateId, refreshes } = await serving();
    await start(policy('$Latest'), { Preferences: { MinHealthyPercentage: 50, InstanceWarmup: 60 } });
    await until(clock, async () => (await refreshes())[0]?.PercentageComplete === 50);
    await core.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: templateId,
        SourceVersion: '3',
        LaunchTemplateData: {},
      }),
    );
    await ended();
    expect((await machines()).map(([, version]) => version)).toEqual(['4', '4']);
  });
});

describe('the strategy ReplaceRootVolume', () => {
  const Strategy = 'ReplaceRootVolume';
  it('is refused as AWS refuses it, and then because machines here have no root volumes', async () => {
    const { core, start, policy, targetGroupArn } = await serving();
    const withImages = policy('1', { ImageId: BASE_IMAGES.x86_64 });
    await expect(start(policy('1'), { Strategy })).rejects.toThrow(/t3.small has no ImageId/);
    await core.send(new UpdateAutoScalingGroupCommand({ ...fleet, MixedInstancesPolicy: withImages }));
    await expect(start(withImages, { Strategy })).rejects.toThrow(/a load balancer is attached/);
    await core.send(
      new DetachLoadBalancerTargetGroupsCommand({ ...fleet, TargetGroupARNs: [targetGroupArn] }),
    );
    await expect(start(withImages, { Strategy })).rejects.toThrow(/the machines of the local AWS have none/);
  });
});
