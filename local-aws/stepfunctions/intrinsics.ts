import { StateError } from './state-error';

type Intrinsic = (...values: unknown[]) => unknown;

/** The intrinsic functions that are served. https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html */
const intrinsics: Readonly<Record<string, Intrinsic>> = {
  'States.Format': (template, ...values) => {
    const rest = [...values];
    return text(template).replaceAll('{}', () => {
      if (rest.length === 0) throw failure('States.Format has more {} than values.');
      const value = rest.shift();
      return typeof value === 'string' ? value : JSON.stringify(value);
    });
  },
  'States.StringToJson': (value) => {
    try {
      return JSON.parse(text(value));
    } catch (error) {
      throw failure(`States.StringToJson got no JSON: ${(error as Error).message}`);
    }
  },
  'States.JsonToString': (value) => JSON.stringify(value),
  'States.Array': (...values) => values,
  'States.ArrayLength': (value) => list(value).length,
  'States.ArrayGetItem': (value, index) => {
    const item = list(value)[Number(index)];
    if (item === undefined) throw failure(`States.ArrayGetItem found no item ${String(index)}.`);
    return item;
  },
  'States.ArrayContains': (value, wanted) =>
    list(value).some((item) => JSON.stringify(item) === JSON.stringify(wanted)),
  'States.StringSplit': (value, separators) =>
    text(value)
      .split(new RegExp(`[${text(separators).replace(/[\]\\^-]/g, '\\$&')}]`))
      .filter((part) => part !== ''),
  'States.MathAdd': (a, b) => Number(a) + Number(b),
};

interface Expression {
  readonly name: string;
  readonly arguments: readonly string[];
}

/** Splits `States.Name(argument, …)`; an argument may be such a call itself. @throws Error when it is none */
export function parseIntrinsic(expression: string): Expression {
  const [, name = '', inner = ''] = /^\s*(States\.\w+)\((.*)\)\s*$/s.exec(expression) ?? [];
  if (!Object.hasOwn(intrinsics, name))
    throw new Error(
      `'${expression}' is neither a path nor one of the intrinsic functions ${Object.keys(intrinsics).join(', ')}.`,
    );
  return { name, arguments: splitArguments(inner) };
}

/**
 * Calls an intrinsic function.
 * @param evaluate gives the value of an argument that is a path or another call
 * @throws StateError States.IntrinsicFailure
 */
export function callIntrinsic(expression: string, evaluate: (argument: string) => unknown): unknown {
  const call = parseIntrinsic(expression);
  return intrinsics[call.name]!(
    ...call.arguments.map((argument) => {
      if (argument.startsWith("'")) return argument.slice(1, -1).replace(/\\(.)/g, '$1');
      if (/^(-?\d+(\.\d+)?|true|false|null)$/.test(argument)) return JSON.parse(argument);
      return evaluate(argument);
    }),
  );
}

function splitArguments(inner: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let quoted = false;
  let current = '';
  for (let i = 0; i < inner.length; i++) {
    const character = inner[i]!;
    if (quoted && character === '\\') {
      current += character + (inner[++i] ?? '');
      continue;
    }
    if (character === "'") quoted = !quoted;
    else if (!quoted && character === '(') depth++;
    else if (!quoted && character === ')') depth--;
    if (character === ',' && !quoted && depth === 0) {
      found.push(current.trim());
      current = '';
    } else current += character;
  }
  return current.trim() === '' && found.length === 0 ? [] : [...found, current.trim()];
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw failure(`A string was due; found ${JSON.stringify(value)}.`);
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw failure(`An array was due; found ${JSON.stringify(value)}.`);
  return value;
}

function failure(cause: string): StateError {
  return new StateError('States.IntrinsicFailure', cause);
}
