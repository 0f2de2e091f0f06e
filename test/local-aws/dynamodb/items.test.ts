import {
  type AttributeValue,
  ConditionalCheckFailedException,
  ResourceNotFoundException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { withTable } from './fixture';

const TableName = 'ledger';

test('an item comes back as it was put, in every type', async () => {
  const { put, get, key } = await withTable();
  const rest: Record<string, AttributeValue> = {
    text: { S: 'ä' },
    number: { N: '12345678901234567890.5' },
    bytes: { B: new Uint8Array([1, 2, 255]) },
    texts: { SS: ['a', 'b'] },
    numbers: { NS: ['1', '2'] },
    blobs: { BS: [new Uint8Array([7])] },
    list: { L: [{ N: '1' }, { M: { deep: { BOOL: false } } }] },
    nothing: { NULL: true },
  };
  await put(1, rest);
  expect(await get(1)).toEqual({ ...key(1), ...rest });
  expect(await get(2)).toBeUndefined();
});

test.each([
  ['1.50', '1.5'],
  ['0001', '1'],
  ['-0', '0'],
  ['1e3', '1000'],
  ['1E-7', '0.0000001'],
])('the number %s is kept as %s, and is the same key', async (given, kept) => {
  const { client, put, get } = await withTable();
  await put(1, { n: { N: given } });
  expect((await get(1))?.n).toEqual({ N: kept });
  await client.putItem({ TableName, Item: { fleet: { S: 'k' }, revision: { N: given } } });
  const { Item } = await client.getItem({ TableName, Key: { fleet: { S: 'k' }, revision: { N: kept } } });
  expect(Item?.revision).toEqual({ N: kept });
});

test.each<[string, Record<string, AttributeValue>, string]>([
  ['no number', { n: { N: 'x' } }, 'The parameter cannot be converted to a numeric value: x'],
  ['39 digits', { n: { N: '1'.repeat(39) } }, 'Attempting to store more than 38 significant digits'],
  ['too large', { n: { N: '1e126' } }, 'Number overflow'],
  ['too small', { n: { N: '1e-131' } }, 'Number underflow'],
  ['an empty set', { s: { SS: [] } }, 'An string set  may not be empty'],
  ['a member twice', { s: { NS: ['1', '1.0'] } }, 'Input collection [1, 1] contains duplicates.'],
  ['a key of another type', { revision: { S: '1' } }, 'Type mismatch for key revision expected: N actual: S'],
  ['an empty key', { fleet: { S: '' } }, 'cannot contain an empty string value. Key: fleet'],
  ['a long key', { fleet: { S: 'x'.repeat(2049) } }, 'Size of hashkey has exceeded'],
  [
    'an index key of another type',
    { version: { N: '1' } },
    'Type mismatch for Index Key version Expected: S',
  ],
  ['too much', { text: { S: 'x'.repeat(400 * 1024) } }, 'Item size has exceeded the maximum allowed size'],
])('an item with %s is refused', async (_, rest, message) => {
  const { put } = await withTable();
  await expect(put(1, rest)).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(message),
  });
});

test("a key that is not exactly the table's is refused", async () => {
  const { client } = await withTable();
  const keys: Record<string, AttributeValue>[] = [
    { fleet: { S: 'web' } },
    { fleet: { S: 'web' }, revision: { S: '1' } },
  ];
  for (const Key of keys)
    await expect(client.getItem({ TableName, Key })).rejects.toThrow(
      'The provided key element does not match the schema',
    );
  await expect(client.getItem({ TableName: 'other', Key: {} })).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  );
});

