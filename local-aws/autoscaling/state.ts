import { randomUUID } from 'node:crypto';
import type {
  Activity,
  CreateAutoScalingGroupType,
  DesiredConfiguration,
  LifecycleState,
  MixedInstancesPolicy,
  NotificationConfiguration,
  RefreshPreferences,
  ScalingActivityStatusCode,
  TagDescription,
  WarmPoolConfiguration,
} from '@aws-sdk/client-auto-scaling';
import type { Configuration, Refresh } from '../../lib/refresh-model';
import type { Core } from '../core/core';
import { groupNotFound, validationError } from './faults';

/** A launch template as a group refers to it, alone or in a mixed instances policy, and what that means now. */
export interface GroupTemplate extends Configuration {
  readonly name: string;
  /** `$Latest`, `$Default` or a number: what DescribeAutoScalingGroups returns. */
  readonly writtenVersion: string;
  readonly imageFromParameter: boolean;
  /** As it was given. */
  readonly policy?: MixedInstancesPolicy;
}

/** A machine of a group. */
export interface GroupInstance {
  readonly id: string;
  readonly template: GroupTemplate;
  readonly instanceType: string;
  readonly imageId: string;
  readonly zone: string;
  readonly launchedAt: number;
  lifecycle: LifecycleState;
  healthStatus: 'Healthy' | 'Unhealthy';
  /** Why it is Unhealthy, as the cause of its end says it: `an ELB system health check failure`. */
  unhealthyCause?: string;
  /** Whether a replacement was counted for it. */
  isBeingReplaced?: boolean;
  /** Whether it passed all of the group's health checks when they were last looked at. */
  passing: boolean;
  inServiceAt?: number;
  /** When it reached its state in the warm pool. */
  warmedAt?: number;
  protectedFromScaleIn: boolean;
  /** What it waits for in `Pending:Wait` or `Terminating:Wait`, one for each hook. */
  actions: readonly HookAction[];
  /** The launch or termination that is under way. */
  activity?: Activity;
  /** Whether EC2 was asked to end it. */
  ending?: boolean;
}

/** The transitions that hooks are served for. */
export const launchTransition = 'autoscaling:EC2_INSTANCE_LAUNCHING';
export const terminationTransition = 'autoscaling:EC2_INSTANCE_TERMINATING';
export type HookTransition = typeof launchTransition | typeof terminationTransition;

/** How a lifecycle action ends. */
export type LifecycleActionResult = 'CONTINUE' | 'ABANDON';

/** A lifecycle hook of a group. */
export interface GroupHook {
  readonly name: string;
  readonly transition: HookTransition;
  readonly heartbeatTimeoutSeconds: number;
  /** What becomes of a machine when the time is over. */
  readonly defaultResult: LifecycleActionResult;
  readonly metadata?: string;
}

/** A hook at work on one machine. */
export interface HookAction {
  readonly token: string;
  /** The hook as it was when the machine began to wait. */
  readonly hook: GroupHook;
  readonly startedAt: number;
  /** End of the heartbeat time-out. */
  until: number;
  /** What somebody completed it with. */
  result?: LifecycleActionResult;
}

/** An instance refresh: what AWS shows of it, and what the model says. */
export interface RefreshRecord {
  readonly id: string;
  readonly preferences: RefreshPreferences;
  readonly desiredConfiguration?: DesiredConfiguration;
  /** `$Latest` and `$Default` can come to mean another version. */
  target?: GroupTemplate;
  model: Refresh;
}

/** What CreateAutoScalingGroup and UpdateAutoScalingGroup set, but for template and desired capacity. */
export type GroupSettings = Omit<
  CreateAutoScalingGroupType,
  | 'AutoScalingGroupName'
  | 'LaunchTemplate'
  | 'MixedInstancesPolicy'
  | 'Tags'
  | 'TargetGroupARNs'
  | 'DesiredCapacity'
  | 'LifecycleHookSpecificationList'
>;

/** Where machines can be launched. */
export interface Subnet {
  readonly id?: string;
  readonly zone: string;
}

