import type { _InstanceType } from '@aws-sdk/client-ec2';
import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DeregisterTargetsCommand, RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { templateOf } from '../../lib/refresh-model';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Sighting } from './health';
import type { Group, GroupInstance, GroupTemplate, Subnet } from './state';
import { at, beginActivity, endActivity, isPending, isPooled, isTerminating } from './state';
import { autoScalingTiming } from './timing';

const principalName = 'autoscaling.amazonaws.com';

/**
 * Launches one machine.
 * @param cause end of the activity's cause: `an instance was started in response to …`
 * @param intoWarmPool whether it is to wait in the warm pool
 * @returns whether it was launched; when it was not, the next launch waits
 */
export async function launch(
  core: Core,
  group: Group,
  template: GroupTemplate,
  cause: string,
  intoWarmPool = false,
): Promise<boolean> {
  const subnet = emptiest(group);
  const details = { 'Subnet ID': subnet.id, 'Availability Zone': subnet.zone };
  const full = `${group.request ?? ''}${at(core)} ${cause}`;
  const activity = beginActivity(core, group, 'Launching a new EC2 instance', full, details);
  const [override] = template.overrides ?? [];
  const own = templateOf(override, template);
  try {
    const tags = [...group.tags.values()].filter((tag) => tag.PropagateAtLaunch);
    const { Instances = [] } = await core.send(
      new RunInstancesCommand({
        LaunchTemplate: { LaunchTemplateId: own.id, Version: own.version },
        InstanceType: override?.instanceType as _InstanceType | undefined,
        ImageId: override?.imageId,
        MinCount: 1,
        MaxCount: 1,
        ...(subnet.id ? { SubnetId: subnet.id } : { Placement: { AvailabilityZone: subnet.zone } }),
        TagSpecifications: [
          {
            ResourceType: 'instance',
            Tags: [
              { Key: 'aws:autoscaling:groupName', Value: group.name },
              ...tags.map(({ Key, Value }) => ({ Key, Value })),
            ],
          },
        ],
      }),
      core.servicePrincipal(principalName),
    );
    const [launched] = Instances;
    if (!launched?.InstanceId) throw new Error('RunInstances returned no instance.');
    activity.Description = `Launching a new EC2 instance: ${launched.InstanceId}`;
    group.instances.set(launched.InstanceId, {
      id: launched.InstanceId,
      // An override's own template comes with its own name.
      template: { ...template, ...own },
      instanceType: (launched.InstanceType as _InstanceType | undefined) ?? '',
      imageId: launched.ImageId ?? '',
      zone: launched.Placement?.AvailabilityZone ?? subnet.zone,
      launchedAt: core.clock.now(),
      lifecycle: intoWarmPool ? 'Warmed:Pending' : 'Pending',
      healthStatus: 'Healthy',
      passing: false,
      actions: [],
      protectedFromScaleIn: group.settings.NewInstancesProtectedFromScaleIn ?? false,
      activity,
    });
    group.request = undefined;
    return true;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    endActivity(core, activity, 'Failed', `${sentence(error.message)} Launching EC2 instance failed.`);
    backOff(core, group);
    return false;
  }
}

/** Puts a machine that is running in service, and lets its target groups send it requests. */
export async function enterService(core: Core, group: Group, instance: GroupInstance): Promise<void> {
  await register(core, group, instance);
  // Meanwhile it may have been chosen to end.
  if (!isPending(instance)) return;
  instance.lifecycle = 'InService';
  instance.inServiceAt = core.clock.now();
  endActivity(core, instance.activity, 'Successful');
  instance.activity = undefined;
  group.launchFailures = 0;
}

/** A machine that runs has reached its place in the warm pool, out of its target groups. */
export function enterWarmPool(core: Core, instance: GroupInstance): void {
  instance.lifecycle = 'Warmed:Running';
  instance.warmedAt = core.clock.now();
  endActivity(core, instance.activity, 'Successful');
  instance.activity = undefined;
}

/** Takes a machine out of the warm pool and on its way into service. */
export function leaveWarmPool(core: Core, group: Group, instance: GroupInstance, cause: string): void {
  instance.lifecycle = 'Pending';
  instance.activity = beginActivity(
    core,
    group,
    `Launching a new EC2 instance from warm pool: ${instance.id}`,
    `${group.request ?? ''}${at(core)} ${cause}`,
    { 'Availability Zone': instance.zone },
  );
  group.request = undefined;
}

/**
 * Gives up a launch that a lifecycle hook held.
 * @param why `Lifecycle Action with token … was abandoned: …`
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/CHAP_Troubleshooting.html for the wording
 */
