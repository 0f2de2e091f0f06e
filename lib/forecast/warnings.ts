import { defaultTimeoutMinutes } from '../config';
import type { Deployment } from './deployment';
import type { Forecast } from './forecast';
import { duration, machines } from './words';

const HOUR = 3600;
const LONGEST_REFRESH_SECONDS = 14 * 24 * HOUR;
/** `rolloutTimeoutMinutes` is no more than that. */
const LONGEST_TIMEOUT_HOURS = 36;

/** Where a plan does something that one may not have meant; a sentence each. */
export function warningsOf(forecast: Forecast, deployment: Deployment): readonly string[] {
  return [
    ...checkpointWarnings(forecast),
    ...capacityWarnings(forecast),
    ...turningWarnings(forecast),
    tooLong(forecast, deployment),
  ].filter((each) => each !== false);
}

function checkpointWarnings({ plan, oldAtEnd }: Forecast): readonly (string | false)[] {
  const checkpoints = plan.checkpointPercentages ?? [];
  const last = checkpoints.at(-1) ?? 100;
  return [
    checkpoints.length > 1 &&
      plan.checkpointDelaySeconds === undefined &&
      'Without --checkpoint-delay AWS waits an hour at every checkpoint but the last.',
    last < 100 &&
      `The last checkpoint is ${last}%: the rollout ends there, and ${machines(oldAtEnd)} stay on the old release.`,
  ];
}

function capacityWarnings({ plan, lowestHealthyCapacity }: Forecast): readonly (string | false)[] {
  const { capacity, minHealthyPercentage: min, maxHealthyPercentage: max } = plan;
  const isDown = lowestHealthyCapacity === 0;
  return [
    max === 100 &&
      min === 100 &&
      'A maximum of 100 is not the same as none: beside a minimum of 100, one machine more than the capacity is launched first. With --max none an old one ends first.',
    max === undefined &&
      min === 100 &&
      capacity > 1 &&
      'Without a maximum a minimum of 100 is not kept: one machine ends while its replacement starts. Give --max 101 or more to launch first.',
    capacity === 1 &&
      isDown &&
      'A group of one machine without surge: its only machine ends before the new one serves. Give --min 100 and --max 200.',
    capacity > 1 && isDown && 'For a while no machine serves.',
  ];
}

function turningWarnings({ plan, rollback, reason }: Forecast): readonly (string | false)[] {
  const isMeant = plan.failAtPercent !== undefined;
  return [
    isMeant &&
      rollback === undefined &&
      `Nothing fails: the rollout launches no machine beyond ${plan.failAtPercent}% of the capacity.`,
    !isMeant &&
      rollback !== undefined &&
      rollback.atSeconds < LONGEST_REFRESH_SECONDS &&
      `No machine fails, and the rollout turns back all the same, after ${duration(rollback.atSeconds)}: ${reason ?? ''}`,
  ];
}

function tooLong({ plan, rollback, rolloutSeconds }: Forecast, deployment: Deployment): string | false {
  const seconds = rollback?.atSeconds ?? rolloutSeconds;
  if (seconds >= LONGEST_REFRESH_SECONDS)
    return 'AWS gives a refresh up after 14 days; this plan takes longer.';
  if (seconds > LONGEST_TIMEOUT_HOURS * HOUR)
    return `The rollout takes ${duration(seconds)}: no deployment of this project waits for more than ${LONGEST_TIMEOUT_HOURS} hours, nor does CloudFormation's own update policy.`;
  const { timeoutMinutes } = deployment;
  const byDefault = defaultTimeoutMinutes(plan.bakeTimeSeconds ?? 0);
  if (plan.timeoutSeconds !== undefined || timeoutMinutes <= byDefault) return false;
  return `The rollout takes ${duration(seconds)}, longer than this project's default: deploy with -c rolloutTimeoutMinutes=${timeoutMinutes}, or it turns back after ${byDefault} minutes.`;
}
