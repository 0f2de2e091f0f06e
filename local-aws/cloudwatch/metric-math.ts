import { Fault } from '../core/fault';

/** The values of the queries that an expression may name, for one period; undefined where there is no data. */
export type Values = (id: string) => number | undefined;

/**
 * A metric math expression: numbers, ids of other queries, `+ - * /`, parentheses and `FILL(id, number)`.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export interface Expression {
  /** Ids that the expression names. */
  readonly ids: readonly string[];
  /** @returns undefined where there is no datapoint: too much is missing, or it divides by zero */
  evaluate(values: Values): number | undefined;
}

interface Term {
  readonly at: (values: Values) => number | undefined;
  /** A number alone: it has no datapoints, and makes none where a series has none. */
  readonly isScalar: boolean;
}

type Operator = (a: Term, b: Term) => Term['at'];

/** A series that lacks a datapoint counts as 0 where the other one has one. */
const additive = (calculate: (a: number, b: number) => number): Operator => {
  return (first, second) => (values) => {
    const [a, b] = [first.at(values), second.at(values)];
    const hasPoint = (!first.isScalar && a !== undefined) || (!second.isScalar && b !== undefined);
    const isNumber = first.isScalar && second.isScalar;
    return hasPoint || isNumber ? calculate(a ?? 0, b ?? 0) : undefined;
  };
};

/** There is a datapoint only where both sides have one. */
const multiplicative = (calculate: (a: number, b: number) => number): Operator => {
  return (first, second) => (values) => {
    const [a, b] = [first.at(values), second.at(values)];
    const result = a === undefined || b === undefined ? undefined : calculate(a, b);
    return result !== undefined && Number.isFinite(result) ? result : undefined;
  };
};

const SUMS = { '+': additive((a, b) => a + b), '-': additive((a, b) => a - b) };
const PRODUCTS = { '*': multiplicative((a, b) => a * b), '/': multiplicative((a, b) => a / b) };

/** @throws Fault ValidationError for anything that is not listed above */
export function parseExpression(source: string): Expression {
  const tokens = source.match(/\d+(?:\.\d+)?|[A-Za-z_]\w*|\S/g) ?? [];
  const ids: string[] = [];
  let position = 0;

  const refuse = (): never => {
    throw new Fault(
      'ValidationError',
      `The local AWS cannot calculate the metric math expression '${source}': it knows numbers, ids, ` +
        `+ - * /, parentheses and FILL(id, number); found '${tokens[position] ?? 'its end'}'.`,
    );
  };
  const take = (wanted: string) => {
    if (tokens[position] !== wanted) refuse();
    position++;
  };
  const binary = (operand: () => Term, operators: Readonly<Record<string, Operator>>): Term => {
    let left = operand();
    for (let apply = operators[tokens[position] ?? '']; apply; apply = operators[tokens[position] ?? '']) {
      position++;
      const right = operand();
      left = { at: apply(left, right), isScalar: left.isScalar && right.isScalar };
    }
    return left;
  };
  const sum = (): Term => binary(product, SUMS);
  const product = (): Term => binary(atom, PRODUCTS);
  const atom = (): Term => {
    const token = tokens[position] ?? '';
    position++;
    if (token === '(') {
      const inner = sum();
      take(')');
      return inner;
    }
    if (token === 'FILL') {
      take('(');
      const inner = sum();
      take(',');
      const replacement = sum();
      take(')');
      // Every minute that is asked for: those too whose metrics have not arrived yet.
      return { at: (values) => inner.at(values) ?? replacement.at(values), isScalar: false };
    }
    if (/^\d/.test(token)) return { at: () => Number(token), isScalar: true };
    if (/^[a-z]/.test(token)) {
      ids.push(token);
      return { at: (values) => values(token), isScalar: false };
    }
    position--;
    return refuse();
  };

  const { at: evaluate } = sum();
  if (position < tokens.length) refuse();
  return { ids, evaluate };
}
