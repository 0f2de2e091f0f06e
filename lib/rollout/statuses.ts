import type {
  InstanceRefreshStatus,
  LifecycleState,
  ScalingActivityStatusCode,
} from '@aws-sdk/client-auto-scaling';
import type { StateValue } from '@aws-sdk/client-cloudwatch';
import type { TargetHealthStateEnum } from '@aws-sdk/client-elastic-load-balancing-v2';
import { meaningOf } from '../known-value';

/** Where an instance refresh stands, by its status. */
export type Stage =
  /** On its way to the desired configuration. */
  | 'forward'
  /** On its way back to what the group has saved. */
  | 'back'
  | 'cancelling'
  | 'successful'
  | 'rolledBack'
  /** Ended with machines of both kinds: failed, failed on the way back, or cancelled. */
  | 'broken';

const REFRESHES: Readonly<Record<InstanceRefreshStatus, Stage>> = {
  Pending: 'forward',
  InProgress: 'forward',
  Baking: 'forward',
  RollbackInProgress: 'back',
  Cancelling: 'cancelling',
  Successful: 'successful',
  RollbackSuccessful: 'rolledBack',
  Failed: 'broken',
  RollbackFailed: 'broken',
  Cancelled: 'broken',
};

/**
 * @throws Error naming a status that is not known
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/check-status-instance-refresh.html
 */
export function stageOf(status: string): Stage {
  return meaningOf(REFRESHES, status, 'An instance refresh has the unknown status');
}

/** Whether a refresh has just this status. @throws Error naming a status that is not known */
function isRefresh(status: string, expected: InstanceRefreshStatus): boolean {
  stageOf(status);
  return status === expected;
}

/** Whether a refresh in this status keeps another one from being started. */
export function isActive(status: string): boolean {
  const stage = stageOf(status);
  return stage === 'forward' || stage === 'back' || stage === 'cancelling';
}

/** Whether the refresh has not begun to replace machines: it can be cancelled, but not rolled back. */
export function isPending(status: string): boolean {
  return isRefresh(status, 'Pending');
}

/** Whether a refresh waits at a checkpoint that is not its end. */
export function isAtCheckpoint(refresh: {
  readonly status: string;
  readonly percentageComplete: number;
  readonly checkpoint?: number;
}): boolean {
  return (
    isRefresh(refresh.status, 'InProgress') &&
    refresh.checkpoint !== undefined &&
    refresh.percentageComplete >= refresh.checkpoint
  );
}

/** Whether a refresh was stopped by someone, with machines of both kinds left. */
export function isCancelled(status: string): boolean {
  return isRefresh(status, 'Cancelled');
}

/** Whether all machines were replaced, and only the bake time is being waited for. */
export function isBaking(status: string): boolean {
  return isRefresh(status, 'Baking');
}

/** What a machine's lifecycle state says of it. */
type Membership = 'starting' | 'held' | 'serving' | 'standby' | 'leaving' | 'warm';

const LIFECYCLES: Readonly<Record<LifecycleState, Membership>> = {
  Pending: 'starting',
  'Pending:Wait': 'held',
  'Pending:Proceed': 'starting',
  InService: 'serving',
  EnteringStandby: 'standby',
  Standby: 'standby',
  Quarantined: 'leaving',
  Terminating: 'leaving',
  'Terminating:Wait': 'leaving',
  'Terminating:Proceed': 'leaving',
  'Terminating:Retained': 'leaving',
  Terminated: 'leaving',
  Detaching: 'leaving',
  Detached: 'leaving',
  ReplacingRootVolume: 'leaving',
  'ReplacingRootVolume:Wait': 'leaving',
  'ReplacingRootVolume:Proceed': 'leaving',
  RootVolumeReplaced: 'leaving',
  'Warmed:Pending': 'warm',
  'Warmed:Pending:Wait': 'warm',
  'Warmed:Pending:Proceed': 'warm',
  'Warmed:Pending:Retained': 'warm',
  'Warmed:Terminating': 'warm',
  'Warmed:Terminating:Wait': 'warm',
  'Warmed:Terminating:Proceed': 'warm',
  'Warmed:Terminating:Retained': 'warm',
  'Warmed:Terminated': 'warm',
  'Warmed:Stopped': 'warm',
  'Warmed:Running': 'warm',
  'Warmed:Hibernated': 'warm',
};

