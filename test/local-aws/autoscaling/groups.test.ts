import {
  DeleteAutoScalingGroupCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateVersionCommand,
  DescribeInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { Fault } from '../../../local-aws/core/fault';
import { minute, setUp, until } from './fixture';

const fleet = { AutoScalingGroupName: 'fleet' };

async function started() {
  const world = await setUp();
  await world.create();
  await until(world.clock, async () => (await world.healthy()) === 4);
  const ids = ((await world.group())?.Instances ?? []).map(({ InstanceId }) => InstanceId ?? '');
  return { ...world, ids };
}

describe('a group', () => {
  it('is not made of an image that is gone, as operators report it', async () => {
    const { core, create, templateId: LaunchTemplateId } = await setUp();
    const ImageId = 'ami-0123456789abcdef0';
    const LaunchTemplateData = { ImageId, InstanceType: 't3.micro' } as const;
    await core.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData }));
    await expect(create({ LaunchTemplate: { LaunchTemplateId, Version: '4' } })).rejects.toMatchObject({
      code: 'ValidationError',
      message: `You must use a valid fully-formed launch template. The image id '[${ImageId}]' does not exist`,
    });
  });

  it('launches its machines over the zones, and puts them behind the target group', async () => {
    const { core, group, activities, ids, templateId } = await started();
    const instances = (await group())?.Instances ?? [];
    expect(instances).toHaveLength(4);
    const zones = instances.map(({ AvailabilityZone }) => AvailabilityZone);
    expect(new Set(zones).size).toBe(2);
    expect(zones.filter((zone) => zone === zones[0])).toHaveLength(2);
    expect(instances[0]).toMatchObject({
      LifecycleState: 'InService',
      HealthStatus: 'Healthy',
      ProtectedFromScaleIn: false,
      LaunchTemplate: { LaunchTemplateId: templateId, LaunchTemplateName: 'fleet', Version: '1' },
    });
    const { Reservations } = await core.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    const tags = Reservations?.[0]?.Instances?.[0]?.Tags ?? [];
    expect(tags).toContainEqual({ Key: 'aws:autoscaling:groupName', Value: 'fleet' });
    expect(tags).toContainEqual({ Key: 'aws:ec2launchtemplate:version', Value: '1' });
    const [first] = (await activities()).reverse();
    expect(first).toMatchObject({
      Description: `Launching a new EC2 instance: ${ids[0]}`,
      Cause:
        'At 2026-01-01T00:00:00Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 4.  ' +
        'At 2026-01-01T00:00:00Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 4.',
      StatusCode: 'Successful',
    });
  });

  it('drains before it ends a machine, and takes the oldest from the fullest zone', async () => {
    const { clock, core, targets, group, ids, activities } = await started();
    await core.send(new SetDesiredCapacityCommand({ ...fleet, DesiredCapacity: 3 }));
    await clock.advance(6_000);
    expect((await activities())[0]).toMatchObject({
      StatusCode: 'WaitingForELBConnectionDraining',
      Description: `Terminating EC2 instance: ${ids[0]} - Waiting For ELB Connection Draining.`,
    });
    expect((await targets()).get(ids[0] ?? '')).toBe('draining');
    const states = async () =>
      (await core.send(new DescribeInstancesCommand({ InstanceIds: [ids[0] ?? ''] }))).Reservations?.[0]
        ?.Instances?.[0]?.State?.Name;
    expect(await states()).toBe('running');
    await clock.advance(2 * minute);
    expect(await states()).toBe('terminated');
    expect((await group())?.Instances?.map(({ InstanceId }) => InstanceId)).toEqual(ids.slice(1));
    expect((await activities())[0]?.Cause).toMatch(
      /an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 4 to 3\. {2}At \S+ instance i-\w+ was selected for termination\.$/,
    );
  });

  it('leaves protected machines alone when it scales in', async () => {
    const { clock, core, group, ids } = await started();
    const protection = { ...fleet, InstanceIds: ids.slice(0, 3), ProtectedFromScaleIn: true };
    await core.send(new SetInstanceProtectionCommand(protection));
    await core.send(new SetDesiredCapacityCommand({ ...fleet, DesiredCapacity: 1 }));
    await clock.advance(3 * minute);
    expect((await group())?.Instances?.map(({ InstanceId }) => InstanceId)).toEqual(ids.slice(0, 3));
  });

  it('replaces a machine that EC2 says is gone', async () => {
    const { clock, core, healthy, group, ids, activities } = await started();
    await core.send(new TerminateInstancesCommand({ InstanceIds: [ids[0] ?? ''] }));
    await clock.advance(10_000);
    await until(clock, async () => (await healthy()) === 4);
    expect((await group())?.Instances?.map(({ InstanceId }) => InstanceId)).not.toContain(ids[0]);
    const causes = (await activities()).map(({ Cause }) => Cause ?? '').join('\n');
    expect(causes).toMatch(
      /taken out of service in response to an EC2 health check indicating it has been terminated or stopped\./,
    );
    expect(causes).toMatch(/launched in response to an unhealthy instance needing to be replaced\./);
  });

  it('replaces a machine that fails the load balancer after the grace period, and not before', async () => {
    const { clock, create, behaviours, activities, healthy } = await setUp();
    behaviours.set('v1', { status: () => 500 });
    await create({ DesiredCapacity: 1 });
    await clock.advance(2 * minute);
    expect(await activities()).toHaveLength(1);
    behaviours.clear();
    await until(clock, async () => (await healthy()) === 1);
    expect((await activities()).map(({ Cause }) => Cause ?? '').join('\n')).toMatch(
      /taken out of service in response to an ELB system health check failure\./,
    );
  });

  it('replaces a machine that a user calls unhealthy', async () => {
    const { clock, core, ids, activities } = await started();
    const health = { InstanceId: ids[0] ?? '', HealthStatus: 'Unhealthy', ShouldRespectGracePeriod: false };
    await core.send(new SetInstanceHealthCommand(health));
    await clock.advance(10_000);
    expect((await activities()).map(({ Cause }) => Cause ?? '').join('\n')).toMatch(/a user health-check\./);
  });

  it('tries again, less and less often, when launches fail', async () => {
    const { clock, create, behaviours, activities, group } = await setUp();
    behaviours.set('v1', {
      refused: new Fault('InvalidAMIID.NotFound', "The image id '[ami-1]' does not exist"),
    });
    await create({ DesiredCapacity: 1 });
    await clock.advance(5 * minute);
    const failed = await activities();
    expect(failed[0]).toMatchObject({
      StatusCode: 'Failed',
      Description: 'Launching a new EC2 instance',
      StatusMessage: "The image id '[ami-1]' does not exist. Launching EC2 instance failed.",
    });
    expect(failed.length).toBeGreaterThan(2);
    expect(failed.length).toBeLessThan(8);
    behaviours.clear();
    await until(clock, async () => (await group())?.Instances?.[0]?.LifecycleState === 'InService');
  });

  it('moves machines to standby and back', async () => {
    const { clock, core, healthy, targets, group, ids } = await started();
    const [first = ''] = ids;
    await core.send(
      new EnterStandbyCommand({ ...fleet, InstanceIds: [first], ShouldDecrementDesiredCapacity: true }),
    );
    await clock.advance(10_000);
    expect(await group()).toMatchObject({ DesiredCapacity: 3 });
    expect((await group())?.Instances).toHaveLength(4);
    expect((await targets()).get(first)).toBe('draining');
    await core.send(new ExitStandbyCommand({ ...fleet, InstanceIds: [first] }));
    await until(clock, async () => (await healthy()) === 4);
    expect(await group()).toMatchObject({ DesiredCapacity: 4 });
  });

  it('ends a machine for a user, and lowers the capacity when asked to', async () => {
    const { clock, core, group, ids } = await started();
    const { Activity } = await core.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: ids[0],
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    expect(Activity?.Cause).toMatch(/instance was taken out of service in response to a user request\.$/);
    await clock.advance(3 * minute);
    expect(await group()).toMatchObject({ DesiredCapacity: 3 });
    expect((await group())?.Instances).toHaveLength(3);
  });

  it('launches nothing while Launch is suspended', async () => {
    const { clock, core, group, ids } = await started();
    await core.send(new SuspendProcessesCommand({ ...fleet, ScalingProcesses: ['Launch'] }));
    await core.send(new TerminateInstancesCommand({ InstanceIds: [ids[0] ?? ''] }));
    await clock.advance(5 * minute);
    expect((await group())?.Instances).toHaveLength(3);
  });

  it('is deleted when it is empty, or by force', async () => {
    const { clock, core, create, group, machines } = await started();
    await expect(core.send(new DeleteAutoScalingGroupCommand(fleet))).rejects.toMatchObject({
      code: 'ResourceInUse',
    });
    await core.send(new DeleteAutoScalingGroupCommand({ ...fleet, ForceDelete: true }));
    await expect(create()).rejects.toMatchObject({
      code: 'AlreadyExists',
      message: expect.stringContaining('is being deleted'),
    });
    await until(clock, async () => (await group()) === undefined);
    expect(machines.running).toHaveLength(0);
  });

  it.each([
    ['a name that is taken', {}, 'AlreadyExists', /A group with the name fleet already exists/],
    ['bounds that contradict', { MinSize: 5, MaxSize: 4 }, 'ValidationError', /Min bound cannot be greater/],
    ['a desired capacity out of bounds', { DesiredCapacity: 11 }, 'ValidationError', /Desired capacity:11/],
    [
      'a subnet that does not exist',
      { VPCZoneIdentifier: 'subnet-0123' },
      'ValidationError',
      /subnet-0123.* does not exist/,
    ],
    [
      'a target group that does not exist',
      { TargetGroupARNs: ['arn:none'] },
      'ValidationError',
      /^Invalid target group ARN - /,
    ],
    ['no launch template', { LaunchTemplate: undefined }, 'ValidationError', /launchTemplateId/],
    [
      'a launch template version that does not exist',
      { LaunchTemplate: { LaunchTemplateName: 'fleet', Version: '9' } },
      'ValidationError',
      /valid fully-formed launch template.*version 9/,
    ],
    [
      'what is not modelled',
      { LoadBalancerNames: ['classic'] },
      'ValidationError',
      /LoadBalancerNames\[0\] = classic is not served by the local AWS; only none is/,
    ],
  ])('refuses %s', async (name, settings, code, message) => {
    const { create } = await setUp();
    if (name === 'a name that is taken') await create({ DesiredCapacity: 0 });
    await expect(create(settings)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('names a group that does not exist as AWS does', async () => {
    const { core } = await setUp();
    await expect(core.send(new UpdateAutoScalingGroupCommand(fleet))).rejects.toMatchObject({
      code: 'ValidationError',
      message: 'AutoScalingGroup name not found - AutoScalingGroup not found',
    });
  });
});
