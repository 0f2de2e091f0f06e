import type { LifecycleHookSpecification } from '@aws-sdk/client-auto-scaling';
import {
  CompleteLifecycleActionCommand,
  DeleteLifecycleHookCommand,
  DescribeLifecycleHooksCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  PutLifecycleHookCommand,
  RecordLifecycleActionHeartbeatCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateVersionCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { unservedMember } from '../../../local-aws/core/accepts';
import type { Properties } from '../../../local-aws/core/service';
import { provisioningOf } from '../provisioning';
import { minute, setUp, until } from './fixture';

const fleet = { AutoScalingGroupName: 'fleet' };
const OTHER_TOKEN = '00000000-0000-0000-0000-000000000000';
const hook = {
  LifecycleHookName: 'serving',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  HeartbeatTimeout: 300,
} satisfies LifecycleHookSpecification;

/** A group with one machine that has just begun to wait for its launch hook. */
async function waiting(...hooks: Partial<LifecycleHookSpecification>[]) {
  const world = await setUp();
  const { core, clock, create, group, targets, activities } = world;
  const LifecycleHookSpecificationList = hooks.map((each) => ({ ...hook, ...each }));
  await create({ DesiredCapacity: 1, LifecycleHookSpecificationList });
  const machine = async () => (await group())?.Instances?.[0];
  await until(clock, async () => (await machine())?.LifecycleState === 'Pending:Wait');
  const id = (await machine())?.InstanceId ?? '';
  const state = async () =>
    (await group())?.Instances?.find(({ InstanceId }) => InstanceId === id)?.LifecycleState;
  const complete = (LifecycleActionResult: string, LifecycleHookName = 'serving') =>
    core.send(
      new CompleteLifecycleActionCommand({
        ...fleet,
        LifecycleHookName,
        InstanceId: id,
        LifecycleActionResult,
      }),
    );
  /** The launch of that machine. */
  const launch = async () => (await activities()).find((each) => each.Description?.startsWith(launching));
  const launching = `Launching a new EC2 instance: ${id}`;
  return {
    ...world,
    id,
    state,
    complete,
    launch,
    launching,
    isTarget: async () => (await targets()).has(id),
  };
}

describe('a launch hook', () => {
  it('keeps a machine out of service, and from the target group, until it is completed', async () => {
    const { clock, state, complete, isTarget, launch } = await waiting({});
    await clock.advance(4 * minute);
    expect([await state(), await isTarget()]).toEqual(['Pending:Wait', false]);
    await complete('CONTINUE');
    await clock.advance(1_000);
    expect([await state(), await isTarget()]).toEqual(['InService', true]);
    expect(await launch()).toMatchObject({ StatusCode: 'Successful' });
  });

  it.each([
    ['is completed with ABANDON', {}, 'ABANDON', 0, 'Lifecycle Action Completed with ABANDON Result'],
    ['times out', {}, undefined, 5 * minute, 'Heartbeat Timeout'],
    ['is deleted', {}, 'delete', 0, 'Lifecycle Action Completed with ABANDON Result'],
  ])('that %s ends the machine, and another is launched later', async (_, settings, result, ms, why) => {
    const { core, clock, state, complete, launch, launching, isTarget, group, id } = await waiting(settings);
    if (result === 'delete') {
      await core.send(new DeleteLifecycleHookCommand({ ...fleet, LifecycleHookName: 'serving' }));
    } else if (result) await complete(result);
    await clock.advance(ms + 6_000);
    expect(await state()).toBe('Terminating');
    expect(await isTarget()).toBe(false);
    const { StatusCode, StatusMessage, Description } = (await launch()) ?? {};
    expect(StatusCode).toBe('Cancelled');
    expect(StatusMessage).toMatch(
      new RegExp(
        `^Instance failed to complete user's Lifecycle Action: Lifecycle Action with token [0-9a-f-]{36} was abandoned: ${why}$`,
      ),
    );
    expect(Description).toBe(`${launching}.  Status Reason: ${StatusMessage}`);
    expect((await group())?.Instances).toHaveLength(1);
    await clock.advance(2 * minute);
    const ids = (await group())?.Instances?.map(({ InstanceId }) => InstanceId);
    expect(ids).toHaveLength(1);
    expect(ids).not.toContain(id);
  });

  it('with the default result CONTINUE lets the machine go on when its time is over', async () => {
    const { clock, state, launch } = await waiting({ DefaultResult: 'CONTINUE' });
    await clock.advance(5 * minute + 6_000);
    expect(await state()).toBe('InService');
    expect(await launch()).toMatchObject({ StatusCode: 'Successful' });
  });

  it('starts its time again with every heartbeat', async () => {
    const { core, clock, state, id } = await waiting({});
    const beat = new RecordLifecycleActionHeartbeatCommand({
      ...fleet,
      LifecycleHookName: 'serving',
      InstanceId: id,
    });
    for (let beats = 0; beats < 3; beats++) {
      await clock.advance(4 * minute);
      await core.send(beat);
    }
    expect(await state()).toBe('Pending:Wait');
    await clock.advance(5 * minute + 6_000);
    expect(await state()).not.toBe('Pending:Wait');
    await expect(core.send(beat)).rejects.toThrow(`No active Lifecycle Action found with instance ID ${id}`);
  });

  it('beside another one has a machine wait for both', async () => {
    const { clock, state, complete } = await waiting({}, { LifecycleHookName: 'other' });
    await complete('CONTINUE');
    await clock.advance(10_000);
    expect(await state()).toBe('Pending:Wait');
    await complete('CONTINUE', 'other');
    await clock.advance(1_000);
    expect(await state()).toBe('InService');
  });

  it('holds no machine that comes back from standby', async () => {
    const { core, clock, state, complete, id } = await waiting({});
    await complete('CONTINUE');
    await clock.advance(1_000);
    const machine = { ...fleet, InstanceIds: [id] };
    await core.send(new EnterStandbyCommand({ ...machine, ShouldDecrementDesiredCapacity: true }));
    await core.send(new ExitStandbyCommand(machine));
    await clock.advance(6_000);
    expect(await state()).toBe('InService');
  });

  it.each<[string, object, RegExp]>([
    ['twice', { InstanceId: 'the machine' }, /^No active Lifecycle Action found with instance ID i-\w+$/],
    ['for another machine', { InstanceId: 'i-1' }, /^No active Lifecycle Action found with instance ID i-1$/],
    [
      'with another token',
      { LifecycleActionToken: OTHER_TOKEN },
      /^No active Lifecycle Action found with token 0{8}-/,
    ],
    ['for nobody', {}, /LifecycleActionToken or InstanceId/],
    ['with another word', { InstanceId: 'i-1', LifecycleActionResult: 'OK' }, /or ABANDON; found 'OK'/],
  ])('is not completed %s', async (how, input, message) => {
    const { core, complete, id } = await waiting({});
    if (how === 'twice') await complete('CONTINUE');
    const command = new CompleteLifecycleActionCommand({
      ...fleet,
      LifecycleHookName: 'serving',
      LifecycleActionResult: 'CONTINUE',
      ...input,
      ...(how === 'twice' ? { InstanceId: id } : {}),
    });
    await expect(core.send(command)).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringMatching(message),
    });
  });

  it('is put, described with its defaults, and changed', async () => {
    const { core, create } = await setUp();
    await create({ DesiredCapacity: 0 });
    const { HeartbeatTimeout: _, ...plain } = hook;
    await core.send(new PutLifecycleHookCommand({ ...fleet, ...plain }));
    const described = async () =>
      (await core.send(new DescribeLifecycleHooksCommand(fleet))).LifecycleHooks?.[0];
    expect(await described()).toMatchObject({
      ...plain,
      HeartbeatTimeout: 3600,
      GlobalTimeout: 172_800,
      DefaultResult: 'ABANDON',
    });
    await core.send(
      new PutLifecycleHookCommand({ ...fleet, LifecycleHookName: 'serving', HeartbeatTimeout: 60 }),
    );
    expect(await described()).toMatchObject({ ...plain, HeartbeatTimeout: 60, GlobalTimeout: 6000 });
  });

  it.each([
    [{ LifecycleTransition: 'autoscaling:TEST_NOTIFICATION' }, /found autoscaling:TEST_NOTIFICATION/],
    [{ LifecycleTransition: undefined }, /found none/],
    [{ HeartbeatTimeout: 29 }, /from 30 to 7200 seconds; found 29/],
    [{ DefaultResult: 'RETRY' }, /DefaultResult is CONTINUE or ABANDON; found 'RETRY'/],
    [{ LifecycleHookName: 'a b' }, /Value 'a b' at 'lifecycleHookName' failed/],
    [{ RoleARN: 'arn:role' }, /RoleARN is not served/],
  ])('is refused with %p', async (settings, message) => {
    const { core, create } = await setUp();
    await create({ DesiredCapacity: 0 });
    const put = new PutLifecycleHookCommand({ ...fleet, ...hook, ...settings });
    await expect(core.send(put)).rejects.toThrow(message);
  });
});