/**
 * @throws Error naming a state that is not known
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
 */
function membershipOf(lifecycleState: string): Membership {
  return meaningOf(LIFECYCLES, lifecycleState, 'A machine is in the unknown lifecycle state');
}

/** Whether a machine in this lifecycle state is part of the fleet: it serves, or is going to. */
export function isInFleet(lifecycleState: string): boolean {
  const membership = membershipOf(lifecycleState);
  return membership === 'starting' || membership === 'held' || membership === 'serving';
}

/** Whether a machine that starts waits for its launch hook to be completed. */
export function isHeldByHook(lifecycleState: string): boolean {
  return membershipOf(lifecycleState) === 'held';
}

export function isInService(lifecycleState: string): boolean {
  return membershipOf(lifecycleState) === 'serving';
}

/** Whether a machine was taken out of service by hand, and stays in its group. */
export function isStandby(lifecycleState: string): boolean {
  return membershipOf(lifecycleState) === 'standby';
}

const TARGETS: Readonly<Record<TargetHealthStateEnum, 'healthy' | 'sick' | 'leaving' | 'not checked'>> = {
  healthy: 'healthy',
  unhealthy: 'sick',
  draining: 'leaving',
  'unhealthy.draining': 'leaving',
  initial: 'not checked',
  unused: 'not checked',
  unavailable: 'not checked',
};

/** @throws Error naming a state that is not known */
function targetOf(state: string) {
  return meaningOf(TARGETS, state, 'A target has the unknown state');
}

/** Whether a target in this state gets requests and answers them; a machine that is no target does not. */
export function isHealthyTarget(state: string | undefined): boolean {
  return state !== undefined && targetOf(state) === 'healthy';
}

/** Whether a target was checked and found sick. */
export function isSickTarget(state: string | undefined): boolean {
  return state !== undefined && targetOf(state) === 'sick';
}

/** Whether a target in this state gets no requests any more, because it is about to go. */
export function isLeavingTarget(state: string): boolean {
  return targetOf(state) === 'leaving';
}

const ACTIVITIES: Readonly<Record<ScalingActivityStatusCode, 'open' | 'done' | 'failed'>> = {
  PendingSpotBidPlacement: 'open',
  WaitingForSpotInstanceRequestId: 'open',
  WaitingForSpotInstanceId: 'open',
  WaitingForInstanceId: 'open',
  PreInService: 'open',
  InProgress: 'open',
  WaitingForELBConnectionDraining: 'open',
  MidLifecycleAction: 'open',
  WaitingForInstanceWarmup: 'open',
  WaitingForConnectionDraining: 'open',
  WaitingForInPlaceUpdateToStart: 'open',
  WaitingForInPlaceUpdateToFinalize: 'open',
  InPlaceUpdateInProgress: 'open',
  Successful: 'done',
  Failed: 'failed',
  Cancelled: 'failed',
};

/** @throws Error naming a status that is not known */
function activityIs(statusCode: string | undefined) {
  return meaningOf(ACTIVITIES, statusCode, 'A scaling activity has the unknown status');
}

export function isDoneActivity(statusCode: string | undefined): boolean {
  return activityIs(statusCode) === 'done';
}

/** Whether a scaling activity did not do what it was to do; `Cancelled` is a launch that a lifecycle hook abandoned. */
export function isFailedActivity(statusCode: string | undefined): boolean {
  return activityIs(statusCode) === 'failed';
}

const ALARMS: Readonly<Record<StateValue, 'quiet' | 'firing' | 'unknown'>> = {
  OK: 'quiet',
  ALARM: 'firing',
  INSUFFICIENT_DATA: 'unknown',
};

/** @throws Error naming a state that is not known */
function alarmOf(state: string) {
  return meaningOf(ALARMS, state, 'An alarm has the unknown state');
}

/** Whether an instance refresh starts with an alarm in this state. */
export function isQuietAlarm(state: string): boolean {
  return alarmOf(state) === 'quiet';
}

export function isFiringAlarm(state: string): boolean {
  return alarmOf(state) === 'firing';
}
