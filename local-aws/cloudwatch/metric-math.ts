import { Fault } from '../core/fault';

/** The values of the queries that an expression may name, for one period; undefined where there is no data. */
export type Values = (id: string) => number | undefined;

/** A metric math expression: numbers, ids of other queries, `+ - * /`, parentheses and `FILL(id, number)`. */
export interface Expression {
  /** Ids that the expression names. */
  readonly ids: readonly string[];
  /** @returns undefined where a value that it needs is missing, and for a division by zero */
  evaluate(values: Values): number | undefined;
}

type Term = (values: Values) => number | undefined;

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
  const binary = (operand: () => Term, operators: Record<string, (a: number, b: number) => number>): Term => {
    let left = operand();
    for (let apply = operators[tokens[position] ?? '']; apply; apply = operators[tokens[position] ?? '']) {
      position++;
      const [first, second, calculate] = [left, operand(), apply];
      left = (values) => {
        const [a, b] = [first(values), second(values)];
        const result = a === undefined || b === undefined ? undefined : calculate(a, b);
        return result !== undefined && Number.isFinite(result) ? result : undefined;
      };
    }
    return left;
  };
  const sum = (): Term => binary(product, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  const product = (): Term => binary(atom, { '*': (a, b) => a * b, '/': (a, b) => a / b });
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
      return (values) => inner(values) ?? replacement(values);
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (/^[a-z]/.test(token)) {
      ids.push(token);
      return (values) => values(token);
    }
    position--;
    return refuse();
  };

  const evaluate = sum();
  if (position < tokens.length) refuse();
  return { ids, evaluate };
}
