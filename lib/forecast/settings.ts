import { parseConfiguration } from '../config';
import { ConfigurationError, quoted } from '../configuration-error';
import { RefreshFault, resolvePreferences } from '../refresh-model';
import { amount, type Flag, type Flags, percentage, seconds, whole, wrong } from './flags';
import { LEAVE_SECONDS, type Plan } from './plan';
import type { StackSettings } from './stack-settings';
import { duration } from './words';

export type Variant = 'image-based' | 'instance-based';
export const VARIANTS: readonly Variant[] = ['image-based', 'instance-based'];

/** A value of the plan, and where it comes from. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

/** What is to be foreseen for one variant. */
export interface PlannedVariant {
  readonly variant: Variant;
  readonly plan: Plan;
  readonly settings: readonly Setting[];
}

/** Modelled, as in the local AWS: a machine's start, and its start with the release's installation. */
const BOOT_SECONDS: Readonly<Record<Variant, number>> = { 'image-based': 40, 'instance-based': 110 };
/** Modelled, within the 15 to 45 minutes that are published. */
const BAKE_SECONDS = 22 * 60;
const DAY = 86_400;

/**
 * Completes the flags by what the stack says, else by defaults.
 * @throws ConfigurationError naming the flag
 */
export function planVariants(flags: Flags, stack?: StackSettings): readonly PlannedVariant[] {
  refuseWhatAwsRefuses(flags, stack);
  const own: Variant | undefined = stack && (stack.isImageBased ? 'image-based' : 'instance-based');
  if (!flags.compare) {
    const variant = VARIANTS.find((each) => each === (flags.variant ?? own ?? 'image-based'));
    if (!variant) throw wrong('variant', flags.variant ?? '', VARIANTS.join(' or '));
    return [planVariant(variant, flags.boot, flags, stack)];
  }
  if (flags.variant) throw new ConfigurationError('--variant and --compare exclude each other.');
  const boots = flags.boot?.split(',') ?? [];
  if (flags.boot && boots.length !== 2) {
    throw wrong(
      'boot',
      flags.boot,
      'two durations beside --compare: image-based, instance-based, as in 40,110',
    );
  }
  return VARIANTS.map((variant, index) => planVariant(variant, boots[index], flags, stack));
}

