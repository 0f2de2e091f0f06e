import { ConfigurationError } from '../configuration-error';
import type { Choice, Wish } from './choose';
import { type Flags, percentage, seconds } from './flags';
import type { Plan } from './plan';
import type { Setting } from './settings';
import { duration } from './words';

const LONGEST_SECONDS = 14 * 86_400;

/**
 * What `--deadline` and `--lowest-capacity` ask for. What is given by a flag of its own is not chosen.
 * @returns undefined when nothing is to be chosen
 * @throws ConfigurationError naming the flag
 */
export function wishOf(flags: Flags, plan: Plan): Wish | undefined {
  const { deadline, 'lowest-capacity': lowest } = flags;
  if (deadline === undefined && lowest === undefined) return undefined;
  const percentages = flags.min === undefined && flags.max === undefined;
  const checkpointDelay =
    deadline !== undefined && plan.checkpointPercentages !== undefined && !flags['checkpoint-delay'];
  if (!percentages && !checkpointDelay) {
    throw new ConfigurationError(
      `--${deadline === undefined ? 'lowest-capacity' : 'deadline'} chooses --min and --max, which are given; leave them out.`,
    );
  }
  const share = lowest === undefined ? 0 : percentage('lowest-capacity', lowest, 0, 100);
  return {
    deadlineSeconds: deadline === undefined ? undefined : seconds('deadline', deadline, LONGEST_SECONDS),
    lowestCapacity: Math.ceil((plan.capacity * share) / 100),
    percentages,
    checkpointDelay,
  };
}

/** The settings with what was chosen in their place. @param from how their origin is called */
export function withChosen(settings: readonly Setting[], choice: Choice, from: string): readonly Setting[] {
  const { minHealthyPercentage, maxHealthyPercentage, checkpointDelaySeconds = 0 } = choice.chosen;
  const chosen: Readonly<Record<string, string>> = {
    ...(choice.percentages ? { min: `${minHealthyPercentage}%`, max: percent(maxHealthyPercentage) } : {}),
    ...(choice.checkpointDelay ? { 'checkpoint-delay': duration(checkpointDelaySeconds) } : {}),
  };
  return settings.map((each) => {
    const value = chosen[each.name];
    return value === undefined ? each : { ...each, value, from };
  });
}

/** A percentage as a flag takes it. */
export function percent(value: number | undefined): string {
  return value === undefined ? 'none' : `${value}%`;
}
