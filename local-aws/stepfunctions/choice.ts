import { findPath, readPath } from './json-path';
import { runtimeError } from './state-error';

/** A rule of a Choice state, or a part of one. */
export interface ChoiceRule {
  readonly Variable?: string;
  readonly And?: readonly ChoiceRule[];
  readonly Or?: readonly ChoiceRule[];
  readonly Not?: ChoiceRule;
  readonly Next?: string;
  readonly [operator: string]: unknown;
}

type Comparable = string | number | boolean;
type Read = (value: unknown) => Comparable | undefined;

/** Kinds of values that can be compared, and how one is read; a value of another kind matches nothing. */
const kinds: Readonly<Record<string, Read>> = {
  String: (value) => (typeof value === 'string' ? value : undefined),
  Numeric: (value) => (typeof value === 'number' ? value : undefined),
  Boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  Timestamp: (value) => (isTimestamp(value) ? Date.parse(value) : undefined),
};

const comparisons: Readonly<Record<string, (a: Comparable, b: Comparable) => boolean>> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThan: (a, b) => a > b,
  GreaterThanEquals: (a, b) => a >= b,
};

const typeTests: Readonly<Record<string, (value: unknown) => boolean>> = {
  IsPresent: (value) => value !== undefined,
  IsNull: (value) => value === null,
  IsString: (value) => typeof value === 'string',
  IsNumeric: (value) => typeof value === 'number',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: isTimestamp,
};

const parts = new Set(['Variable', 'And', 'Or', 'Not', 'Next', 'Comment']);

/** The operator of a rule. @throws Error when there is not exactly one that is known */
export function operatorOf(rule: ChoiceRule): string {
  const operators = Object.keys(rule).filter((name) => !parts.has(name));
  const [operator = ''] = operators;
  if (operators.length !== 1 || !isOperator(operator))
    throw new Error(`A choice rule has one operator; found ${JSON.stringify(operators)}.`);
  return operator;
}

function isOperator(name: string): boolean {
  return name === 'StringMatches' || Object.hasOwn(typeTests, name) || parseComparison(name) !== undefined;
}

function parseComparison(name: string) {
  const [, kind = '', comparison = '', path] =
    /^(String|Numeric|Boolean|Timestamp)(Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)(Path)?$/.exec(
      name,
    ) ?? [];
  if (!Object.hasOwn(kinds, kind) || (kind === 'Boolean' && comparison !== 'Equals')) return undefined;
  return { read: kinds[kind]!, compare: comparisons[comparison]!, isPath: path !== undefined };
}

/** Whether a choice rule holds. @throws StateError States.Runtime when its variable is absent */
export function holds(rule: ChoiceRule, input: unknown): boolean {
  if (rule.And) return rule.And.every((part) => holds(part, input));
  if (rule.Or) return rule.Or.some((part) => holds(part, input));
  if (rule.Not) return !holds(rule.Not, input);

  const operator = operatorOf(rule);
  const variable = rule.Variable ?? '';
  const expected = rule[operator];
  if (operator === 'IsPresent') return typeTests.IsPresent!(findPath(variable, input)) === expected;
  const value = readPath(variable, input);
  if (Object.hasOwn(typeTests, operator)) return typeTests[operator]!(value) === expected;
  if (operator === 'StringMatches') return typeof value === 'string' && matches(String(expected), value);

  const comparison = parseComparison(operator);
  if (!comparison) throw runtimeError(`The operator ${operator} is not known.`);
  const { read, compare, isPath } = comparison;
  const actual = read(value);
  const wanted = read(isPath ? readPath(String(expected), input) : expected);
  return actual !== undefined && wanted !== undefined && compare(actual, wanted);
}

/** `*` stands for any characters; `\*` is the character itself. */
function matches(pattern: string, value: string): boolean {
  const source = pattern.replace(/\\([*\\])|(\*)|[.+?^${}()|[\]\\]/g, (found, escaped, star) => {
    if (escaped) return `\\${escaped}`;
    return star ? '.*' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 's').test(value);
}

function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
}
