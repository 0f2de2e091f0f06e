import { ConfigurationError, quoted } from '../configuration-error';
import { RefreshFault, resolvePreferences } from '../refresh-model';
import { type Flags, percentage, seconds, wrong } from './flags';

const DAY = 86_400;

const FLAG_OF = {
  MinHealthyPercentage: '--min',
  MaxHealthyPercentage: '--max',
  CheckpointPercentages: '--checkpoints',
  CheckpointDelay: '--checkpoint-delay',
} as const;

/**
 * Refuses what AWS would refuse. Just what was given, or stands in the stack, is held against AWS's rules: a
 * default would hide that a flag is missing.
 * @param knownMin of the stack
 * @throws ConfigurationError naming the flag
 */
export function refuseWhatAwsRefuses(flags: Flags, knownMin: number | undefined): void {
  const { min, max, checkpoints: shares, 'checkpoint-delay': delay } = flags;
  try {
    resolvePreferences(
      {
        MinHealthyPercentage: min === undefined ? knownMin : percentage('min', min, 0, 100),
        MaxHealthyPercentage: max === undefined || max === 'none' ? undefined : maximum(max),
        CheckpointPercentages: shares === undefined ? undefined : checkpoints(shares),
        CheckpointDelay: delay === undefined ? undefined : checkpointDelay(delay),
      },
      { healthCheckGracePeriodSeconds: 0 },
    );
  } catch (error) {
    if (!(error instanceof RefreshFault)) throw error;
    const message = error.message.replace(/^.*?not valid: /, '');
    throw new ConfigurationError(
      `AWS refuses this: ${message.replace(/M\w+Percentage|CheckpointPercentages|CheckpointDelay/g, (name) => FLAG_OF[name as keyof typeof FLAG_OF] ?? name)}`,
    );
  }
}

/** `--max` as a number. @throws ConfigurationError */
export function maximum(text: string): number {
  if (/^\d+%?$/.test(text)) return percentage('max', text, 100, 200);
  throw wrong('max', text, 'a whole percentage from 100 to 200, or none');
}

/** `--checkpoints`. @throws ConfigurationError */
export function checkpoints(text: string): readonly number[] {
  return text.split(',').map((each) => {
    const [, digits] = /^\s*(\d+)%?\s*$/.exec(each) ?? [];
    if (digits !== undefined) return Number(digits);
    throw new ConfigurationError(
      `--checkpoints has ${quoted(each)}; expected are rising whole percentages from 1 to 100, as in 20,50,100.`,
    );
  });
}

/** `--checkpoint-delay` in seconds. @throws ConfigurationError */
export function checkpointDelay(text: string): number {
  return seconds('checkpoint-delay', text, 2 * DAY);
}
