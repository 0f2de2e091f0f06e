import type { InstanceMaintenancePolicy } from '@aws-sdk/client-auto-scaling';
import { validationError } from './faults';

/**
 * An instance maintenance policy as a group keeps it; undefined: none. -1 takes one back.
 * @throws Fault ValidationError
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceMaintenancePolicy.html
 */
export function maintenancePolicy(
  policy: InstanceMaintenancePolicy | undefined,
): InstanceMaintenancePolicy | undefined {
  const { MinHealthyPercentage: min, MaxHealthyPercentage: max } = policy ?? {};
  if (min === undefined && max === undefined) return undefined;
  if (min === undefined || max === undefined || (min === -1) !== (max === -1))
    throw validationError('Both MinHealthyPercentage and MaxHealthyPercentage must be specified.');
  if (min === -1) return undefined;
  if (!(min >= 0 && min <= 100))
    throw validationError(`MinHealthyPercentage must be from 0 to 100, but is ${min}.`);
  if (!(max >= 100 && max <= 200))
    throw validationError(`MaxHealthyPercentage must be from 100 to 200, but is ${max}.`);
  if (max - min > 100)
    throw validationError(
      'The difference between MinHealthyPercentage and MaxHealthyPercentage cannot be greater than 100.',
    );
  return { MinHealthyPercentage: min, MaxHealthyPercentage: max };
}

/** A machine that counts for its group's capacity, as its replacement is decided. */
export interface Replaceable {
  readonly isUnhealthy: boolean;
  /** In service, and warmed up. */
  readonly isReady: boolean;
  /** Whether it still runs and is in service: what has ended, or has never served, serves nobody. */
  readonly isServing: boolean;
}

/** What becomes of unhealthy machines now. */
export interface Replacement<T> {
  readonly end: readonly T[];
  /** How many machines the group has until then beside its desired capacity. */
  readonly extra: number;
}

/**
 * Which unhealthy machines are ended now, and how many replacements are launched before others are. Without a
 * policy all are ended at once. With one, ready machines stay at the minimum where the maximum leaves room for
 * replacements: of at least one machine, as in a refresh that is to launch first.
 * @param live machines that count for the group's capacity
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-maintenance-policy-overview-and-considerations.html
 */
export function replaceUnhealthy<T extends Replaceable>(
  live: readonly T[],
  desired: number,
  policy: InstanceMaintenancePolicy | undefined,
): Replacement<T> {
  const unhealthy = live.filter(({ isUnhealthy }) => isUnhealthy);
  const { MinHealthyPercentage: min = 0, MaxHealthyPercentage: max = 100 } = policy ?? {};
  const ready = live.filter(({ isReady, isUnhealthy }) => isReady && !isUnhealthy).length;
  const room = max > 100 ? Math.max(1, Math.floor((desired * (max - 100)) / 100)) : 0;
  if (room === 0 || ready >= Math.ceil((desired * min) / 100)) return { end: unhealthy, extra: 0 };
  const kept = unhealthy.filter(({ isServing }) => isServing).slice(0, room);
  return { end: unhealthy.filter((machine) => !kept.includes(machine)), extra: kept.length };
}
