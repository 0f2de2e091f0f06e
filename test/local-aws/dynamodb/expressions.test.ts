import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { applyUpdate } from '../../../local-aws/dynamodb/expression/apply-update';
import { meets } from '../../../local-aws/dynamodb/expression/evaluate';
import { parseCondition } from '../../../local-aws/dynamodb/expression/parse-condition';
import { parseUpdate } from '../../../local-aws/dynamodb/expression/parse-update';
import { parseProjection, project } from '../../../local-aws/dynamodb/expression/paths';
import { Placeholders } from '../../../local-aws/dynamodb/expression/placeholders';
import { RESERVED_WORDS } from '../../../local-aws/dynamodb/expression/reserved-words';

const item: Record<string, AttributeValue> = {
  greeting: { S: 'hello' },
  amount: { N: '10' },
  flag: { BOOL: true },
  tags: { SS: ['a', 'b'] },
  numbers: { NS: ['1', '2'] },
  elements: { L: [{ S: 'x' }, { S: 'y' }, { S: 'z' }] },
  nested: { M: { core: { M: { n: { N: '1' } } }, parts: { L: [{ M: { k: { S: 'v' } } }] } } },
};
const values: Record<string, AttributeValue> = {
  ':ten': { N: '10.0' },
  ':two': { N: '2' },
  ':nine': { N: '9' },
  ':hello': { S: 'hello' },
  ':he': { S: 'he' },
  ':a': { S: 'a' },
  ':ba': { SS: ['b', 'a'] },
  ':c': { SS: ['c', 'a'] },
  ':b': { SS: ['b'] },
  ':true': { BOOL: true },
  ':SS': { S: 'SS' },
  ':x': { S: 'x' },
  ':list': { L: [{ N: '1' }] },
  ':map': { M: {} },
};

function placeholders(text: string, names: Record<string, string> = { '#n': 'nested', '#size': 'size' }) {
  const used = <T>(all: Record<string, T>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => new RegExp(`${name}\\b`).test(text)));
  const given = { ExpressionAttributeNames: used(names), ExpressionAttributeValues: used(values) };
  return new Placeholders(
    {
      ...(Object.keys(given.ExpressionAttributeNames).length > 0 && {
        ExpressionAttributeNames: given.ExpressionAttributeNames,
      }),
      ...(Object.keys(given.ExpressionAttributeValues).length > 0 && {
        ExpressionAttributeValues: given.ExpressionAttributeValues,
      }),
    },
    [text],
  );
}

test.each([
  ['greeting = :hello', true],
  ['greeting <> :hello', false],
  ['gone <> :hello', true],
  ['gone = :hello', false],
  ['gone < :ten', false],
  ['NOT gone = :hello', true],
  ['amount = :ten', true],
  // By number, not by text: "10" < "9".
  ['amount < :nine', false],
  ['amount >= :ten', true],
  // There is no order between types.
  ['greeting > :ten', false],
  ['tags = :ba', true],
  ['amount BETWEEN :two AND :ten', true],
  ['amount BETWEEN :two AND :nine', false],
  ['greeting IN (:a, :hello)', true],
  ['attribute_exists(nested.core.n) AND attribute_not_exists(nested.absent)', true],
  ['attribute_exists(elements[2])', true],
  ['attribute_exists(elements[3])', false],
  ['attribute_exists(greeting.core)', false],
  ['attribute_type(tags, :SS)', true],
  ['begins_with(greeting, :he)', true],
  ['begins_with(amount, :he)', false],
  ['contains(greeting, :he)', true],
  ['contains(tags, :a)', true],
  ['contains(tags, :ten)', false],
  ['contains(elements, :x)', true],
  ['size(greeting) = :ten', false],
  ['size(tags) = :two', true],
  ['#n.core.n < :two', true],
  // AND binds closer than OR, NOT closest.
  ['flag = :true OR gone = :x AND gone = :x', true],
  ['(flag = :true OR gone = :x) AND gone = :x', false],
  ['not gone = :x and flag = :true', true],
])('%s is %s', (text, expected) => {
  expect(meets(parseCondition(text, 'ConditionExpression', placeholders(text)), item)).toBe(expected);
});

test.each([
  ['', 'The expression can not be empty;'],
  ['greeting = ', 'Syntax error; token: "<EOF>", near: "= <EOF>"'],
  ['greeting = :hello :a', 'Syntax error; token: ":a", near: ":hello :a"'],
  ['greeting ! :hello', 'Syntax error; token: "!"'],
  ['status = :hello', 'Attribute name is a reserved keyword; reserved keyword: status'],
  [
    'nested.#other = :hello',
    'An expression attribute name used in the document path is not defined; attribute name: #other',
  ],
  [
    'greeting = :none',
    'An expression attribute value used in expression is not defined; attribute value: :none',
  ],
  [
    'greeting < :true',
    'Incorrect operand type for operator or function; operator or function: <, operand type: BOOL',
  ],
  ['starts(greeting, :he)', 'Invalid function name; function: starts'],
])('the condition "%s" is refused', (text, message) => {
  expect(() => parseCondition(text, 'ConditionExpression', placeholders(text))).toThrow(
    `Invalid ConditionExpression: ${message}`,
  );
});

