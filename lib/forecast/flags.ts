import { parseArgs } from 'node:util';
import { ConfigurationError, didYouMean, quoted } from '../configuration-error';

/** The flags of `rollout forecast`, as texts. */
export type Flags = Readonly<Partial<Record<Flag, string>>>;
export type Flag = keyof typeof VALUES | keyof typeof SWITCHES;

const VALUES = {
  capacity: { type: 'string' },
  min: { type: 'string' },
  max: { type: 'string' },
  warmup: { type: 'string' },
  boot: { type: 'string' },
  bake: { type: 'string' },
  checkpoints: { type: 'string' },
  'checkpoint-delay': { type: 'string' },
  'price-per-hour': { type: 'string' },
  'fail-at': { type: 'string' },
  variant: { type: 'string' },
  stack: { type: 'string' },
  svg: { type: 'string' },
} as const;

const SWITCHES = {
  compare: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the command's arguments.
 * @throws ConfigurationError naming the flag
 */
export function readFlags(args: readonly string[]): Flags {
  const options = { ...VALUES, ...SWITCHES };
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const flags: Partial<Record<Flag, string>> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') {
      throw new ConfigurationError(`${quoted(token.value)} is no flag; --help lists the flags.`);
    }
    if (token.kind === 'option-terminator') continue;
    const name = token.name as Flag;
    if (!Object.hasOwn(options, name)) {
      const suggestion = didYouMean(
        token.rawName,
        Object.keys(options).map((each) => `--${each}`),
      );
      throw new ConfigurationError(`Unknown flag ${token.rawName}${suggestion}; --help lists the flags.`);
    }
    if (flags[name] !== undefined) throw new ConfigurationError(`--${name} is given twice.`);
    const takesValue = Object.hasOwn(VALUES, name);
    // Without its value a flag takes the next one for it.
    if (takesValue && (token.value === undefined || token.value === '' || token.value.startsWith('--'))) {
      throw new ConfigurationError(`--${name} needs a value.`);
    }
    if (!takesValue && token.value !== undefined) {
      throw new ConfigurationError(`--${name} takes no value; found ${quoted(token.value)}.`);
    }
    flags[name] = token.value ?? 'true';
  }
  return flags;
}

/** A whole number in a range. @throws ConfigurationError */
export function whole(flag: Flag, text: string, from: number, to: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw wrong(flag, text, `a whole number from ${from} to ${to}`);
}

/** A share in percent, with or without its sign. @throws ConfigurationError */
export function percentage(flag: Flag, text: string, from: number, to: number): number {
  const [, digits] = /^(\d+)%?$/.exec(text) ?? [];
  const value = Number(digits ?? Number.NaN);
  if (value >= from && value <= to) return value;
  throw wrong(flag, text, `a whole percentage from ${from} to ${to}`);
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A duration in seconds: `40`, `40s`, `22m`, `1.5h`, `2d`. @throws ConfigurationError */
export function seconds(flag: Flag, text: string, longest: number): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  const value = Number(digits ?? Number.NaN) * SECONDS[unit as keyof typeof SECONDS];
  if (Number.isInteger(value) && value <= longest) return value;
  throw wrong(flag, text, `a duration of at most ${longest / 3600} hours, such as 40, 40s, 22m or 1h`);
}

/** An amount of money. @throws ConfigurationError */
export function amount(flag: Flag, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw wrong(flag, text, 'an amount such as 0.0208');
}

export function wrong(flag: Flag, found: string, expected: string): ConfigurationError {
  return new ConfigurationError(`--${flag} is ${quoted(found)}; expected is ${expected}.`);
}
