/**
 * Whether an AMI in this state can start machines.
 * @throws Error naming a state that is not known
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html
 */
export function isAvailableImage(state: string): boolean {
  switch (state) {
    case 'available':
      return true;
    case 'pending':
    case 'invalid':
    case 'deregistered':
    case 'transient':
    case 'failed':
    case 'error':
    case 'disabled':
      return false;
    default:
      throw new Error(`An AMI has the unknown state "${state}".`);
  }
}

/** Whether a machine was taken out of service by hand, and stays in its group. */
export function isStandby(lifecycleState: string): boolean {
  return lifecycleState === 'Standby' || lifecycleState === 'EnteringStandby';
}

/**
 * What a suspended process of a group does to a rollout; empty when it does no harm: a group that does not
 * scale, rebalance or replace sick machines can still be refreshed.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html
 */
export function harmOfSuspended(process: string): string {
  switch (process) {
    case 'Launch':
    case 'Terminate':
    case 'InstanceRefresh':
      return 'no machine is replaced';
    case 'HealthCheck':
      return 'no machine is found sick';
    case 'AddToLoadBalancer':
      return 'new machines get no requests';
    default:
      return '';
  }
}
