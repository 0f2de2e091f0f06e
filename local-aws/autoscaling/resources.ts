import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import {
  AttachLoadBalancerTargetGroupsCommand,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DeleteNotificationConfigurationCommand,
  DeleteTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  DetachLoadBalancerTargetGroupsCommand,
  DisableMetricsCollectionCommand,
  EnableMetricsCollectionCommand,
  PutNotificationConfigurationCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Provisioned, Provisioning, ResourceType } from '../core/service';
import { asBefore } from '../core/template-input';
import { deleteHook, putHook } from './lifecycle-hook-resource';
import type { GroupProperties } from './properties';
import { groupAccepts, parseGroupProperties, settingDefaults } from './properties';
import { autoScalingTiming } from './timing';
import { needsRefresh, parseUpdatePolicy } from './update-policy';
import { refreshInstances } from './update-policy-refresh';

/**
 * `AWS::AutoScaling::AutoScalingGroup`: its `Ref` is the group's name. Creating and updating it waits
 * until the desired machines are in service, deleting it until they are gone. An update whose `UpdatePolicy`
 * asks for an instance refresh writes the group first and then waits for the refresh.
 */
export const groupResource: ResourceType = {
  accepts: groupAccepts,
  createOnly: ['AutoScalingGroupName', 'InstanceId'],

  async create(properties, provisioning) {
    const { core } = provisioning;
    parseUpdatePolicy(provisioning.updatePolicy);
    const wanted = parseGroupProperties(properties);
    const name = wanted.name ?? provisioning.generateName(255);
    await core.send(
      new CreateAutoScalingGroupCommand({
        ...wanted.settings,
        AutoScalingGroupName: name,
        DesiredCapacity: wanted.desiredCapacity,
        LaunchTemplate: wanted.template,
        TargetGroupARNs: [...wanted.targetGroupArns],
        LifecycleHookSpecificationList: [...wanted.hooks],
        Tags: [...allTags(wanted, provisioning)],
      }),
    );
    // Told before its machines are in service: where they never are, it has to be deleted all the same.
    provisioning.created?.(name);
    await applyMetrics(core, name, undefined, wanted.metrics);
    await applyNotifications(core, name, [], wanted.notifications);
    return stabilize(core, name);
  },

  async update(name, properties, oldProperties, provisioning) {
    const { core } = provisioning;
    const [old, wanted] = [parseGroupProperties(oldProperties), parseGroupProperties(properties)];
    const policy = parseUpdatePolicy(provisioning.updatePolicy);
    const sizes = policy.ignoresUnmodifiedSizes ? unmodifiedSizes(old, wanted) : {};
    const present = Object.entries(wanted.settings).filter(([, value]) => value !== undefined);
    const given = Object.fromEntries(present);
    const removed = Object.entries(old.settings).filter(
      ([key, value]) => value !== undefined && !(key in given),
    );
    const reset = Object.fromEntries(
      removed.map(([key]) => [key, settingDefaults[key as keyof typeof settingDefaults]]),
    );
    await applyHooks(core, name, old.hooks, wanted.hooks);
    await core.send(
      new UpdateAutoScalingGroupCommand({
        ...reset,
        ...given,
        AutoScalingGroupName: name,
        DesiredCapacity: wanted.desiredCapacity,
        LaunchTemplate: wanted.template,
        ...sizes,
      }),
    );
    const [added, gone] = difference(wanted.targetGroupArns, old.targetGroupArns);
    if (added.length > 0) {
      await core.send(
        new AttachLoadBalancerTargetGroupsCommand({
          AutoScalingGroupName: name,
          TargetGroupARNs: [...added],
        }),
      );
    }
    if (gone.length > 0) {
      await core.send(
        new DetachLoadBalancerTargetGroupsCommand({ AutoScalingGroupName: name, TargetGroupARNs: [...gone] }),
      );
    }
    await applyTags(core, name, old, wanted, provisioning);
    await applyMetrics(core, name, old.metrics, wanted.metrics);
    await applyNotifications(core, name, old.notifications, wanted.notifications);
    if (policy.refresh && needsRefresh(oldProperties, properties)) {
      const { InstanceMaintenancePolicy: maintenance } = wanted.settings;
      await refreshInstances(name, policy.refresh, maintenance, provisioning);
    }
    return stabilize(core, name);
  },

  async delete(name, _, { core }) {
    if (!(await read(core, name))) return;
    await core.send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: name,
        MinSize: 0,
        MaxSize: 0,
        DesiredCapacity: 0,
      }),
    );
    const until = core.clock.now() + autoScalingTiming.emptyMs;
    for (let group = await read(core, name); group; group = await read(core, name)) {
      const left = group.Instances?.length ?? 0;
      if (left === 0) {
        await deleteEmpty(core, name);
        return;
      }
      if (core.clock.now() > until) {
        throw new Fault('NotStabilized', `The Auto Scaling group ${name} still has ${left} machines.`);
      }
      await core.clock.sleep(autoScalingTiming.lookMs);
    }
  },
};

/** As a call has to give them so that they are not changed: not at all. */
function unmodifiedSizes(
  old: GroupProperties,
  wanted: GroupProperties,
): { MinSize?: undefined; MaxSize?: undefined; DesiredCapacity?: undefined } {
  return {
    ...(old.settings.MinSize === wanted.settings.MinSize && { MinSize: undefined }),
    ...(old.settings.MaxSize === wanted.settings.MaxSize && { MaxSize: undefined }),
    ...(old.desiredCapacity === wanted.desiredCapacity && { DesiredCapacity: undefined }),
  };
}

