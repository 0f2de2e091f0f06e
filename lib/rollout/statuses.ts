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

/**
 * @throws Error naming a status that is not known
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/check-status-instance-refresh.html
 */
export function stageOf(status: string): Stage {
  switch (status) {
    case 'Pending':
    case 'InProgress':
    case 'Baking':
      return 'forward';
    case 'RollbackInProgress':
      return 'back';
    case 'Cancelling':
      return 'cancelling';
    case 'Successful':
      return 'successful';
    case 'RollbackSuccessful':
      return 'rolledBack';
    case 'Failed':
    case 'RollbackFailed':
    case 'Cancelled':
      return 'broken';
    default:
      throw new Error(`An instance refresh has the unknown status "${status}".`);
  }
}

/** Whether a refresh in this status keeps another one from being started. */
export function isActive(status: string): boolean {
  const stage = stageOf(status);
  return stage === 'forward' || stage === 'back' || stage === 'cancelling';
}

/** Whether the refresh has not begun to replace machines: it can be cancelled, but not rolled back. */
export function isPending(status: string): boolean {
  return status === 'Pending';
}

/** Whether a refresh waits at a checkpoint that is not its end. */
export function isAtCheckpoint(refresh: {
  readonly status: string;
  readonly percentageComplete: number;
  readonly checkpoint?: number;
}): boolean {
  return (
    refresh.status === 'InProgress' &&
    refresh.checkpoint !== undefined &&
    refresh.percentageComplete >= refresh.checkpoint
  );
}

/** Whether a refresh was stopped by someone, with machines of both kinds left. */
export function isCancelled(status: string): boolean {
  return status === 'Cancelled';
}

/** Whether all machines were replaced, and only the bake time is being waited for. */
export function isBaking(status: string): boolean {
  return status === 'Baking';
}

/**
 * Whether a machine in this lifecycle state is part of the fleet: it serves, or is going to.
 * @throws Error naming a state that is not known
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
 */
export function isInFleet(lifecycleState: string): boolean {
  switch (lifecycleState) {
    case 'Pending':
    case 'Pending:Wait':
    case 'Pending:Proceed':
    case 'InService':
      return true;
    case 'Quarantined':
    case 'Terminating':
    case 'Terminating:Wait':
    case 'Terminating:Proceed':
    case 'Terminating:Retained':
    case 'Terminated':
    case 'Detaching':
    case 'Detached':
    case 'EnteringStandby':
    case 'Standby':
    case 'ReplacingRootVolume':
    case 'ReplacingRootVolume:Wait':
    case 'ReplacingRootVolume:Proceed':
    case 'RootVolumeReplaced':
    case 'Warmed:Pending':
    case 'Warmed:Pending:Wait':
    case 'Warmed:Pending:Proceed':
    case 'Warmed:Pending:Retained':
    case 'Warmed:Terminating':
    case 'Warmed:Terminating:Wait':
    case 'Warmed:Terminating:Proceed':
    case 'Warmed:Terminating:Retained':
    case 'Warmed:Terminated':
    case 'Warmed:Stopped':
    case 'Warmed:Running':
    case 'Warmed:Hibernated':
      return false;
    default:
      throw new Error(`A machine is in the unknown lifecycle state "${lifecycleState}".`);
  }
}

/** Whether a machine that starts waits for its launch hook to be completed. */
export function isHeldByHook(lifecycleState: string): boolean {
  return lifecycleState === 'Pending:Wait';
}

export function isInService(lifecycleState: string): boolean {
  return lifecycleState === 'InService';
}

/** Whether a target in this state gets requests and answers them. */
export function isHealthyTarget(state: string): boolean {
  return state === 'healthy';
}

/** Whether a target was checked and found sick. */
export function isSickTarget(state: string): boolean {
  return state === 'unhealthy';
}

/** Whether a target in this state gets no requests any more, because it is about to go. */
export function isLeavingTarget(state: string): boolean {
  return state === 'draining' || state === 'unhealthy.draining';
}

/** Whether a scaling activity did not do what it was to do; `Cancelled` is a launch that a lifecycle hook abandoned. */
export function isFailedActivity(statusCode: string): boolean {
  return statusCode === 'Failed' || statusCode === 'Cancelled';
}

/** Whether an instance refresh starts with an alarm in this state. @throws Error naming a state that is not known */
export function isQuietAlarm(state: string): boolean {
  switch (state) {
    case 'OK':
      return true;
    case 'ALARM':
    case 'INSUFFICIENT_DATA':
      return false;
    default:
      throw new Error(`An alarm has the unknown state "${state}".`);
  }
}