test('placeholders that are not used are refused', () => {
  const given = new Placeholders({ ExpressionAttributeNames: { '#a': 'a', '#b': 'b' } }, ['#a']);
  parseProjection('#a', given);
  expect(() => given.checkUsed()).toThrow(
    'Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}',
  );
  expect(() => new Placeholders({ ExpressionAttributeNames: { '#a': 'a' } }, [undefined])).toThrow(
    'ExpressionAttributeNames can only be specified when using expressions',
  );
});

test.each<[string, Record<string, AttributeValue | undefined>]>([
  ['SET amount = amount + :two', { amount: { N: '12' } }],
  ['SET amount = :two - amount', { amount: { N: '-8' } }],
  ['SET fresh = if_not_exists(fresh, :two) + :ten', { fresh: { N: '12' } }],
  ['SET amount = if_not_exists(amount, :two)', { amount: { N: '10' } }],
  ['SET elements = list_append(elements, :list)', { elements: { L: [...item.elements!.L!, { N: '1' }] } }],
  ['SET fresh = list_append(if_not_exists(fresh, :list), :list)', { fresh: { L: [{ N: '1' }, { N: '1' }] } }],
  ['SET elements[9] = :a', { elements: { L: [...item.elements!.L!, { S: 'a' }] } }],
  ['SET elements[1] = :a', { elements: { L: [{ S: 'x' }, { S: 'a' }, { S: 'z' }] } }],
  // Positions are those of before, and all values are read from the item as it was.
  ['REMOVE elements[0], elements[1]', { elements: { L: [{ S: 'z' }] } }],
  ['SET greeting = flag, flag = greeting', { greeting: { BOOL: true }, flag: { S: 'hello' } }],
  ['REMOVE greeting, gone', { greeting: undefined }],
  ['SET #n.core.n = :ten REMOVE #n.parts', { nested: { M: { core: { M: { n: { N: '10' } } } } } }],
  ['ADD amount :two, fresh :ten', { amount: { N: '12' }, fresh: { N: '10' } }],
  ['ADD tags :c', { tags: { SS: ['a', 'b', 'c'] } }],
  ['DELETE tags :c', { tags: { SS: ['b'] } }],
  ['DELETE tags :ba', { tags: undefined }],
  ['DELETE gone :ba', {}],
])('%s', (text, changes) => {
  const expected = Object.fromEntries(
    Object.entries({ ...item, ...changes }).filter(([, value]) => value !== undefined),
  );
  const before = structuredClone(item);
  expect(applyUpdate(item, parseUpdate(text, placeholders(text)))).toEqual(expected);
  expect(item).toEqual(before);
});

test.each([
  ['SET gone = absent', 'The provided expression refers to an attribute that does not exist in the item'],
  ['SET gone.core = :a', 'The document path provided in the update expression is invalid for update'],
  ['SET amount = greeting + :two', 'An operand in the update expression has an incorrect data type'],
  ['ADD greeting :two', 'An operand in the update expression has an incorrect data type'],
  ['SET greeting = :a SET flag = :a', 'The "SET" section can only be used once in an update expression;'],
  ['SET nested = :map, nested.core = :a', 'Two document paths overlap with each other'],
  ['SET nested.core = :a REMOVE nested[0]', 'Two document paths conflict with each other'],
  ['UPSERT greeting = :a', 'Syntax error; token: "UPSERT"'],
  ['SET state = :a', 'Attribute name is a reserved keyword; reserved keyword: state'],
  [
    'DELETE amount :two',
    'Incorrect operand type for operator or function; operator: DELETE, operand type: N',
  ],
])('the update "%s" is refused', (text, message) => {
  expect(() => applyUpdate(item, parseUpdate(text, placeholders(text)))).toThrow(message);
});

test.each<[string, Record<string, AttributeValue>]>([
  ['greeting, gone', { greeting: { S: 'hello' } }],
  ['elements[2], elements[0]', { elements: { L: [{ S: 'x' }, { S: 'z' }] } }],
  ['#n.core.n', { nested: { M: { core: { M: { n: { N: '1' } } } } } }],
  [
    '#n.parts[0].k, greeting',
    { greeting: { S: 'hello' }, nested: { M: { parts: { L: [{ M: { k: { S: 'v' } } }] } } } },
  ],
  ['#n.absent', {}],
])('the projection %s', (text, expected) => {
  expect(project(item, parseProjection(text, placeholders(text)))).toEqual(expected);
});

test('all of the reserved words are there', () => {
  expect(RESERVED_WORDS.size).toBe(573);
});