describe('in CloudFormation', () => {
  async function provisioned() {
    const world = await setUp();
    const { core, autoScaling, templateId, subnetIds } = world;
    const provisioning = provisioningOf(core, 'Hook');
    const properties: Properties = {
      ...fleet,
      MinSize: '0',
      MaxSize: '1',
      LaunchTemplate: { LaunchTemplateId: templateId, Version: 1 },
      VPCZoneIdentifier: subnetIds,
    };
    const hooks = async () =>
      (await core.send(new DescribeLifecycleHooksCommand(fleet))).LifecycleHooks?.map(
        ({ LifecycleHookName, HeartbeatTimeout }) => [LifecycleHookName, HeartbeatTimeout],
      );
    return { ...world, types: autoScaling.resourceTypes, provisioning, properties, hooks };
  }

  it("a group's list is made with it, and changed with no interruption", async () => {
    const { clock, types, provisioning, properties, hooks } = await provisioned();
    const type = types['AWS::AutoScaling::AutoScalingGroup']!;
    const list = (...LifecycleHookSpecificationList: object[]) => ({
      ...properties,
      LifecycleHookSpecificationList,
    });
    const first = list({ ...hook, HeartbeatTimeout: '300' }, { ...hook, LifecycleHookName: 'other' });
    await clock.runUntil(type.create(first, provisioning));
    expect(await hooks()).toEqual([
      ['serving', 300],
      ['other', 300],
    ]);
    const second = list({ ...hook, HeartbeatTimeout: '600' });
    await clock.runUntil(type.update!('fleet', second, first, provisioning));
    expect(await hooks()).toEqual([['serving', 600]]);
    expect(unservedMember(type.accepts!, list({ ...hook, Timeout: 1 }))).toBe(
      'LifecycleHookSpecificationList[0].Timeout is not served by the local AWS.',
    );
  });

  it('a hook of its own is made, changed and deleted, and may be gone already', async () => {
    const { clock, create, types, provisioning, hooks } = await provisioned();
    await create({ DesiredCapacity: 0 });
    const type = types['AWS::AutoScaling::LifecycleHook']!;
    const { LifecycleHookName: _, ...unnamed } = { ...fleet, ...hook };
    expect(await clock.runUntil(type.create(unnamed, provisioning))).toMatchObject({
      physicalId: 'Stack-Hook',
    });
    const changed = { ...unnamed, HeartbeatTimeout: undefined };
    await clock.runUntil(type.update!('Stack-Hook', changed, unnamed, provisioning));
    expect(await hooks()).toEqual([['Stack-Hook', 3600]]);
    await type.delete('Stack-Hook', changed, provisioning);
    await type.delete('Stack-Hook', changed, provisioning);
    await type.delete('Stack-Hook', { ...changed, AutoScalingGroupName: 'gone' }, provisioning);
    expect(await hooks()).toEqual([]);
  });

  it('a group whose machines are given up does not stabilize, and says why', async () => {
    const { clock, types, provisioning, properties } = await provisioned();
    const wanted = { ...properties, MinSize: '1', LifecycleHookSpecificationList: [hook] };
    const made = types['AWS::AutoScaling::AutoScalingGroup']!.create(wanted, provisioning);
    await expect(clock.runUntil(made, 60 * minute)).rejects.toThrow(
      /0 of 1 machines are in service\. Instance failed to complete user's Lifecycle Action: .*Heartbeat Timeout/,
    );
  });
});

