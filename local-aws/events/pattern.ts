/** A field's matchers, or the pattern of the object that the field holds. */
export interface Pattern {
  readonly [field: string]: Pattern | readonly Matcher[];
}

/** An exact value, or an object with one matcher. */
export type Matcher = string | number | boolean | null | Readonly<Record<string, unknown>>;

/** A matcher's test on one value of an event; `undefined` stands for a field that is absent. */
type Test = (value: unknown) => boolean;

/**
 * Parses an event pattern.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws Error saying what is wrong with it, an unknown matcher included
 */
export function parsePattern(text: string): Pattern {
  const pattern = JSON.parse(text) as unknown;
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    throw new Error('An event pattern is an object with at least one field.');
  check(pattern, '');
  return pattern as Pattern;
}

/** Whether an event matches a pattern: every field of the pattern does, by one of its matchers. */
export function matchesPattern(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = isObject(event) ? event[field] : undefined;
    // An array in the event matches when one of its items does.
    const values: unknown[] = Array.isArray(value) && value.length > 0 ? value : [value];
    if (!Array.isArray(wanted)) return values.some((item) => matchesPattern(wanted as Pattern, item));
    return wanted.some((matcher) => values.some(testOf(matcher)));
  });
}

function check(pattern: Readonly<Record<string, unknown>>, path: string): void {
  for (const [field, wanted] of Object.entries(pattern)) {
    const place = `${path}/${field}`;
    if (field === '$or') throw new Error(`The local AWS does not serve $or in event patterns (at ${place}).`);
    if (isObject(wanted)) check(wanted, place);
    else if (!Array.isArray(wanted) || wanted.length === 0)
      throw new Error(`"${field}" must be an object or an array with at least one matcher (at ${place}).`);
    else for (const matcher of wanted) attempt(() => testOf(matcher), place);
  }
}

function attempt(work: () => unknown, place: string): void {
  try {
    work();
  } catch (error) {
    throw new Error(`${(error as Error).message} (at ${place})`);
  }
}

function testOf(matcher: unknown): Test {
  if (!isObject(matcher)) return (value) => value === matcher;
  const [[name, argument] = [], ...others] = Object.entries(matcher);
  if (name === undefined || others.length > 0)
    throw new Error(`A matcher is an object with one field; found ${JSON.stringify(matcher)}.`);
  switch (name) {
    case 'prefix':
      return onText(argument, (value, wanted) => value.startsWith(wanted));
    case 'suffix':
      return onText(argument, (value, wanted) => value.endsWith(wanted));
    case 'equals-ignore-case':
      return onText(argument, (value, wanted) => value.toLowerCase() === wanted.toLowerCase());
    case 'wildcard':
      return wildcard(text(argument));
    case 'exists':
      return (value) => (value !== undefined) === argument;
    case 'anything-but':
      return anythingBut(argument);
    case 'numeric':
      return numeric(argument);
    default:
      throw new Error(`The matcher '${name}' is not known.`);
  }
}

/** An absent field is not something else than what is named: it does not match. */
function anythingBut(argument: unknown): Test {
  const tests = (Array.isArray(argument) ? argument : [argument]).map(testOf);
  return (value) => value !== undefined && !tests.some((test) => test(value));
}

function wildcard(pattern: string): Test {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const expression = new RegExp(`^${source}$`, 's');
  return (value) => typeof value === 'string' && expression.test(value);
}

function numeric(argument: unknown): Test {
  const parts = Array.isArray(argument) ? argument : [];
  const bounds: Test[] = [];
  for (let i = 0; i < parts.length; i += 2) bounds.push(bound(parts[i], parts[i + 1]));
  if (bounds.length === 0)
    throw new Error(`A numeric matcher is like [">", 0, "<=", 5]; found ${JSON.stringify(argument)}.`);
  return (value) => typeof value === 'number' && bounds.every((test) => test(value));
}

function bound(operator: unknown, limit: unknown): Test {
  if (typeof limit !== 'number') throw new Error(`A numeric matcher compares with numbers; found ${limit}.`);
  switch (operator) {
    case '=':
      return (value) => value === limit;
    case '<':
      return (value) => (value as number) < limit;
    case '<=':
      return (value) => (value as number) <= limit;
    case '>':
      return (value) => (value as number) > limit;
    case '>=':
      return (value) => (value as number) >= limit;
    default:
      throw new Error(`The numeric operator '${operator}' is not known.`);
  }
}

function onText(argument: unknown, test: (value: string, wanted: string) => boolean): Test {
  const wanted = text(argument);
  return (value) => typeof value === 'string' && test(value, wanted);
}

function text(argument: unknown): string {
  if (typeof argument !== 'string')
    throw new Error(`This matcher takes a string; found ${JSON.stringify(argument)}.`);
  return argument;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
