import { Duration, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import type { Release } from '../release/manifest';
import { observing, refreshing } from './permissions';
import type { Strategy } from './strategy';

export interface RolloutProps {
  /** Name of the Auto Scaling group, as a literal: the rollout runs before the group resource. */
  readonly groupName: string;
  readonly launchTemplateId: string;
  /** Number of the launch template version that the fleet is to run. */
  readonly targetVersion: string;
  /** Role of the machines' instance profile: whoever starts machines has to be allowed to pass it. */
  readonly machineRole: iam.IRole;
  /** Target group that says whether a machine serves. */
  readonly targetGroupArn: string;
  /** Alarms that turn the rollout back. @default none */
  readonly alarms?: readonly cloudwatch.IAlarm[];
  readonly strategy: Strategy;
  /**
   * How long the rollout goes on without a newly healthy machine before it turns back.
   * @default 15 minutes
   */
  readonly progressDeadline?: Duration;
  /** The release that is rolled out, for messages. */
  readonly release: Release;
}

/**
 * Brings a group's machines to a launch template version, and ends when the whole fleet runs it or is
 * back on what it ran before. It runs before the group resource, which takes its version from here: so
 * CloudFormation writes what Auto Scaling has already saved. Without a group there is nothing to do.
 */
export class Rollout extends Construct {
  /** Launch template version for the group: the one that its machines run. */
  readonly launchTemplateVersion: string;

  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const resource = new LongRunningResource(this, 'Resource', {
      kind: { id: 'Rollout', resourceType: 'Custom::Rollout', step: 'rollout' },
      properties: {
        GroupName: props.groupName,
        LaunchTemplateId: props.launchTemplateId,
        TargetVersion: props.targetVersion,
        TargetGroupArn: props.targetGroupArn,
        AlarmNames: (props.alarms ?? []).map((alarm) => alarm.alarmName),
        ...props.strategy.properties,
        ProgressDeadlineSeconds: (props.progressDeadline ?? Duration.minutes(15)).toSeconds(),
        Application: props.release.application,
        Version: props.release.version,
      },
      permissions: [
        observing(['cloudwatch:DescribeAlarms']),
        { actions: ['cloudformation:DescribeStacks'], resources: [stack.stackId] },
        ...refreshing(stack, props),
      ],
    });
    this.launchTemplateVersion = resource.attribute('LaunchTemplateVersion');
  }
}
