import { parseFlags } from '../cli/flags';
import { ConfigurationError, quoted } from '../configuration-error';

/** The flags of `rollout forecast`, as texts. */
export type Flags = Readonly<Partial<Record<Flag, string>>>;
export type Flag = keyof typeof FLAGS | 'help';

const FLAGS = {
  capacity: 'value',
  min: 'value',
  max: 'value',
  warmup: 'value',
  boot: 'value',
  healthy: 'value',
  bake: 'value',
  'bake-time': 'value',
  checkpoints: 'value',
  'checkpoint-delay': 'value',
  'price-per-hour': 'value',
  'fail-at': 'value',
  'fail-as': 'value',
  'progress-deadline': 'value',
  timeout: 'value',
  'already-new': 'value',
  deadline: 'value',
  'lowest-capacity': 'value',
  variant: 'value',
  measured: 'value',
  stack: 'value',
  region: 'value',
  profile: 'value',
  svg: 'value',
  compare: 'switch',
  deployed: 'switch',
  json: 'switch',
} as const;

/**
 * Reads the command's arguments.
 * @throws ConfigurationError naming the flag
 */
export function readFlags(args: readonly string[]): Flags {
  const { flags, positionals } = parseFlags(args, FLAGS);
  const [first] = positionals;
  if (first !== undefined)
    throw new ConfigurationError(`${quoted(first)} is no flag; --help lists the flags.`);
  return flags;
}

/** A whole number in a range. @throws ConfigurationError */
export function whole(flag: string, text: string, from: number, to: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw wrong(flag, text, `a whole number from ${from} to ${to}`);
}

/** A share in percent, with or without its sign. @throws ConfigurationError */
export function percentage(flag: string, text: string, from: number, to: number): number {
  const [, digits] = /^(\d+)%?$/.exec(text) ?? [];
  const value = Number(digits ?? Number.NaN);
  if (value >= from && value <= to) return value;
  throw wrong(flag, text, `a whole percentage from ${from} to ${to}`);
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * A duration in seconds: `40`, `40s`, `22m`, `1.5h`, `2d`.
 * @param otherwise what may stand there instead, for the error
 * @throws ConfigurationError
 */
export function seconds(flag: string, text: string, longest: number, otherwise = ''): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  const value = Number(digits ?? Number.NaN) * SECONDS[unit as keyof typeof SECONDS];
  if (Number.isInteger(value) && value <= longest) return value;
  throw wrong(
    flag,
    text,
    `a duration of at most ${longest / 3600} hours, such as 40, 40s, 22m or 1h${otherwise}`,
  );
}

/** A duration in seconds that this project counts in minutes. @throws ConfigurationError */
export function wholeMinutes(flag: string, text: string, longest: number, otherwise = ''): number {
  const value = seconds(flag, text, longest, otherwise);
  if (value > 0 && value % 60 === 0) return value;
  throw wrong(flag, text, `a duration of whole minutes, one at least, such as 15m or 1h${otherwise}`);
}

/** One of some words. @throws ConfigurationError */
export function word<T extends string>(flag: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found) return found;
  throw wrong(flag, text, known.join(' or '));
}

/** An amount of money. @throws ConfigurationError */
export function amount(flag: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw wrong(flag, text, 'an amount such as 0.0208');
}

export function wrong(flag: string, found: string, expected: string): ConfigurationError {
  return new ConfigurationError(`--${flag} is ${quoted(found)}; expected is ${expected}.`);
}
