import { ConfigurationError, didYouMean, quoted } from './configuration-error';

/**
 * Context values as a user wrote them: in cdk.json of any type, from the command line all texts. Every
 * complaint names the key, what was found and what would be right.
 */
export class ContextValues<Key extends string> {
  /** @throws ConfigurationError when there is a value that is not known */
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    known: readonly Key[],
  ) {
    const names: readonly string[] = known;
    for (const key of Object.keys(values)) {
      // The tools' own keys have a colon, a slash, or a package name in front; ours are plain words.
      if (!/^\w+$/.test(key) || names.includes(key)) continue;
      throw new ConfigurationError(
        `Unknown context value "${key}"${didYouMean(key, known)}; known are ${known.join(', ')}.`,
      );
    }
  }

  text(key: Key, form: RegExp, expected: string): string | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && form.test(value)) return value;
    throw this.wrong(key, expected);
  }

  /** A list, or a text with commas; empty when there is none. */
  list(key: Key): readonly string[] {
    const value = this.values[key] ?? [];
    const items: readonly unknown[] = Array.isArray(value) ? value : String(value).split(',');
    return items.map((item) => String(item).trim());
  }

  whole(key: Key, from: number, to: number): number | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (Number.isInteger(number) && Number(number) >= from && Number(number) <= to) return Number(number);
    throw this.wrong(key, `a whole number from ${from} to ${to}`);
  }

  flag(key: Key): boolean {
    const value = this.values[key] ?? false;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw this.wrong(key, 'true or false');
  }

  oneOf<T extends string>(key: Key, choices: readonly T[], otherwise: T): T {
    const value = this.values[key];
    if (value === undefined) return otherwise;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw this.wrong(key, `one of ${choices.join(', ')}${didYouMean(String(value), choices)}`);
  }

  wrong(key: Key, expected: string): ConfigurationError {
    return new ConfigurationError(`${key} is ${quoted(this.values[key])}; expected is ${expected}.`);
  }
}
