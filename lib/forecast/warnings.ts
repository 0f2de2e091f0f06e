import type { Forecast } from './forecast';
import { duration, machines } from './words';

const HOUR = 3600;
/** The way back takes as long as the way, and both fit in the hour of a custom resource: see lib/rollout/timing.ts. */
const TURN_BACK_SECONDS = 25 * 60;

/** Where a plan does something that one may not have meant; a sentence each. */
export function warningsOf(forecast: Forecast): readonly string[] {
  const { plan } = forecast;
  const checkpoints = plan.checkpointPercentages ?? [];
  const last = checkpoints.at(-1) ?? 100;
  const surges = plan.maxHealthyPercentage !== undefined;
  const found: (string | false)[] = [
    checkpoints.length > 1 &&
      plan.checkpointDelaySeconds === undefined &&
      'Without --checkpoint-delay AWS waits an hour at every checkpoint but the last.',
    last < 100 &&
      `The last checkpoint is ${last}%: the rollout ends there, and ${machines(forecast.oldAtEnd)} stay on the old release.`,
    plan.maxHealthyPercentage === 100 &&
      plan.minHealthyPercentage === 100 &&
      'A maximum of 100 is not the same as none: beside a minimum of 100, one machine more than the capacity is launched first. With --max none an old one ends first.',
    !surges &&
      plan.minHealthyPercentage === 100 &&
      plan.capacity > 1 &&
      'Without a maximum a minimum of 100 is not kept: one machine ends while its replacement starts. Give --max 101 or more to launch first.',
    plan.capacity === 1 &&
      forecast.lowestHealthyCapacity === 0 &&
      'A group of one machine without surge: its only machine ends before the new one serves. Give --min 100 and --max 200.',
    plan.capacity > 1 && forecast.lowestHealthyCapacity === 0 && 'For a while no machine serves.',
    plan.failAtPercent !== undefined &&
      forecast.rollback === undefined &&
      `Nothing fails: the rollout launches no machine beyond ${plan.failAtPercent}% of the capacity.`,
    tooLong(forecast),
  ];
  return found.filter((each) => each !== false);
}

function tooLong(forecast: Forecast): string | false {
  const seconds = forecast.rollback?.atSeconds ?? forecast.rolloutSeconds;
  if (seconds >= 14 * 24 * HOUR) return 'AWS gives a refresh up after 14 days; this plan takes longer.';
  const long = `The rollout takes ${duration(seconds)}: this project turns back after about ${duration(TURN_BACK_SECONDS)}, so that the way back fits in the hour of a custom resource`;
  if (seconds > 36 * HOUR) return `${long}, and CloudFormation's own update policy gives up after 36 hours.`;
  if (seconds > HOUR) return `${long}, and it is longer than that hour, too.`;
  return seconds > TURN_BACK_SECONDS && `${long}.`;
}
