import type { QueryCommandInput, ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { withTable } from './fixture';

const TableName = 'ledger';

/** Revisions 1 to 12 of the fleet `web`, two of `database`, all of version `1.0.0` but revision 10. */
async function filled() {
  const fixture = await withTable();
  for (let revision = 12; revision >= 1; revision--)
    await fixture.put(revision, { version: { S: revision === 10 ? '2.0.0' : '1.0.0' }, by: { S: 'ann' } });
  for (const revision of [1, 2]) await fixture.put(revision, { version: { S: '1.0.0' } }, 'database');
  const query = async (KeyConditionExpression: string, rest: Partial<QueryCommandInput> = {}) => {
    const { ExpressionAttributeValues, ...others } = rest;
    return fixture.client.query({
      TableName,
      KeyConditionExpression,
      ExpressionAttributeValues: { ':fleet': { S: 'web' }, ...ExpressionAttributeValues },
      ...others,
    });
  };
  return { ...fixture, query };
}

const revisions = ({ Items }: { Items?: Record<string, { N?: string }>[] }) =>
  Items?.map(({ revision }) => Number(revision?.N));

test('a query gives a partition in the order of its sort key', async () => {
  const { query } = await filled();
  const found = await query('fleet = :fleet');
  expect(revisions(found)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect([found.Count, found.ScannedCount, found.LastEvaluatedKey]).toEqual([12, 12, undefined]);
  const last = await query('fleet = :fleet', { ScanIndexForward: false, Limit: 1, ConsistentRead: true });
  expect(revisions(last)).toEqual([12]);
});

test.each([
  ['revision > :n', [10, 11, 12]],
  [':n', undefined],
  ['revision BETWEEN :n AND :m', [9, 10, 11]],
  ['revision = :n', [9]],
  ['revision <> :n', undefined],
  ['begins_with(revision, :n)', undefined],
])('a query by %s', async (condition, expected) => {
  const { query } = await filled();
  const found = query(`fleet = :fleet AND ${condition}`, {
    ExpressionAttributeValues: {
      ':n': { N: '9' },
      ...(condition.includes(':m') && { ':m': { N: '11' } }),
    },
  });
  if (expected) expect(revisions(await found)).toEqual(expected);
  else await expect(found).rejects.toMatchObject({ name: 'ValidationException' });
});

test('a page is cut before it is filtered; the next goes on where it ended', async () => {
  const { query } = await filled();
  const seen: number[] = [];
  let ExclusiveStartKey: QueryCommandInput['ExclusiveStartKey'];
  let pages = 0;
  do {
    const page = await query('fleet = :fleet', {
      Limit: 5,
      FilterExpression: 'version = :two OR version = :two',
      ExpressionAttributeValues: { ':two': { S: '2.0.0' } },
      ExclusiveStartKey,
    });
    seen.push(...(revisions(page) ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
    pages++;
  } while (ExclusiveStartKey);
  expect([seen, pages]).toEqual([[10], 3]);
});

test('a limit that is met exactly leaves a key, behind which there is nothing', async () => {
  const { query, key } = await filled();
  const page = await query('fleet = :fleet', { Limit: 12 });
  expect(page.LastEvaluatedKey).toEqual(key(12));
  expect(await query('fleet = :fleet', { ExclusiveStartKey: key(12) })).toMatchObject({ Count: 0 });
});

test('a filter on the key, and a condition that misses it, are refused', async () => {
  const { query } = await filled();
  await expect(
    query('fleet = :fleet', {
      FilterExpression: 'revision > :n',
      ExpressionAttributeValues: { ':n': { N: '1' } },
    }),
  ).rejects.toThrow(
    'Filter Expression can only contain non-primary key attributes: Primary key attribute: revision',
  );
  await expect(query('version = :fleet')).rejects.toThrow('Query condition missed key schema element: fleet');
});

test('an index has its key and what it projects', async () => {
  const { client, key } = await filled();
  const query = (rest: Partial<QueryCommandInput>) =>
    client.query({
      TableName,
      IndexName: 'by-version',
      KeyConditionExpression: 'version = :v',
      ExpressionAttributeValues: { ':v': { S: '2.0.0' } },
      ...rest,
    });
  expect((await query({})).Items).toEqual([{ ...key(10), version: { S: '2.0.0' } }]);
  await expect(query({ ProjectionExpression: 'fleet, by_' })).rejects.toThrow('does not project [by_]');
  await expect(query({ ConsistentRead: true })).rejects.toThrow(
    'Consistent reads are not supported on global secondary indexes',
  );
  await expect(query({ IndexName: 'other' })).rejects.toThrow('does not have the specified index: other');
});

test('a scan finds everything once, in pages and in an order of its own', async () => {
  const { client } = await filled();
  const all: string[] = [];
  let ExclusiveStartKey: ScanCommandInput['ExclusiveStartKey'];
  do {
    const page = await client.scan({ TableName, Limit: 3, ExclusiveStartKey });
    all.push(...(page.Items ?? []).map(({ fleet, revision }) => `${fleet?.S} ${revision?.N}`));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  expect(new Set(all).size).toBe(14);
  expect(all.length).toBe(14);
  const counted = await client.scan({ TableName, Select: 'COUNT' });
  expect([counted.Count, counted.Items]).toEqual([14, undefined]);
});

test('a page ends at a megabyte', async () => {
  const { client, put } = await withTable();
  for (const revision of [1, 2, 3, 4]) await put(revision, { body_: { S: 'x'.repeat(350_000) } });
  const page = await client.scan({ TableName });
  expect([page.Count, page.LastEvaluatedKey?.revision]).toEqual([3, { N: '3' }]);
});

test.each<[string, Partial<QueryCommandInput>, string | undefined]>([
  ['something that is none', { Select: 'EVERYTHING' as 'COUNT' }, "Value 'EVERYTHING' at 'select'"],
  ['all that is projected, of a table', { Select: 'ALL_PROJECTED_ATTRIBUTES' }, 'using an IndexName'],
  [
    'some attributes, and not which',
    { Select: 'SPECIFIC_ATTRIBUTES' },
    'Must specify the ProjectionExpression',
  ],
  [
    'all, and which',
    { Select: 'ALL_ATTRIBUTES', ProjectionExpression: 'version' },
    'Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES',
  ],
  [
    'the count, and which',
    { Select: 'COUNT', ProjectionExpression: 'version' },
    'when choosing to get only the Count',
  ],
  ['some attributes', { Select: 'SPECIFIC_ATTRIBUTES', ProjectionExpression: 'version' }, undefined],
  ['all', { Select: 'ALL_ATTRIBUTES' }, undefined],
])('a query and a scan for %s', async (_, select, message) => {
  const { query, client } = await filled();
  for (const answer of [query('fleet = :fleet', select), client.scan({ TableName, ...select })])
    if (message === undefined) expect((await answer).Items).not.toHaveLength(0);
    else await expect(answer).rejects.toThrow(message);
});