export async function abandonLaunch(
  core: Core,
  group: Group,
  instance: GroupInstance,
  why: string,
): Promise<void> {
  const message = `Instance failed to complete user's Lifecycle Action: ${why}`;
  if (instance.activity) instance.activity.Description += `.  Status Reason: ${message}`;
  endActivity(core, instance.activity, 'Cancelled', message);
  instance.activity = undefined;
  backOff(core, group);
  const cause = 'an instance was taken out of service because its launch was abandoned.';
  await beginTermination(core, group, instance, cause);
}

/**
 * Why a machine ended by itself, in EC2's words: ` Termination Reason: Client.InternalError: Client error on launch`.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html
 */
async function terminationReason(core: Core, { id }: GroupInstance): Promise<string> {
  const { Reservations = [] } = await core.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] }),
  );
  const message = Reservations[0]?.Instances?.[0]?.StateReason?.Message;
  return message ? ` Termination Reason: ${message}` : '';
}

/** Takes a machine out of service; `continueTermination` brings it to its end. */
export async function beginTermination(
  core: Core,
  group: Group,
  instance: GroupInstance,
  cause: string,
): Promise<void> {
  if (isPending(instance) && instance.healthStatus === 'Unhealthy') {
    endActivity(
      core,
      instance.activity,
      'Failed',
      `Instance became unhealthy while waiting for instance to be in InService state.${await terminationReason(core, instance)}`,
    );
    backOff(core, group);
  } else if (instance.activity) {
    endActivity(core, instance.activity, 'Cancelled');
  }
  instance.lifecycle = isPooled(instance) ? 'Warmed:Terminating' : 'Terminating';
  instance.actions = [];
  const drains = group.targetGroupArns.length > 0 && instance.inServiceAt !== undefined;
  instance.activity = beginActivity(
    core,
    group,
    `Terminating EC2 instance: ${instance.id}${drains ? ' - Waiting For ELB Connection Draining.' : ''}`,
    `${group.request ?? ''}${at(core)} ${cause}`,
    { 'Availability Zone': instance.zone },
    drains ? 'WaitingForELBConnectionDraining' : 'InProgress',
  );
  group.request = undefined;
  await deregister(core, group, instance);
}

/** Asks EC2 to end a machine when its connections are drained, and forgets it when it is gone. */
export async function continueTermination(
  core: Core,
  group: Group,
  instance: GroupInstance,
  sighting: Sighting,
): Promise<void> {
  const state = sighting.states.get(instance.id);
  if (state === undefined || state === 'terminated') {
    endActivity(core, instance.activity, 'Successful');
    group.instances.delete(instance.id);
    return;
  }
  const draining = (sighting.targets.get(instance.id) ?? []).some((target) => target !== 'unused');
  if (instance.ending || draining) return;
  instance.ending = true;
  if (instance.activity) {
    instance.activity.StatusCode = 'InProgress';
    instance.activity.Description = `Terminating EC2 instance: ${instance.id}`;
  }
  await core.send(
    new TerminateInstancesCommand({ InstanceIds: [instance.id] }),
    core.servicePrincipal(principalName),
  );
}

/** Registers a machine with target groups. */
export async function register(
  core: Core,
  group: Group,
  instance: GroupInstance,
  targetGroupArns: readonly string[] = group.targetGroupArns,
): Promise<void> {
  for (const arn of targetGroupArns) {
    await core.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id: instance.id }] }));
  }
}

/** Takes a machine out of target groups, which then drain it. */
export async function deregister(
  core: Core,
  group: Group,
  instance: GroupInstance,
  targetGroupArns: readonly string[] = group.targetGroupArns,
): Promise<void> {
  for (const arn of targetGroupArns) {
    try {
      await core.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id: instance.id }] }));
    } catch (error) {
      // The target group is gone, or never knew the machine: then there is nothing to drain.
      const isKnown = error instanceof Fault && ['TargetGroupNotFound', 'InvalidTarget'].includes(error.code);
      if (!isKnown) throw error;
    }
  }
}

function backOff(core: Core, group: Group): void {
  const { firstBackOffMs, longestBackOffMs } = autoScalingTiming;
  const pause = Math.min(longestBackOffMs, firstBackOffMs * 2 ** group.launchFailures);
  group.launchFailures++;
  group.launchNotBefore = core.clock.now() + pause;
}

/** The subnet whose zone has the fewest machines. */
function emptiest(group: Group): Subnet {
  const counts = new Map<string, number>();
  for (const instance of group.instances.values()) {
    const { zone } = instance;
    if (!isTerminating(instance)) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  const [first, ...others] = group.subnets;
  if (!first) throw new Error(`The Auto Scaling group ${group.name} has no subnet.`);
  return others.reduce(
    (best, each) => ((counts.get(each.zone) ?? 0) < (counts.get(best.zone) ?? 0) ? each : best),
    first,
  );
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
