import { kindOf } from '../value';
import type { Placeholders } from './placeholders';
import type { Comparator, Condition, ExpressionKind, Operand } from './syntax';
import { Tokens } from './tokens';

const COMPARATORS: readonly Comparator[] = ['=', '<>', '<=', '<', '>=', '>'];
const ORDERED = ['S', 'N', 'B'];

/**
 * Parses a condition, by
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 * @throws Fault ValidationException, in AWS's words
 */
export function parseCondition(text: string, kind: ExpressionKind, placeholders: Placeholders): Condition {
  const tokens = new Tokens(text, kind, placeholders);
  const condition = disjunction(tokens);
  tokens.expectEnd();
  return condition;
}

function disjunction(tokens: Tokens): Condition {
  let left = conjunction(tokens);
  while (tokens.takeWord('OR')) left = { kind: 'or', left, right: conjunction(tokens) };
  return left;
}

function conjunction(tokens: Tokens): Condition {
  let left = negation(tokens);
  while (tokens.takeWord('AND')) left = { kind: 'and', left, right: negation(tokens) };
  return left;
}

function negation(tokens: Tokens): Condition {
  if (tokens.takeWord('NOT')) return { kind: 'not', condition: negation(tokens) };
  if (tokens.take('(')) {
    const condition = disjunction(tokens);
    tokens.expect(')');
    return condition;
  }
  return predicate(tokens);
}

function predicate(tokens: Tokens): Condition {
  const name = tokens.takeFunction();
  if (name !== undefined && name !== 'size') return functionCall(tokens, name);
  const left = name === 'size' ? sizeCall(tokens) : tokens.pathOrValue();
  const comparator = tokens.takeOneOf(COMPARATORS);
  if (comparator) {
    const right = operand(tokens);
    if (comparator !== '=' && comparator !== '<>')
      for (const side of [left, right]) checkType(tokens, comparator, side, ORDERED);
    return { kind: 'compare', comparator, left, right };
  }
  if (tokens.takeWord('BETWEEN')) {
    const low = operand(tokens);
    tokens.expectWord('AND');
    const high = operand(tokens);
    for (const side of [low, high]) checkType(tokens, 'BETWEEN', side, ORDERED);
    return { kind: 'between', operand: left, low, high };
  }
  tokens.expectWord('IN');
  tokens.expect('(');
  const candidates = [operand(tokens)];
  while (tokens.take(',')) candidates.push(operand(tokens));
  tokens.expect(')');
  return { kind: 'in', operand: left, candidates };
}

function operand(tokens: Tokens): Operand {
  const name = tokens.takeFunction();
  if (name === 'size') return sizeCall(tokens);
  if (name !== undefined) throw tokens.fail(`The function is not allowed in this context; function: ${name}`);
  return tokens.pathOrValue();
}

function sizeCall(tokens: Tokens): Operand {
  const path = tokens.path();
  tokens.expect(')');
  return { kind: 'size', path };
}

function functionCall(tokens: Tokens, name: string): Condition {
  const condition = functionBody(tokens, name);
  tokens.expect(')');
  return condition;
}

function functionBody(tokens: Tokens, name: string): Condition {
  switch (name) {
    case 'attribute_exists':
      return { kind: 'exists', path: tokens.path(), expected: true };
    case 'attribute_not_exists':
      return { kind: 'exists', path: tokens.path(), expected: false };
    case 'attribute_type': {
      const path = tokens.path();
      tokens.expect(',');
      const type = tokens.value();
      checkType(tokens, name, { kind: 'value', value: type }, ['S']);
      return { kind: 'type', path, type: type.S! };
    }
    case 'begins_with': {
      const [subject, prefix] = pair(tokens);
      checkType(tokens, name, prefix, ['S', 'B']);
      return { kind: 'beginsWith', operand: subject, prefix };
    }
    case 'contains': {
      const [subject, part] = pair(tokens);
      return { kind: 'contains', operand: subject, part };
    }
    default:
      throw tokens.fail(`Invalid function name; function: ${name}`);
  }
}

function pair(tokens: Tokens): [Operand, Operand] {
  const first = tokens.pathOrValue();
  tokens.expect(',');
  return [first, tokens.pathOrValue()];
}

/** A value that is given can be refused at once; one of the item simply does not meet the condition. */
function checkType(tokens: Tokens, operator: string, side: Operand, allowed: readonly string[]): void {
  if (side.kind !== 'value' || allowed.includes(kindOf(side.value))) return;
  throw tokens.fail(
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${kindOf(side.value)}`,
  );
}
