import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { RefreshEvent } from '../../lib/refresh-model';
import { holding } from '../core/clock';
import type { Core } from '../core/core';
import type { Group, RefreshRecord } from './state';

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
  if (!core.service('events')) return;
  const checkpoint =
    event.checkpointPercentage === undefined
      ? {}
      : {
          CheckpointPercentage: String(event.checkpointPercentage),
          CheckpointDelay: String(record.model.preferences.checkpointDelaySeconds),
        };
  const entry = {
    Source: 'aws.autoscaling',
    DetailType: `EC2 Auto Scaling Instance Refresh ${event.name}`,
    Time: new Date(core.clock.now()),
    Resources: [group.arn],
    Detail: JSON.stringify({
      InstanceRefreshId: record.id,
      AutoScalingGroupName: group.name,
      ...checkpoint,
    }),
  };
  void holding(core.clock, async () => {
    try {
      await core.send(new PutEventsCommand({ Entries: [entry] }));
    } catch (error) {
      console.error(`The event '${entry.DetailType}' was lost:`, error);
    }
  });
}
