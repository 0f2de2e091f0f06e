import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { RefreshEvent } from '../../lib/refresh-model';
import { holding } from '../core/clock';
import type { Core } from '../core/core';
import type { Group, GroupInstance, HookAction, RefreshRecord } from './state';
import { launchTransition } from './state';

/**
 * Tells EventBridge about a refresh, without waiting for it: delivery is best effort.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-eventbridge-events.html
 */
export function publishRefreshEvent(
  core: Core,
  group: Group,
  record: RefreshRecord,
  event: RefreshEvent,
): void {
  const checkpoint =
    event.checkpointPercentage === undefined
      ? {}
      : {
          CheckpointPercentage: String(event.checkpointPercentage),
          CheckpointDelay: String(record.model.preferences.checkpointDelaySeconds),
        };
  publish(core, group, `EC2 Auto Scaling Instance Refresh ${event.name}`, {
    InstanceRefreshId: record.id,
    ...checkpoint,
  });
}

/**
 * Tells EventBridge that a machine waits for a hook.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html
 */
export function publishHookAction(
  core: Core,
  group: Group,
  { id }: GroupInstance,
  { token, hook }: HookAction,
): void {
  const isLaunch = hook.transition === launchTransition;
  publish(core, group, `EC2 Instance-${isLaunch ? 'launch' : 'terminate'} Lifecycle Action`, {
    LifecycleActionToken: token,
    LifecycleHookName: hook.name,
    EC2InstanceId: id,
    LifecycleTransition: hook.transition,
    NotificationMetadata: hook.metadata,
    Origin: isLaunch ? 'EC2' : 'AutoScalingGroup',
    Destination: isLaunch ? 'AutoScalingGroup' : 'EC2',
  });
}

function publish(
  core: Core,
  group: Group,
  detailType: string,
  detail: Readonly<Record<string, string | undefined>>,
): void {
  if (!core.service('events')) return;
  const entry = {
    Source: 'aws.autoscaling',
    DetailType: detailType,
    Time: new Date(core.clock.now()),
    Resources: [group.arn],
    Detail: JSON.stringify({ AutoScalingGroupName: group.name, ...detail }),
  };
  void holding(core.clock, async () => {
    try {
      await core.send(new PutEventsCommand({ Entries: [entry] }));
    } catch (error) {
      console.error(`The event '${entry.DetailType}' was lost:`, error);
    }
  });
}