function planVariant(
  variant: Variant,
  boot: string | undefined,
  flags: Flags,
  stack: StackSettings | undefined,
): PlannedVariant {
  const settings: Setting[] = [];
  const ours = "this project's default";
  const pick = <T>(
    flag: Flag,
    given: T | undefined,
    inStack: T | undefined,
    otherwise: T,
    show: (value: T) => string,
    from: string,
  ): T => {
    const value = given ?? inStack ?? otherwise;
    const source = given !== undefined ? `--${flag}` : inStack !== undefined ? `stack ${flags.stack}` : from;
    settings.push({ name: flag, value: show(value), from: source });
    return value;
  };
  const defaults = parseConfiguration({});
  const percent = (value: number | undefined) => (value === undefined ? 'none' : `${value}%`);

  const capacity = pick(
    'capacity',
    flags.capacity === undefined ? undefined : whole('capacity', flags.capacity, 0, 100_000),
    stack?.capacity,
    defaults.capacity.min,
    String,
    ours,
  );
  const min = pick(
    'min',
    flags.min === undefined ? undefined : percentage('min', flags.min, 0, 100),
    stack?.min,
    defaults.replacement.minHealthyPercentage,
    percent,
    ours,
  );
  const bounded = parseConfiguration({ minHealthyPercentage: min }).replacement.maxHealthyPercentage;
  const max = pick<number | 'none'>(
    'max',
    flags.max === undefined || flags.max === 'none' ? (flags.max as 'none' | undefined) : maximum(flags.max),
    // The stack's maximum belongs to the stack's minimum.
    flags.min === undefined ? stack?.max : undefined,
    bounded,
    (value) => percent(value === 'none' ? undefined : value),
    ours,
  );
  const warmupSeconds = pick(
    'warmup',
    flags.warmup === undefined ? undefined : seconds('warmup', flags.warmup, DAY),
    stack?.warmupSeconds,
    defaults.replacement.warmupSeconds,
    duration,
    ours,
  );
  const bootSeconds = pick(
    'boot',
    boot === undefined ? undefined : seconds('boot', boot, DAY),
    undefined,
    BOOT_SECONDS[variant],
    duration,
    `modelled, ${variant}`,
  );
  const bakes = variant === 'image-based';
  const bakeSeconds = bakes
    ? pick(
        'bake',
        flags.bake === undefined ? undefined : seconds('bake', flags.bake, DAY),
        undefined,
        BAKE_SECONDS,
        duration,
        'modelled; 15 to 45 min are published',
      )
    : 0;
  const checkpointPercentages = flags.checkpoints === undefined ? undefined : checkpoints(flags.checkpoints);
  const delay = flags['checkpoint-delay'];
  const checkpointDelaySeconds = delay === undefined ? undefined : checkpointDelay(delay);
  if (checkpointPercentages) {
    settings.push({
      name: 'checkpoints',
      value: `${checkpointPercentages.join(', ')}%`,
      from: '--checkpoints',
    });
    pick('checkpoint-delay', checkpointDelaySeconds, undefined, 3600, duration, "AWS's default");
  }
  const pricePerHour =
    flags['price-per-hour'] === undefined ? undefined : amount('price-per-hour', flags['price-per-hour']);
  if (pricePerHour !== undefined) {
    settings.push({ name: 'price-per-hour', value: String(pricePerHour), from: '--price-per-hour' });
  }
  const leaveSeconds = stack?.leaveSeconds ?? LEAVE_SECONDS;
  settings.push({
    name: 'leaving',
    value: duration(leaveSeconds),
    from: stack?.leaveSeconds === undefined ? ours : `stack ${flags.stack}`,
  });
  return {
    variant,
    settings,
    plan: {
      capacity,
      minHealthyPercentage: min,
      maxHealthyPercentage: max === 'none' ? undefined : max,
      warmupSeconds,
      bootSeconds,
      leaveSeconds,
      checkpointPercentages,
      checkpointDelaySeconds,
      bakeSeconds,
      pricePerHour,
      failAtPercent:
        flags['fail-at'] === undefined ? undefined : percentage('fail-at', flags['fail-at'], 0, 100),
    },
  };
}

const FLAG_OF = {
  MinHealthyPercentage: '--min',
  MaxHealthyPercentage: '--max',
  CheckpointPercentages: '--checkpoints',
  CheckpointDelay: '--checkpoint-delay',
} as const;

/** Just what was given, or stands in the stack, is held against AWS's rules: a default would hide that a flag is missing. */
function refuseWhatAwsRefuses(flags: Flags, stack: StackSettings | undefined): void {
  const { min, max, checkpoints: shares, 'checkpoint-delay': delay } = flags;
  try {
    resolvePreferences(
      {
        MinHealthyPercentage: min === undefined ? stack?.min : percentage('min', min, 0, 100),
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

function maximum(text: string): number {
  if (/^\d+%?$/.test(text)) return percentage('max', text, 100, 200);
  throw wrong('max', text, 'a whole percentage from 100 to 200, or none');
}

function checkpoints(text: string): readonly number[] {
  return text.split(',').map((each) => {
    const [, digits] = /^\s*(\d+)%?\s*$/.exec(each) ?? [];
    if (digits !== undefined) return Number(digits);
    throw new ConfigurationError(
      `--checkpoints has ${quoted(each)}; expected are rising whole percentages from 1 to 100, as in 20,50,100.`,
    );
  });
}

function checkpointDelay(text: string): number {
  return seconds('checkpoint-delay', text, 2 * DAY);
}
