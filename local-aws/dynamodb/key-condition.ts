import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Condition } from './expression/syntax';
import { invalid } from './faults';
import type { KeySchema } from './table';

/** What a query asks of the key: one partition, and perhaps a part of it. */
export interface KeyCondition {
  readonly hash: AttributeValue;
  readonly range?: Condition;
}

/**
 * Reads a query's condition on the key.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
 * @throws Fault ValidationException when it is not one value of the partition key, and at most one condition on the sort key
 */
export function keyConditionOf(condition: Condition, key: KeySchema): KeyCondition {
  const clauses = clausesOf(condition);
  const hashClause = clauses.find((clause) => attributeOf(clause) === key.hash);
  if (!hashClause) throw invalid(`Query condition missed key schema element: ${key.hash}`);
  const rest = clauses.filter((clause) => clause !== hashClause);
  const value =
    hashClause.kind === 'compare' && hashClause.comparator === '=' && hashClause.right.kind === 'value'
      ? hashClause.right.value
      : undefined;
  if (value === undefined) throw unsupported();
  const [range, ...others] = rest;
  if (range === undefined) return { hash: value };
  if (key.range === undefined || attributeOf(range) !== key.range || others.length > 0) {
    const missed = key.range !== undefined && rest.every((clause) => attributeOf(clause) !== key.range);
    throw invalid(
      missed
        ? `Query condition missed key schema element: ${key.range}`
        : 'Invalid KeyConditionExpression: The condition is not on the key of the table or index',
    );
  }
  const isServed =
    (range.kind === 'compare' && range.comparator !== '<>') ||
    range.kind === 'between' ||
    range.kind === 'beginsWith';
  if (!isServed) throw unsupported();
  return { hash: value, range };
}

function clausesOf(condition: Condition): Condition[] {
  if (condition.kind === 'and') return [...clausesOf(condition.left), ...clausesOf(condition.right)];
  if (condition.kind === 'or' || condition.kind === 'not')
    throw invalid(
      `Invalid operator used in KeyConditionExpression: ${condition.kind === 'or' ? 'OR' : 'NOT'}`,
    );
  return [condition];
}

/** The attribute that a clause compares with values that are given. */
function attributeOf(clause: Condition): string | undefined {
  const [subject, ...others] =
    clause.kind === 'compare'
      ? [clause.left, clause.right]
      : clause.kind === 'between'
        ? [clause.operand, clause.low, clause.high]
        : clause.kind === 'beginsWith'
          ? [clause.operand, clause.prefix]
          : [];
  if (subject?.kind !== 'path' || subject.path.length !== 1 || !others.every(({ kind }) => kind === 'value'))
    throw unsupported();
  return subject.path[0] as string;
}

function unsupported() {
  return invalid('Query key condition not supported');
}
