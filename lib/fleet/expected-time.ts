import { Duration } from 'aws-cdk-lib';
import type { Capacity, Replacement } from '../config';
import { forecast } from '../forecast/forecast';

export interface ExpectedTimeProps {
  readonly capacity: Capacity;
  readonly replacement: Replacement;
  /** From a machine's launch until it serves. */
  readonly bootSeconds: number;
  readonly bakeTimeSeconds: number;
}

/**
 * How long a rollout is expected to take, for the ledger and anyone who watches it: by the model of the
 * instance refresh, without gates, whose time nobody knows. The group may have been scaled since.
 * @returns undefined for a group that begins without machines
 */
export function expectedTime({
  capacity: { min, desired = min },
  replacement: { minHealthyPercentage, maxHealthyPercentage, warmupSeconds },
  ...times
}: ExpectedTimeProps): Duration | undefined {
  if (desired === 0) return undefined;
  const plan = { capacity: desired, minHealthyPercentage, maxHealthyPercentage, warmupSeconds, ...times };
  return Duration.seconds(Math.round(forecast(plan).rolloutSeconds));
}
