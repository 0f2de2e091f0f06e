import { type Configuration, parseConfiguration } from '../config';
import { ConfigurationError } from '../configuration-error';
import { checkpointDelay, checkpoints, maximum, refuseWhatAwsRefuses } from './aws-rules';
import {
  amount,
  type Flag,
  type Flags,
  percentage,
  seconds,
  whole,
  wholeMinutes,
  word,
  wrong,
} from './flags';
import { type Known, type Sourced, VARIANTS, type Variant } from './known';
import type { Measured } from './measured';
import { BAKE_SECONDS, BOOT_SECONDS } from './modelled';
import { LEAVE_SECONDS, type Plan } from './plan';
import { duration } from './words';

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
  /** What else is known of the fleet. */
  readonly notes: readonly string[];
}

const DAY = 86_400;
const OURS = "this project's default";

/**
 * Completes the flags by what is known of the fleet, then by what was measured, else by defaults.
 * @throws ConfigurationError naming the flag
 */
export function planVariants(flags: Flags, known?: Known, measured?: Measured): readonly PlannedVariant[] {
  refuseWhatAwsRefuses(flags, known?.min.value);
  if (!flags.compare) {
    const variant = flags.variant && word('variant', flags.variant, VARIANTS);
    return [planVariant(variant || known?.variant || 'image-based', flags.boot, flags, known, measured)];
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
  // What the group's past tells is true of what the stack is, and not of the other way.
  return VARIANTS.map((variant, index) =>
    planVariant(
      variant,
      boots[index],
      flags,
      known &&
        (variant === known.variant ? known : { ...known, bootSeconds: undefined, healthySeconds: undefined }),
      measured,
    ),
  );
}

function planVariant(
  variant: Variant,
  boot: string | undefined,
  flags: Flags,
  known: Known | undefined,
  measured: Measured | undefined,
): PlannedVariant {
  if (flags['fail-as'] && flags['fail-at'] === undefined)
    throw new ConfigurationError(
      '--fail-as needs --fail-at beside it: from which share on machines are sick.',
    );
  if (flags.bake && variant === 'instance-based' && !flags.compare) {
    throw new ConfigurationError(
      '--bake is for the image-based way; an instance-based release bakes nothing. Leave it out.',
    );
  }
  const values = new Values(flags);
  const defaults = parseConfiguration({});
  const plan: Plan = {
    ...fleetOf(values, known, defaults),
    ...pacesOf(values, variant, boot, known, measured, defaults),
    ...waitsOf(values, known, defaults),
    ...limitsOf(values, known, defaults),
    pricePerHour: values.given('price-per-hour', amount, String),
    leaveSeconds: values.pick(
      'leaving',
      undefined,
      known?.leaveSeconds,
      { value: LEAVE_SECONDS, from: OURS },
      duration,
    ),
    failAtPercent: values.parsed('fail-at', (flag, text) => percentage(flag, text, 0, 100)),
    failsAs: values.parsed('fail-as', (flag, text) => word(flag, text, ['unhealthy', 'silent'])),
  };
  const origins = new Set(values.settings.map(({ from }) => from));
  const isMeasured = [measured?.bootSeconds[variant], measured?.bakeSeconds].some(
    (each) => each && origins.has(each.from),
  );
  const notes = [...(known?.notes ?? []), ...(measured && isMeasured ? [measured.note] : [])];
  return { variant, plan, settings: values.settings, notes };
}

/** How large the fleet is, and stays. */
function fleetOf(values: Values, known: Known | undefined, { capacity: size, replacement }: Configuration) {
  const capacity = values.pick(
    'capacity',
    (flag, text) => whole(flag, text, 0, 100_000),
    known?.capacity,
    { value: size.min, from: OURS },
    String,
  );
  const minHealthyPercentage = values.pick(
    'min',
    (flag, text) => percentage(flag, text, 0, 100),
    known?.min,
    { value: replacement.minHealthyPercentage, from: OURS },
    percent,
  );
  const bounded = parseConfiguration({ minHealthyPercentage }).replacement.maxHealthyPercentage;
  const max = values.pick<number | 'none'>(
    'max',
    (_, text) => (text === 'none' ? text : maximum(text)),
    // The stack's maximum belongs to the stack's minimum.
    values.has('min') ? undefined : known?.max,
    { value: bounded, from: OURS },
    (value) => (value === 'none' ? value : percent(value)),
  );
  const alreadyNew = values.given('already-new', (flag, text) => whole(flag, text, 0, capacity), String);
  return {
    ...{ capacity, minHealthyPercentage, alreadyNew },
    maxHealthyPercentage: max === 'none' ? undefined : max,
    protectedMachines: values.optional('protected', known?.protectedMachines, String),
  };
}

/** How long machines and their image take. */
function pacesOf(
  values: Values,
  variant: Variant,
  boot: string | undefined,
  known: Known | undefined,
  measured: Measured | undefined,
  { replacement }: Configuration,
) {
  const warmupSeconds = values.pick(
    'warmup',
    upToADay,
    known?.warmupSeconds,
    { value: replacement.warmupSeconds, from: OURS },
    duration,
  );
  const bootSeconds = values.pick(
    'boot',
    boot === undefined ? undefined : (flag) => upToADay(flag, boot),
    known?.bootSeconds,
    measured?.bootSeconds[variant] ?? { value: BOOT_SECONDS[variant], from: `modelled, ${variant}` },
    duration,
  );
  const healthySeconds =
    values.given('healthy', upToADay, duration) ??
    values.optional('healthy', known?.healthySeconds, duration);
  const modelled = { value: BAKE_SECONDS, from: 'modelled; 15 to 45 min are published' };
  const bakeSeconds =
    variant === 'image-based'
      ? values.pick('bake', upToADay, undefined, measured?.bakeSeconds ?? modelled, duration)
      : 0;
  return { warmupSeconds, bootSeconds, healthySeconds, bakeSeconds };
}

/** Where the refresh waits. */
function waitsOf(values: Values, known: Known | undefined, { rollout }: Configuration) {
  const shown = (shares: readonly number[]) => `${shares.join(', ')}%`;
  const own = values.given('checkpoints', (_, text) => checkpoints(text), shown);
  const checkpointPercentages = own ?? values.optional('checkpoints', known?.checkpointPercentages, shown);
  const isDelayGiven = values.has('checkpoint-delay') || (!own && known?.checkpointDelaySeconds);
  const delay =
    checkpointPercentages &&
    values.pick(
      'checkpoint-delay',
      (_, text) => checkpointDelay(text),
      own ? undefined : known?.checkpointDelaySeconds,
      { value: 3600, from: "AWS's default" },
      duration,
    );
  return {
    checkpointPercentages,
    checkpointDelaySeconds: isDelayGiven ? delay : undefined,
    bakeTimeSeconds: values.pick(
      'bake-time',
      (flag, text) => seconds(flag, text, 2 * DAY),
      known?.bakeTimeSeconds,
      { value: rollout.bakeTimeSeconds, from: OURS },
      duration,
    ),
  };
}

/** When this project's rollout turns back. */
function limitsOf(values: Values, known: Known | undefined, { replacement }: Configuration) {
  const progress = values.pick<number | 'none'>(
    'progress-deadline',
    (flag, text) => (text === 'none' ? text : wholeMinutes(flag, text, DAY, ', or none')),
    known?.progressDeadlineSeconds,
    { value: replacement.progressDeadlineMinutes * 60, from: OURS },
    (value) => (value === 'none' ? value : duration(value)),
  );
  const timeoutSeconds =
    values.given('timeout', (flag, text) => wholeMinutes(flag, text, 14 * DAY), duration) ??
    values.optional('timeout', known?.timeoutSeconds, duration);
  return { progressDeadlineSeconds: progress === 'none' ? undefined : progress, timeoutSeconds };
}

function upToADay(flag: Flag, text: string): number {
  return seconds(flag, text, DAY);
}

function percent(value: number): string {
  return `${value}%`;
}

type Parse<T> = (flag: Flag, text: string) => T;
type Show<T> = (value: T) => string;

/** Takes each value from its flag, else from what is known, else from a default; and says which it was. */
class Values {
  readonly settings: Setting[] = [];

  constructor(private readonly flags: Flags) {}

  has(flag: Flag): boolean {
    return this.flags[flag] !== undefined;
  }

  parsed<T>(flag: Flag, parse: Parse<T>): T | undefined {
    const text = this.flags[flag];
    return text === undefined ? undefined : parse(flag, text);
  }

  /** The flag's value, when there is one. */
  given<T>(flag: Flag, parse: Parse<T>, show: Show<T>): T | undefined {
    const value = this.parsed(flag, parse);
    return value === undefined ? undefined : this.note(flag, { value, from: `--${flag}` }, show);
  }

  /** What is known, when it is, and there is no such flag. */
  optional<T>(name: string, known: Sourced<T> | undefined, show: Show<T>): T | undefined {
    return known && !this.has(name as Flag) ? this.note(name, known, show) : undefined;
  }

  pick<T>(
    name: Flag | 'leaving',
    parse: Parse<T> | undefined,
    known: Sourced<T> | undefined,
    otherwise: Sourced<T>,
    show: Show<T>,
  ): T {
    const own = name === 'leaving' || !parse ? undefined : this.parsed(name, parse);
    const source = own === undefined ? (known ?? otherwise) : { value: own, from: `--${name}` };
    return this.note(name, source, show);
  }

  private note<T>(name: string, { value, from }: Sourced<T>, show: Show<T>): T {
    this.settings.push({ name, value: show(value), from });
    return value;
  }
}
