import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { compare, type Item, isEqual, kindOf, membersOf } from '../value';
import { valueAt } from './paths';
import type { Comparator, Condition, Operand, Path } from './syntax';

/**
 * Whether an item meets a condition. What is missing meets none, except that it differs from everything
 * (`<>`), and that it does not exist.
 */
export function meets(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case 'and':
      return meets(condition.left, item) && meets(condition.right, item);
    case 'or':
      return meets(condition.left, item) || meets(condition.right, item);
    case 'not':
      return !meets(condition.condition, item);
    case 'exists':
      return (valueAt(item, condition.path) !== undefined) === condition.expected;
    case 'type': {
      const value = valueAt(item, condition.path);
      return value !== undefined && kindOf(value) === condition.type;
    }
    case 'compare':
      return compares(
        condition.comparator,
        operandValue(condition.left, item),
        operandValue(condition.right, item),
      );
    case 'between': {
      const value = operandValue(condition.operand, item);
      return (
        compares('>=', value, operandValue(condition.low, item)) &&
        compares('<=', value, operandValue(condition.high, item))
      );
    }
    case 'in': {
      const value = operandValue(condition.operand, item);
      return condition.candidates.some((candidate) => compares('=', value, operandValue(candidate, item)));
    }
    case 'beginsWith':
      return beginsWith(operandValue(condition.operand, item), operandValue(condition.prefix, item));
    case 'contains':
      return contains(operandValue(condition.operand, item), operandValue(condition.part, item));
  }
}

/** Paths that a condition looks at. */
export function pathsIn(condition: Condition): Path[] {
  const of = (...operands: readonly Operand[]) =>
    operands.flatMap((operand) => (operand.kind === 'value' ? [] : [operand.path]));
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...pathsIn(condition.left), ...pathsIn(condition.right)];
    case 'not':
      return pathsIn(condition.condition);
    case 'exists':
    case 'type':
      return [condition.path];
    case 'compare':
      return of(condition.left, condition.right);
    case 'between':
      return of(condition.operand, condition.low, condition.high);
    case 'in':
      return of(condition.operand, ...condition.candidates);
    case 'beginsWith':
      return of(condition.operand, condition.prefix);
    case 'contains':
      return of(condition.operand, condition.part);
  }
}

function operandValue(operand: Operand, item: Item): AttributeValue | undefined {
  if (operand.kind === 'value') return operand.value;
  const value = valueAt(item, operand.path);
  return operand.kind === 'path' ? value : sizeOf(value);
}

function compares(
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return comparator === '<>' && left !== right;
  if (comparator === '=') return isEqual(left, right);
  if (comparator === '<>') return !isEqual(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** What `size(path)` gives: characters, bytes, or how many elements there are; undefined for other types. */
function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  const size =
    (value?.S !== undefined ? Buffer.byteLength(value.S) : undefined) ??
    value?.B?.byteLength ??
    (value?.SS ?? value?.NS ?? value?.BS ?? value?.L)?.length ??
    (value?.M && Object.keys(value.M).length);
  return size === undefined ? undefined : { N: String(size) };
}

function beginsWith(value: AttributeValue | undefined, prefix: AttributeValue | undefined): boolean {
  if (value?.S !== undefined && prefix?.S !== undefined) return value.S.startsWith(prefix.S);
  if (!value?.B || !prefix?.B) return false;
  return Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
}

function contains(value: AttributeValue | undefined, part: AttributeValue | undefined): boolean {
  if (value === undefined || part === undefined) return false;
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B) return part.B !== undefined && Buffer.from(value.B).includes(Buffer.from(part.B));
  if (value.L) return value.L.some((element) => isEqual(element, part));
  const isMember =
    (value.SS && part.S !== undefined) || (value.NS && part.N !== undefined) || (value.BS && part.B);
  return Boolean(isMember) && membersOf(value).includes(asMember(part));
}

function asMember(value: AttributeValue): string {
  return value.S ?? value.N ?? membersOf({ BS: [value.B!] })[0]!;
}
