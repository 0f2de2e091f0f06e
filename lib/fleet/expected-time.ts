import { Duration } from 'aws-cdk-lib';
import type { Capacity, Replacement } from '../config';
import { forecast } from '../forecast/forecast';

/**
 * How long a rollout is expected to take, for the ledger and whoever watches it: by the model of the
 * instance refresh, without gates, whose time nobody knows. The group may have been scaled since.
 * @param bootSeconds from a machine's launch until it serves
 * @returns undefined for a group that begins without machines
 */
export function expectedTime(
  { min, desired = min }: Capacity,
  { minHealthyPercentage, maxHealthyPercentage, warmupSeconds }: Replacement,
  bootSeconds: number,
): Duration | undefined {
  if (desired === 0) return undefined;
  const plan = {
    ...{ capacity: desired, minHealthyPercentage, maxHealthyPercentage },
    ...{ warmupSeconds, bootSeconds },
  };
  return Duration.seconds(Math.round(forecast(plan).rolloutSeconds));
}