async function deleteEmpty(core: Core, name: string): Promise<void> {
  try {
    await core.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name, ForceDelete: true }));
  } catch (error) {
    // Somebody else was quicker.
    if (!(error instanceof Fault) || (await read(core, name))) throw error;
  }
}

/** Waits until the group has its machines in service. @throws Fault NotStabilized with the last failure's reason */
async function stabilize(core: Core, name: string): Promise<Provisioned> {
  const until = core.clock.now() + autoScalingTiming.stabilizeMs;
  for (;;) {
    const group = await read(core, name);
    if (!group) throw new Fault('NotFound', `The Auto Scaling group ${name} has been deleted meanwhile.`);
    const inService = (group.Instances ?? []).filter(
      ({ LifecycleState }) => LifecycleState === 'InService',
    ).length;
    const wanted = group.DesiredCapacity ?? 0;
    if (inService >= wanted) {
      return { physicalId: name, attributes: { AutoScalingGroupARN: group.AutoScalingGroupARN } };
    }
    if (core.clock.now() >= until) {
      const why = await lastFailure(core, name);
      throw new Fault(
        'NotStabilized',
        `Group did not stabilize: ${inService} of ${wanted} machines are in service.${why ? ` ${why}` : ''}`,
      );
    }
    await core.clock.sleep(autoScalingTiming.lookMs);
  }
}

async function lastFailure(core: Core, name: string): Promise<string | undefined> {
  const { Activities = [] } = await core.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name }),
  );
  // A launch that a lifecycle hook gave up is Cancelled, with the reason.
  return Activities.find(({ StatusCode, StatusMessage }) => StatusCode === 'Failed' || StatusMessage)
    ?.StatusMessage;
}

async function read(core: Core, name: string): Promise<AutoScalingGroup | undefined> {
  const { AutoScalingGroups = [] } = await core.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  return AutoScalingGroups[0];
}

/** CloudFormation gives the stack's tags to the group, and the group hands them on to its machines. */
function allTags(wanted: GroupProperties, { stackTags }: Provisioning): GroupProperties['tags'] {
  const own = new Set(wanted.tags.map(({ Key }) => Key));
  const inherited = stackTags.filter(({ Key }) => !own.has(Key));
  return [...wanted.tags, ...inherited.map((tag) => ({ ...tag, PropagateAtLaunch: true }))];
}

async function applyTags(
  core: Core,
  name: string,
  old: GroupProperties,
  wanted: GroupProperties,
  provisioning: Provisioning,
): Promise<void> {
  const onGroup = { ResourceId: name, ResourceType: 'auto-scaling-group' };
  const tags = allTags(wanted, provisioning).map((tag) => ({ ...onGroup, ...tag }));
  const keys = new Set(tags.map(({ Key }) => Key));
  const former = allTags(old, asBefore(provisioning)).map(({ Key }) => Key);
  const gone = former.filter((key) => !keys.has(key)).map((Key) => ({ ...onGroup, Key }));
  if (gone.length > 0) await core.send(new DeleteTagsCommand({ Tags: gone }));
  if (tags.length > 0) await core.send(new CreateOrUpdateTagsCommand({ Tags: tags }));
}

/**
 * CloudFormation changes the list with no interruption; Auto Scaling's own update does not take it, so each
 * hook is put by itself, before anything is launched by the rest of the update.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-autoscalinggroup.html
 */
async function applyHooks(
  core: Core,
  name: string,
  old: GroupProperties['hooks'],
  wanted: GroupProperties['hooks'],
): Promise<void> {
  const names = wanted.map(({ LifecycleHookName }) => LifecycleHookName);
  for (const { LifecycleHookName } of old) {
    if (!names.includes(LifecycleHookName)) await deleteHook(core, name, LifecycleHookName ?? '');
  }
  for (const hook of wanted) await putHook(core, name, hook);
}

async function applyMetrics(
  core: Core,
  name: string,
  old: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): Promise<void> {
  const group = { AutoScalingGroupName: name };
  if (old !== undefined) await core.send(new DisableMetricsCollectionCommand(group));
  if (wanted === undefined) return;
  await core.send(
    new EnableMetricsCollectionCommand({ ...group, Granularity: '1Minute', Metrics: [...wanted] }),
  );
}

async function applyNotifications(
  core: Core,
  name: string,
  old: GroupProperties['notifications'],
  wanted: GroupProperties['notifications'],
): Promise<void> {
  const [, gone] = difference(
    wanted.map(({ topicArn }) => topicArn),
    old.map(({ topicArn }) => topicArn),
  );
  const group = { AutoScalingGroupName: name };
  for (const TopicARN of gone) {
    await core.send(new DeleteNotificationConfigurationCommand({ ...group, TopicARN }));
  }
  for (const { topicArn, types } of wanted) {
    await core.send(
      new PutNotificationConfigurationCommand({
        ...group,
        TopicARN: topicArn,
        NotificationTypes: [...types],
      }),
    );
  }
}

/** What is only in the first, and what is only in the second. */
function difference(
  first: readonly string[],
  second: readonly string[],
): readonly [readonly string[], readonly string[]] {
  return [first.filter((each) => !second.includes(each)), second.filter((each) => !first.includes(each))];
}
