/** What an input may be. `texts` is a list of texts. */
export type Form = 'text' | 'texts' | 'flag' | 'number';

export interface Field {
  readonly form: Form;
  readonly required?: true;
}

/** One set of inputs, checked against the action's fields. */
export class Inputs {
  constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  /** @returns an empty text where it was left out */
  text(name: string): string {
    return String(this.values[name] ?? '');
  }

  texts(name: string): readonly string[] {
    return ((this.values[name] as readonly unknown[] | undefined) ?? []).map(String);
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  /** @returns undefined where it was left out */
  flag(name: string): boolean | undefined {
    const value = this.values[name];
    return value === undefined ? undefined : String(value) === 'true';
  }
}

/** An action module of AWSTOE, as a bash script. */
export interface Action {
  /** Whether `inputs` is one mapping or a list of them. */
  readonly takes: 'one' | 'list';
  readonly fields: Readonly<Record<string, Field>>;
  /** Name under which later steps find what it wrote to standard output. @default it has no outputs */
  readonly output?: 'stdout';
  /** What one set of inputs is refused for, beside its form. @returns undefined when it is fine */
  readonly refusal?: (inputs: Inputs) => string | undefined;
  /** The script that carries it out, of which each set of inputs has a part. */
  readonly script: (inputs: Inputs) => string;
  /** What is done after success. */
  readonly afterwards?: 'restart';
}

/** A text as one word of bash. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