describe('machines that say themselves when they serve', () => {
  const userData = (version: string) =>
    [
      `APPLICATION='guestbook'`,
      `VERSION='${version}'`,
      `ARTIFACT_URI='s3://assets/a.tar'`,
      `ARTIFACT_SHA256='${'a'.repeat(64)}'`,
      `COMMAND='["node","server.js"]'`,
      `PORT='8080'`,
      `LAUNCH_HOOK='serving'`,
    ].join('\n');

  /** A group of two machines whose user data installs a release, with the given permission. */
  async function announced({ action = 'autoscaling:CompleteLifecycleAction', tags = 'enabled' } = {}) {
    const world = await setUp();
    const { core, clock, create, templateId, template } = world;
    const machine = { RoleName: 'machine' };
    const document = (Statement: object) =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...Statement }] });
    await core.send(
      new CreateRoleCommand({
        ...machine,
        AssumeRolePolicyDocument: document({
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
      }),
    );
    const Resource = core.arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/fleet');
    await core.send(
      new PutRolePolicyCommand({
        ...machine,
        PolicyName: 'hook',
        PolicyDocument: document({ Action: action, Resource }),
      }),
    );
    const profile = { InstanceProfileName: 'machine' };
    await core.send(new CreateInstanceProfileCommand(profile));
    await core.send(new AddRoleToInstanceProfileCommand({ ...profile, ...machine }));
    const release = async (version: string) => {
      const { LaunchTemplateVersion } = await core.send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId: templateId,
          SourceVersion: '1',
          LaunchTemplateData: {
            UserData: Buffer.from(userData(version)).toString('base64'),
            IamInstanceProfile: { Name: 'machine' },
            MetadataOptions: { InstanceMetadataTags: tags as 'enabled' },
          },
        }),
      );
      return template(String(LaunchTemplateVersion?.VersionNumber));
    };
    const start = await release('1.0.0');
    await create({
      DesiredCapacity: 2,
      LaunchTemplate: start,
      HealthCheckGracePeriod: 0,
      LifecycleHookSpecificationList: [{ ...hook, HeartbeatTimeout: 600 }],
    });
    /** Goes on until something holds; returns all states that targets had meanwhile. */
    const watch = async (holds: () => Promise<boolean>) => {
      const seen = new Set<string>();
      await until(clock, async () => {
        for (const state of (await world.targets()).values()) seen.add(state ?? '');
        return holds();
      });
      return [...seen];
    };
    return { ...world, release, watch };
  }

  it('are never unhealthy while they boot and install', async () => {
    const { clock, watch, healthy, activities, machines } = await announced();
    const seen = await watch(async () => (await healthy()) === 2);
    expect(seen).not.toContain('unhealthy');
    await clock.advance(5 * minute);
    expect(await healthy()).toBe(2);
    // Nobody was taken for sick, although there is no grace period.
    expect(await activities()).toHaveLength(2);
    expect(machines.consoleOutput(machines.running[0]?.instanceId ?? '')).toContain(
      'announce: told fleet by its lifecycle hook serving that the service answers',
    );
  });

  it('are replaced by a refresh with no target unhealthy, and none too few', async () => {
    const { core, release, watch, healthy, refreshes, versions } = await announced();
    await watch(async () => (await healthy()) === 2);
    const LaunchTemplate = await release('1.1.0');
    await core.send(
      new StartInstanceRefreshCommand({
        ...fleet,
        DesiredConfiguration: { LaunchTemplate },
        Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 },
      }),
    );
    let least = 2;
    let waited = false;
    const seen = await watch(async () => {
      least = Math.min(least, await healthy());
      const [refresh] = await refreshes();
      waited ||= refresh?.StatusReason?.includes('is not in service yet') ?? false;
      return refresh?.Status === 'Successful';
    });
    expect({ least, waited }).toEqual({ least: 2, waited: true });
    expect(seen).not.toContain('unhealthy');
    expect(await versions()).toEqual([LaunchTemplate.Version, LaunchTemplate.Version]);
  });

  it('that never answer turn the refresh back, and the old ones stay', async () => {
    const { core, release, watch, healthy, refreshes, behaviours, versions } = await announced();
    await watch(async () => (await healthy()) === 2);
    const before = await versions();
    behaviours.set(userData('2.0.0'), { status: () => 'refused' });
    await core.send(
      new StartInstanceRefreshCommand({
        ...fleet,
        DesiredConfiguration: { LaunchTemplate: await release('2.0.0') },
        Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, AutoRollback: true },
      }),
    );
    let least = 2;
    const seen = await watch(async () => {
      least = Math.min(least, await healthy());
      return (await refreshes())[0]?.Status === 'RollbackSuccessful';
    });
    expect(least).toBe(2);
    expect(seen).not.toContain('unhealthy');
    expect(await versions()).toEqual(before);
  });

  it.each([
    [
      'without the permission',
      { action: 'autoscaling:RecordLifecycleActionHeartbeat' },
      /completing the lifecycle hook serving of fleet failed: .*autoscaling:CompleteLifecycleAction on resource: arn:aws:autoscaling:\S+autoScalingGroupName\/fleet/s,
    ],
    [
      'whose metadata service shows no tags',
      { tags: 'disabled' },
      /has to set InstanceMetadataTags to enabled/,
    ],
  ])('%s say so on their console, and are given up', async (_, settings, message) => {
    const { core, clock, machines, activities, group } = await announced(settings);
    await clock.advance(4 * minute);
    const { Reservations = [] } = await core.send(new DescribeInstancesCommand({}));
    expect(Reservations).toHaveLength(2);
    expect(machines.consoleOutput(machines.running[0]?.instanceId ?? '')).toMatch(message);
    expect((await group())?.Instances?.map(({ LifecycleState }) => LifecycleState)).toEqual([
      'Pending:Wait',
      'Pending:Wait',
    ]);
    await clock.advance(7 * minute);
    expect((await activities()).map(({ StatusMessage }) => StatusMessage ?? '').join()).toMatch(
      /Heartbeat Timeout/,
    );
  });
});