/** An Auto Scaling group. */
export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  settings: GroupSettings;
  desiredCapacity: number;
  template: GroupTemplate;
  subnets: readonly Subnet[];
  targetGroupArns: string[];
  readonly instances: Map<string, GroupInstance>;
  /** Oldest first. */
  readonly activities: Activity[];
  readonly refreshes: RefreshRecord[];
  warmPool?: WarmPoolConfiguration;
  readonly hooks: Map<string, GroupHook>;
  readonly tags: Map<string, TagDescription>;
  readonly suspended: Set<string>;
  readonly metrics: Set<string>;
  notifications: NotificationConfiguration[];
  /** Why the desired capacity is what it is, for the next activity's cause. */
  request?: string;
  /** Machines that are to replace an unhealthy one, for their activity's cause. */
  unhealthyReplacements: number;
  launchFailures: number;
  launchNotBefore: number;
  deleting: boolean;
}

/** Whether a machine is on its way into service. */
export function isPending({ lifecycle }: GroupInstance): boolean {
  return lifecycle === 'Pending' || lifecycle === 'Pending:Wait' || lifecycle === 'Pending:Proceed';
}

/** Whether a machine is in the warm pool, or on its way into it or out of it to its end. */
export function isPooled({ lifecycle }: GroupInstance): boolean {
  return lifecycle.startsWith('Warmed:');
}

/** Whether a machine is on its way out of the group. */
export function isTerminating({ lifecycle }: GroupInstance): boolean {
  return (
    lifecycle === 'Terminating' ||
    lifecycle === 'Terminating:Wait' ||
    lifecycle === 'Terminating:Proceed' ||
    lifecycle === 'Terminated' ||
    lifecycle === 'Warmed:Terminating'
  );
}

/** All groups of the account. */
export class AutoScalingState {
  readonly groups = new Map<string, Group>();
  /** Activities of deleted groups. */
  readonly past: Activity[] = [];

  constructor(readonly core: Core) {}

  get(name: string | undefined): Group {
    const group = this.groups.get(name ?? '');
    if (!group) throw groupNotFound();
    return group;
  }

  /** The group that a machine is in, with the machine. @throws Fault ValidationError */
  find(instanceId: string | undefined): { readonly group: Group; readonly instance: GroupInstance } {
    for (const group of this.groups.values()) {
      const instance = group.instances.get(instanceId ?? '');
      if (instance) return { group, instance };
    }
    throw validationError(`Instance Id not found - No managed instance found for instance ID: ${instanceId}`);
  }

  /** ARN of a group that exists, else with `*` for the id that it would have. */
  arn(name: string | undefined): string {
    return this.groups.get(name ?? '')?.arn ?? groupArn(this.core, name ?? '*', '*');
  }

  /** What a call on one group needs a permission on. */
  readonly onGroup = (input: { readonly AutoScalingGroupName?: string }): readonly string[] => [
    this.arn(input.AutoScalingGroupName),
  ];

  /** The newest refresh, active or not. */
  latestRefresh(group: Group): RefreshRecord | undefined {
    return group.refreshes.at(-1);
  }
}

/** ARN of a group; its id is made up where none is given. */
export function groupArn(core: Core, name: string, id: string = randomUUID()): string {
  return core.arn('autoscaling', `autoScalingGroup:${id}:autoScalingGroupName/${name}`);
}

/** Begins an activity. */
export function beginActivity(
  core: Core,
  group: Group,
  description: string,
  cause: string,
  details: Readonly<Record<string, string | undefined>>,
  status: ScalingActivityStatusCode = 'InProgress',
): Activity {
  const activity: Activity = {
    ActivityId: randomUUID(),
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    Description: description,
    Cause: cause,
    StartTime: new Date(core.clock.now()),
    StatusCode: status,
    Progress: 50,
    Details: JSON.stringify(details),
  };
  group.activities.push(activity);
  return activity;
}

/** Ends an activity, at the present. */
export function endActivity(
  core: Core,
  activity: Activity | undefined,
  status: ScalingActivityStatusCode,
  message?: string,
): void {
  if (!activity) return;
  activity.StatusCode = status;
  activity.StatusMessage = message;
  activity.Progress = 100;
  activity.EndTime = new Date(core.clock.now());
}

/** A moment in the words of an activity's cause: AWS leaves out the milliseconds. */
export function at(core: Core): string {
  return `At ${new Date(core.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')}`;
}
