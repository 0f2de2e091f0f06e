import type { ConditionKeys } from '../core/service';

export type Context = ConditionKeys;

type Test = (actual: string, expected: string) => boolean;

const positive: Readonly<Record<string, Test>> = {
  StringEquals: (actual, expected) => actual === expected,
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  StringLike: (actual, expected) => matchesWildcard(expected, actual),
  ArnEquals: (actual, expected) => arnMatches(expected, actual),
  ArnLike: (actual, expected) => arnMatches(expected, actual),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  NumericEquals: (actual, expected) => Number(actual) === Number(expected),
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
  NumericLessThanEquals: (actual, expected) => Number(actual) <= Number(expected),
  NumericGreaterThan: (actual, expected) => Number(actual) > Number(expected),
  NumericGreaterThanEquals: (actual, expected) => Number(actual) >= Number(expected),
  DateEquals: (actual, expected) => time(actual) === time(expected),
  DateLessThan: (actual, expected) => time(actual) < time(expected),
  DateLessThanEquals: (actual, expected) => time(actual) <= time(expected),
  DateGreaterThan: (actual, expected) => time(actual) > time(expected),
  DateGreaterThanEquals: (actual, expected) => time(actual) >= time(expected),
};

/** Negated operators, and what each negates. */
const negative: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
};

interface Operator {
  readonly set?: 'ForAnyValue' | 'ForAllValues';
  readonly name: string;
  readonly ifExists: boolean;
}

function parseOperator(text: string): Operator {
  const [, set, base] = /^(?:(ForAnyValue|ForAllValues):)?(.*)$/.exec(text) ?? [];
  const ifExists = base?.endsWith('IfExists') === true;
  return {
    set: set as Operator['set'],
    name: ifExists ? base!.slice(0, -'IfExists'.length) : (base ?? ''),
    ifExists,
  };
}

/** Whether the local AWS evaluates a condition operator, its set prefix and `IfExists` included. */
export function isKnownOperator(text: string): boolean {
  const { name } = parseOperator(text);
  return name === 'Null' || Object.hasOwn(positive, name) || Object.hasOwn(negative, name);
}

/**
 * Evaluates one condition operator on one key, as IAM does: a key that is absent fails a positive
 * operator and meets a negated one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 * @param actual the key's values in the request; undefined when the key is absent
 * @throws Error naming an operator that is not known
 */
export function meetsCondition(
  operatorText: string,
  actual: readonly string[] | undefined,
  expected: readonly string[],
): boolean {
  const operator = parseOperator(operatorText);
  if (operator.name === 'Null') {
    return expected.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  }
  const negated = Object.hasOwn(negative, operator.name);
  const test = positive[negated ? negative[operator.name]! : operator.name];
  if (!test) throw new Error(`The condition operator ${operatorText} is not known.`);
  if (actual === undefined || actual.length === 0) {
    if (operator.set === 'ForAllValues') return true;
    if (operator.set === 'ForAnyValue') return false;
    return operator.ifExists || negated;
  }
  const matchesAny = (value: string) => expected.some((candidate) => test(value, candidate));
  const meets = (value: string) => matchesAny(value) !== negated;
  if (operator.set === 'ForAllValues') return actual.every(meets);
  if (operator.set === 'ForAnyValue') return actual.some(meets);
  return negated ? actual.every(meets) : actual.some(meets);
}

/** Whether a text matches a pattern with `*` (any characters) and `?` (one character). */
export function matchesWildcard(pattern: string, text: string, ignoreCase = false): boolean {
  return ignoreCase ? matches(pattern.toLowerCase(), text.toLowerCase()) : matches(pattern, text);
}

/** Every call asks this of every statement, so it goes along both texts once and makes nothing. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let place = 0;
  // Where the last `*` stood, and how far what it stands for reaches.
  let star = -1;
  let reach = 0;
  while (at < text.length) {
    if (pattern[place] === '*') {
      star = place++;
      reach = at;
    } else if (place < pattern.length && (pattern[place] === '?' || pattern[place] === text[at])) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++reach;
    } else return false;
  }
  while (pattern[place] === '*') place++;
  return place === pattern.length;
}

/** ARNs are matched part by part: a wildcard does not reach over a colon of the first five. */
function arnMatches(pattern: string, arn: string): boolean {
  const patternParts = arnParts(pattern);
  const parts = arnParts(arn);
  return (
    patternParts.length === parts.length && patternParts.every((part, i) => matchesWildcard(part, parts[i]!))
  );
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function time(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}