test('a failed condition changes nothing, and tells the item where that is asked for', async () => {
  const { client, put, get, key } = await withTable();
  await put(1, { by: { S: 'ann' } });
  const again = (tells: boolean) =>
    client.putItem({
      TableName,
      Item: { ...key(1), by: { S: 'bob' } },
      ConditionExpression: 'attribute_not_exists(fleet)',
      ...(tells && { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    });
  const told = await again(true).catch((error) => error);
  expect(told).toBeInstanceOf(ConditionalCheckFailedException);
  expect(told.message).toBe('The conditional request failed');
  expect(told.Item).toEqual({ ...key(1), by: { S: 'ann' } });
  expect((await again(false).catch((error) => error)).Item).toBeUndefined();
  expect((await get(1))?.by).toEqual({ S: 'ann' });
});

test('an update returns what it is asked for', async () => {
  const { client, put, key } = await withTable();
  await put(1, { a: { N: '1' }, b: { S: 'kept' } });
  const update = (ReturnValues: 'ALL_OLD' | 'ALL_NEW' | 'UPDATED_OLD' | 'UPDATED_NEW' | undefined) =>
    client
      .updateItem({
        TableName,
        Key: key(1),
        UpdateExpression: 'SET a = a + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues,
      })
      .then(({ Attributes }) => Attributes);
  expect(await update(undefined)).toBeUndefined();
  expect(await update('ALL_OLD')).toEqual({ ...key(1), a: { N: '2' }, b: { S: 'kept' } });
  expect(await update('ALL_NEW')).toEqual({ ...key(1), a: { N: '4' }, b: { S: 'kept' } });
  expect(await update('UPDATED_OLD')).toEqual({ a: { N: '4' } });
  expect(await update('UPDATED_NEW')).toEqual({ a: { N: '6' } });
});

test('an update makes an item that is not there; a deletion gives it back', async () => {
  const { client, get, key } = await withTable();
  await client.updateItem({ TableName, Key: key(9) });
  expect(await get(9)).toEqual(key(9));
  const gone = await client.deleteItem({ TableName, Key: key(9), ReturnValues: 'ALL_OLD' });
  expect(gone.Attributes).toEqual(key(9));
  expect(await get(9)).toBeUndefined();
  await client.deleteItem({ TableName, Key: key(9) });
});

test('batches read and write several items', async () => {
  const { client, key, get } = await withTable();
  await client.batchWriteItem({
    RequestItems: { ledger: [1, 2, 3].map((revision) => ({ PutRequest: { Item: key(revision) } })) },
  });
  await client.batchWriteItem({ RequestItems: { ledger: [{ DeleteRequest: { Key: key(2) } }] } });
  const { Responses } = await client.batchGetItem({ RequestItems: { ledger: { Keys: [key(1), key(2)] } } });
  expect(Responses).toEqual({ ledger: [key(1)] });
  expect(await get(3)).toEqual(key(3));
  await expect(client.batchGetItem({ RequestItems: { ledger: { Keys: [key(1), key(1)] } } })).rejects.toThrow(
    'contains duplicates',
  );
});

test('the older parameters are refused by name', async () => {
  const { client, key } = await withTable();
  await expect(client.getItem({ TableName, Key: key(1), AttributesToGet: ['fleet'] })).rejects.toThrow(
    'AttributesToGet is not served by the local AWS.',
  );
});

describe('transactions', () => {
  test('all writes happen, or none and each says why', async () => {
    const { client, put, get, key } = await withTable();
    await put(1, { outcome: { S: 'healthy' } });
    const transact = (token?: string) =>
      client.transactWriteItems({
        ClientRequestToken: token,
        TransactItems: [
          { Put: { TableName, Item: { ...key(2) } } },
          {
            Update: {
              TableName,
              Key: key(1),
              UpdateExpression: 'SET outcome = :o',
              ConditionExpression: 'attribute_not_exists(outcome)',
              ExpressionAttributeValues: { ':o': { S: 'degraded' } },
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          { ConditionCheck: { TableName, Key: key(3), ConditionExpression: 'attribute_not_exists(fleet)' } },
        ],
      });
    const error = await transact().catch((caught) => caught);
    expect(error).toBeInstanceOf(TransactionCanceledException);
    expect(error.message).toContain('[None, ConditionalCheckFailed, None]');
    expect(error.CancellationReasons).toEqual([
      { Code: 'None' },
      {
        Code: 'ConditionalCheckFailed',
        Message: 'The conditional request failed',
        Item: { ...key(1), outcome: { S: 'healthy' } },
      },
      { Code: 'None' },
    ]);
    expect(await get(2)).toBeUndefined();
    await put(1);
    await transact();
    expect([await get(1), await get(2)]).toEqual([{ ...key(1), outcome: { S: 'degraded' } }, key(2)]);
  });

  test('a token is carried out once in ten minutes, and only for the same request', async () => {
    const { client, clock, get, key } = await withTable();
    const add = (amount: string) =>
      client.transactWriteItems({
        ClientRequestToken: 'token',
        TransactItems: [
          {
            Update: {
              TableName,
              Key: key(1),
              UpdateExpression: 'ADD attempts :n',
              ExpressionAttributeValues: { ':n': { N: amount } },
            },
          },
        ],
      });
    await add('1');
    await add('1');
    expect((await get(1))?.attempts).toEqual({ N: '1' });
    await expect(add('2')).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
    await clock.advance(10 * 60_000);
    await add('2');
    expect((await get(1))?.attempts).toEqual({ N: '3' });
  });

  test('two writes of one item are refused', async () => {
    const { client, key } = await withTable();
    const TransactItems = [{ Put: { TableName, Item: key(1) } }, { Delete: { TableName, Key: key(1) } }];
    await expect(client.transactWriteItems({ TransactItems })).rejects.toThrow(
      'Transaction request cannot include multiple operations on one item',
    );
  });

  test('its parts are what has to be allowed', async () => {
    const { client, core, key } = await withTable();
    const asked: string[] = [];
    core.authorizer = (_principal, action, resource) => void asked.push(`${action} ${resource}`);
    await client.transactWriteItems({
      TransactItems: [
        { Put: { TableName, Item: key(1) } },
        { ConditionCheck: { TableName, Key: key(2), ConditionExpression: 'attribute_not_exists(fleet)' } },
      ],
    });
    const arn = 'arn:aws:dynamodb:eu-central-1:000000000000:table/ledger';
    expect(asked).toEqual([`dynamodb:PutItem ${arn}`, `dynamodb:ConditionCheckItem ${arn}`]);
  });
});

test('a batch has something in it, and each write is one of a put and a deletion', async () => {
  const { client, key } = await withTable();
  await expect(client.batchGetItem({ RequestItems: {} })).rejects.toThrow('greater than or equal to 1');
  await expect(client.batchWriteItem({ RequestItems: {} })).rejects.toThrow('greater than or equal to 1');
  const both = { PutRequest: { Item: key(1) }, DeleteRequest: { Key: key(1) } };
  await expect(client.batchWriteItem({ RequestItems: { [TableName]: [both] } })).rejects.toMatchObject({
    name: 'ValidationException',
  });
});
