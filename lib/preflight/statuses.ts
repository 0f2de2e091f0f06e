import type { ImageState } from '@aws-sdk/client-ec2';
import type { KeyState } from '@aws-sdk/client-kms';
import { meaningOf } from '../known-value';

const IMAGES: Readonly<Record<ImageState, 'available' | 'not available'>> = {
  available: 'available',
  pending: 'not available',
  invalid: 'not available',
  deregistered: 'not available',
  transient: 'not available',
  failed: 'not available',
  error: 'not available',
  disabled: 'not available',
};

/**
 * Whether an AMI in this state can start machines.
 * @throws Error naming a state that is not known
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html
 */
export function isAvailableImage(state: string): boolean {
  return meaningOf(IMAGES, state, 'An AMI has the unknown state') === 'available';
}

const KEYS: Readonly<Record<KeyState, 'enabled' | 'not enabled'>> = {
  Enabled: 'enabled',
  Creating: 'not enabled',
  Disabled: 'not enabled',
  PendingDeletion: 'not enabled',
  PendingImport: 'not enabled',
  PendingReplicaDeletion: 'not enabled',
  Unavailable: 'not enabled',
  // Enabled while it is copied to, or made the primary key of, another region.
  Updating: 'enabled',
};

/**
 * Whether a KMS key in this state can be used.
 * @throws Error naming a state that is not known
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function isEnabledKey(state: string): boolean {
  return meaningOf(KEYS, state, 'A KMS key has the unknown state') === 'enabled';
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
