import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import Big from 'big.js';
import { invalid, invalidParameter } from './faults';

/** Attributes by name. What is stored is never changed in place. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** DynamoDB's data types. */
export type Kind = 'S' | 'N' | 'B' | 'SS' | 'NS' | 'BS' | 'M' | 'L' | 'NULL' | 'BOOL';

const KINDS: ReadonlySet<string> = new Set(['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL']);
const MAXIMUM_DEPTH = 32;
const MAXIMUM_DIGITS = 38;
const MAXIMUM_EXPONENT = 125;
const MINIMUM_EXPONENT = -130;

/** The data type that a value has. */
export function kindOf(value: AttributeValue): Kind {
  for (const name in value) return name as Kind;
  throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
}

/**
 * A caller's value as it is stored: checked, its numbers in their shortest form, no part of it shared.
 * @throws Fault ValidationException
 */
export function accept(value: AttributeValue, depth = 0): AttributeValue {
  const names = Object.keys(value).filter((name) => value[name as Kind] !== undefined);
  if (names.length > 1)
    throw invalid(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  if (names.length === 0 || !KINDS.has(names[0]!))
    throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  if (depth > MAXIMUM_DEPTH) throw invalid('Nesting Levels have exceeded supported limits');
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: canonicalNumber(value.N) };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.M !== undefined) return { M: acceptItem(value.M, depth + 1) };
  if (value.L !== undefined) return { L: value.L.map((element) => accept(element, depth + 1)) };
  if (value.B !== undefined) return { B: value.B.slice() };
  if (value.SS !== undefined) return { SS: acceptSet('string', value.SS, (text) => text) };
  if (value.NS !== undefined)
    return { NS: acceptSet('number', value.NS.map(canonicalNumber), (text) => text) };
  if (value.BS !== undefined) return { BS: acceptSet('binary', value.BS, base64) };
  if (value.NULL !== true) throw invalidParameter('Null attribute value types must have the value of true');
  return { NULL: true };
}

/** A caller's attributes as they are stored. @throws Fault ValidationException */
export function acceptItem(item: Readonly<Record<string, AttributeValue>>, depth = 0): Item {
  const accepted: Record<string, AttributeValue> = {};
  for (const name of Object.keys(item)) accepted[name] = accept(item[name]!, depth);
  return accepted;
}

function acceptSet<T>(kind: string, members: readonly T[], textOf: (member: T) => string): T[] {
  if (members.length === 0) throw invalidParameter(`An ${kind} set  may not be empty`);
  const texts = members.map(textOf);
  if (new Set(texts).size < texts.length)
    throw invalidParameter(`Input collection [${texts.join(', ')}] contains duplicates.`);
  return [...members];
}

/**
 * A number in the form in which DynamoDB gives it back: no exponent, no needless zeros.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 * @throws Fault ValidationException
 */
export function canonicalNumber(text: string): string {
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(text)) return text;
  if (text === '') throw invalid('The parameter cannot be converted to a numeric value');
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  const number = new Big(text.replace(/^\+/, ''));
  if (number.eq(0)) return '0';
  if (number.c.length > MAXIMUM_DIGITS)
    throw invalid(`Attempting to store more than ${MAXIMUM_DIGITS} significant digits in a Number`);
  if (number.e > MAXIMUM_EXPONENT)
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range');
  if (number.e < MINIMUM_EXPONENT)
    throw invalid(
      'Number underflow. Attempting to store a number with magnitude smaller than supported range',
    );
  return number.toFixed();
}

/** The sum or the difference of two numbers. @throws Fault ValidationException when it is out of range */
export function calculate(left: string, operator: '+' | '-', right: string): string {
  const other = new Big(right);
  return canonicalNumber(
    (operator === '+' ? new Big(left).plus(other) : new Big(left).minus(other)).toFixed(),
  );
}

/** Whether two values are the same; the order of a set's members does not count. */
export function isEqual(left: AttributeValue, right: AttributeValue): boolean {
  const kind = kindOf(left);
  if (kind !== kindOf(right)) return false;
  switch (kind) {
    case 'S':
    case 'N':
    case 'BOOL':
    case 'NULL':
      return left[kind] === right[kind];
    case 'B':
      return base64(left.B!) === base64(right.B!);
    case 'SS':
    case 'NS':
    case 'BS': {
      const members = new Set(membersOf(left));
      const others = membersOf(right);
      return members.size === others.length && others.every((member) => members.has(member));
    }
    case 'L':
      return (
        left.L!.length === right.L!.length &&
        left.L!.every((element, index) => isEqual(element, right.L![index]!))
      );
    case 'M': {
      const names = Object.keys(left.M!);
      return (
        names.length === Object.keys(right.M!).length &&
        names.every((name) => right.M![name] !== undefined && isEqual(left.M![name]!, right.M![name]!))
      );
    }
  }
}

/** Less than, equal to or greater than zero as `left` stands to `right`; undefined where there is no order. */
export function compare(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.S !== undefined && right.S !== undefined)
    return Buffer.compare(Buffer.from(left.S), Buffer.from(right.S));
  if (left.N !== undefined && right.N !== undefined) return new Big(left.N).cmp(right.N);
  if (left.B !== undefined && right.B !== undefined) return Buffer.compare(left.B, right.B);
  return undefined;
}

/** Members of a set as texts, by which they can be compared; none for other values. */
export function membersOf(value: AttributeValue): string[] {
  return value.SS ?? value.NS ?? value.BS?.map(base64) ?? [];
}

/** A text that tells a key's value from all others: of another type, too. */
export function keyText(value: AttributeValue): string {
  if (value.S !== undefined) return `S${value.S}`;
  if (value.N !== undefined) return `N${value.N}`;
  return `B${base64(value.B!)}`;
}

/**
 * An item's size in bytes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: Item): number {
  let size = 0;
  for (const name in item) size += Buffer.byteLength(name) + valueSize(item[name]!);
  return size;
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return sum(value.SS, (member) => Buffer.byteLength(member));
  if (value.NS !== undefined) return sum(value.NS, numberSize);
  if (value.BS !== undefined) return sum(value.BS, (member) => member.byteLength);
  // A map or a list takes three bytes, and each of its elements one, besides their own.
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemSize(value.M);
  if (value.L !== undefined) return 3 + sum(value.L, (element) => 1 + valueSize(element));
  return 1;
}

/** About one byte for two digits, and one more. */
function numberSize(text: string): number {
  return Math.ceil(text.replace(/\D|^0+|0+$/g, '').length / 2) + 1;
}

function sum<T>(values: readonly T[], sizeOf: (value: T) => number): number {
  return values.reduce((total, value) => total + sizeOf(value), 0);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
