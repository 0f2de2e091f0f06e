import { parseArgs } from 'node:util';
import { ConfigurationError, didYouMean, quoted } from '../configuration-error';

/** Flags by name: whether they take a value, or are just there. */
export type FlagKinds = Readonly<Record<string, 'value' | 'switch'>>;

/** Flags that were given, as texts; a switch is `true`. */
export type Flags<Kinds extends FlagKinds> = Readonly<Partial<Record<keyof Kinds | 'help', string>>>;

/**
 * Reads a command's arguments. Every command knows `--help`.
 * @throws ConfigurationError naming the flag
 */
export function parseFlags<Kinds extends FlagKinds>(
  args: readonly string[],
  kinds: Kinds,
): { readonly flags: Flags<Kinds>; readonly positionals: readonly string[] } {
  const known: FlagKinds = { ...kinds, help: 'switch' };
  const { tokens } = parseArgs({ args: [...args], options: options(known), strict: false, tokens: true });
  const flags: Record<string, string> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      positionals.push(token.value);
      continue;
    }
    const { name, rawName, value } = token;
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).map((each) => `--${each}`);
      throw new ConfigurationError(
        `Unknown flag ${rawName}${didYouMean(rawName, names)}; --help lists the flags.`,
      );
    }
    if (flags[name] !== undefined) throw new ConfigurationError(`--${name} is given twice.`);
    const takesValue = known[name] === 'value';
    // Without its value a flag takes the next one for it.
    if (takesValue && (value === undefined || value === '' || value.startsWith('--')))
      throw new ConfigurationError(`--${name} needs a value.`);
    if (!takesValue && value !== undefined)
      throw new ConfigurationError(`--${name} takes no value; found ${quoted(value)}.`);
    flags[name] = value ?? 'true';
  }
  return { flags: flags as Flags<Kinds>, positionals };
}

function options(kinds: FlagKinds) {
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      {
        type: kind === 'value' ? ('string' as const) : ('boolean' as const),
        ...(name === 'help' ? { short: 'h' } : {}),
      },
    ]),
  );
}
