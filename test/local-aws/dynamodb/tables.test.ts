import { ResourceInUseException, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { unservedMember } from '../../../local-aws/core/accepts';
import type { Properties } from '../../../local-aws/core/service';
import { provisioningOf } from '../provisioning';
import { setUp } from './fixture';

const KeySchema = [{ AttributeName: 'fleet', KeyType: 'HASH' as const }];
const AttributeDefinitions = [{ AttributeName: 'fleet', AttributeType: 'S' as const }];
const plain = { KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' as const };

test('a table is created, used, and deleted, each in its time', async () => {
  const { client, clock } = setUp();
  const TableName = 'ledger';
  const { TableDescription } = await client.createTable({ TableName, ...plain });
  expect(TableDescription).toMatchObject({
    TableStatus: 'CREATING',
    TableArn: 'arn:aws:dynamodb:eu-central-1:000000000000:table/ledger',
    DeletionProtectionEnabled: false,
  });
  const Item = { fleet: { S: 'web' } };
  await expect(client.putItem({ TableName, Item })).rejects.toBeInstanceOf(ResourceNotFoundException);
  await expect(client.createTable({ TableName, ...plain })).rejects.toBeInstanceOf(ResourceInUseException);
  await clock.advance(10_000);
  await client.putItem({ TableName: TableDescription!.TableArn, Item });
  const { Table } = await client.describeTable({ TableName });
  expect(Table).toMatchObject({ TableStatus: 'ACTIVE', ItemCount: 1, TableSizeBytes: 8 });
  expect(await client.listTables()).toMatchObject({ TableNames: [TableName] });
  await client.deleteTable({ TableName });
  expect((await client.describeTable({ TableName })).Table?.TableStatus).toBe('DELETING');
  await clock.advance(10_000);
  await expect(client.describeTable({ TableName })).rejects.toThrow('Table: ledger not found');
});

test.each([
  ['a name of two letters', { TableName: 'le' }, "A table's name has 3 to 255 letters"],
  [
    'an attribute too many',
    { AttributeDefinitions: [...AttributeDefinitions, { AttributeName: 'x', AttributeType: 'S' as const }] },
    'Number of attributes in KeySchema does not exactly match',
  ],
  ['no definition', { AttributeDefinitions: [] }, 'Some index key attributes are not defined'],
  [
    'no capacity',
    { BillingMode: undefined },
    'ReadCapacityUnits and WriteCapacityUnits must both be specified',
  ],
  [
    'a stream',
    { StreamSpecification: { StreamEnabled: true } },
    'StreamSpecification is not served by the local AWS',
  ],
])('a table with %s is refused', async (_, wrong, message) => {
  const { client } = setUp();
  await expect(client.createTable({ TableName: 'ledger', ...plain, ...wrong })).rejects.toThrow(message);
});

/** What CloudFormation does with a resource's type. */
function provision(type: string) {
  const fixture = setUp();
  const resourceType = fixture.service.resourceTypes[type]!;
  const provisioning = provisioningOf(fixture.core, 'Ledger');
  const run = <T>(work: Promise<T>) => fixture.clock.runUntil(work);
  return {
    ...fixture,
    accepts: resourceType.accepts!,
    create: (properties: Properties) => run(resourceType.create(properties, provisioning)),
    update: (id: string, properties: Properties, old: Properties) =>
      run(resourceType.update!(id, properties, old, provisioning)),
    remove: (id: string) => run(resourceType.delete(id, {}, provisioning)),
  };
}

/** As the CDK's `TableV2` writes them. */
const globalTable = (replica: Properties = {}, rest: Properties = {}): Properties => ({
  KeySchema,
  AttributeDefinitions,
  BillingMode: 'PAY_PER_REQUEST',
  SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
  Replicas: [
    {
      Region: 'eu-central-1',
      DeletionProtectionEnabled: 'true',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: '14' },
      Tags: [{ Key: 'a', Value: 'b' }],
      ...replica,
    },
  ],
  ...rest,
});

test('a global table of one replica, with backups, protection, encryption and tags', async () => {
  const { client, create, update, remove } = provision('AWS::DynamoDB::GlobalTable');
  const { physicalId: TableName, attributes } = await create(globalTable());
  expect(attributes).toEqual({
    Arn: `arn:aws:dynamodb:eu-central-1:000000000000:table/${TableName}`,
    TableId: expect.any(String),
  });
  expect((await client.describeTable({ TableName })).Table).toMatchObject({
    TableStatus: 'ACTIVE',
    DeletionProtectionEnabled: true,
    SSEDescription: { Status: 'ENABLED' },
  });
  const { ContinuousBackupsDescription } = await client.describeContinuousBackups({ TableName });
  expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toMatchObject({
    PointInTimeRecoveryStatus: 'ENABLED',
    RecoveryPeriodInDays: 14,
  });
  const tags = async () => (await client.listTagsOfResource({ ResourceArn: String(attributes.Arn) })).Tags;
  expect(await tags()).toEqual([
    { Key: 'a', Value: 'b' },
    { Key: 'aws:cloudformation:stack-name', Value: 'Stack' },
  ]);
  await expect(remove(TableName)).rejects.toThrow('protected against deletion');

  const next = globalTable(
    { DeletionProtectionEnabled: false, PointInTimeRecoverySpecification: undefined, Tags: [] },
    { TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' } },
  );
  await update(TableName, next, globalTable());
  expect((await client.describeTable({ TableName })).Table?.DeletionProtectionEnabled).toBe(false);
  expect((await client.describeTimeToLive({ TableName })).TimeToLiveDescription).toEqual({
    TimeToLiveStatus: 'ENABLED',
    AttributeName: 'expires',
  });
  const backups = await client.describeContinuousBackups({ TableName });
  expect(backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toEqual({
    PointInTimeRecoveryStatus: 'DISABLED',
  });
  expect(await tags()).toHaveLength(1);
  await remove(TableName);
  await remove(TableName);
  expect((await client.listTables()).TableNames).toEqual([]);
});

test('a table gets and loses an index, one at a time', async () => {
  const { client, create, update } = provision('AWS::DynamoDB::Table');
  const index = (name: string) => ({
    IndexName: name,
    KeySchema: [{ AttributeName: name, KeyType: 'HASH' }],
    Projection: { ProjectionType: 'ALL' },
  });
  const properties = (...indexes: string[]) => ({
    ...plain,
    TableName: 'ledger',
    AttributeDefinitions: [
      ...AttributeDefinitions,
      ...indexes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    ],
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes.map(index) }),
  });
  await create(properties());
  await update('ledger', properties('byWhom'), properties());
  const { Table } = await client.describeTable({ TableName: 'ledger' });
  expect(Table?.GlobalSecondaryIndexes).toMatchObject([{ IndexName: 'byWhom', IndexStatus: 'ACTIVE' }]);
  await expect(update('ledger', properties('one', 'two'), properties('byWhom'))).rejects.toThrow(
    'Cannot perform more than one GSI creation or deletion in a single update',
  );
  await update('ledger', properties(), properties('byWhom'));
  expect((await client.describeTable({ TableName: 'ledger' })).Table?.GlobalSecondaryIndexes).toBeUndefined();
});

test.each([
  ['a replica elsewhere', { Region: 'eu-west-1' }, {}, 'one replica, in eu-central-1; found ["eu-west-1"]'],
  ['an unknown property', {}, { Colour: 'red' }, 'has no property Colour'],
])('a global table with %s is refused', async (_, replica, rest, message) => {
  const { create } = provision('AWS::DynamoDB::GlobalTable');
  await expect(create(globalTable(replica, rest))).rejects.toThrow(message);
});

test.each<[string, Properties, string]>([
  [
    'AWS::DynamoDB::GlobalTable',
    globalTable({ KinesisStreamSpecification: { StreamArn: 'x' } }),
    'Replicas[0].KinesisStreamSpecification is not served by the local AWS.',
  ],
  [
    'AWS::DynamoDB::Table',
    { OnDemandThroughput: { MaxReadRequestUnits: 5 } },
    'OnDemandThroughput is not served by the local AWS.',
  ],
])('%s: %#: a property that would be left out is refused', (type, properties, message) => {
  expect(unservedMember(provision(type).accepts, properties)).toBe(message);
});

test.each<[string, object, string]>([
  ['a projection that is none', { ProjectionType: 'SOME' }, 'enum value set: [ALL, KEYS_ONLY, INCLUDE]'],
  ['nothing included', { ProjectionType: 'INCLUDE' }, 'NonKeyAttributes is not specified'],
  ['too much named', { ProjectionType: 'ALL', NonKeyAttributes: ['a'] }, 'NonKeyAttributes is specified'],
])('an index with %s is refused', async (_, projection, message) => {
  const { client } = setUp();
  const Projection = projection as { ProjectionType: 'ALL' };
  const index = { IndexName: 'all', KeySchema, Projection };
  const input = { TableName: 'ledger', ...plain, GlobalSecondaryIndexes: [index] };
  await expect(client.createTable(input)).rejects.toThrow(message);
});

test('an index of a table without capacity has none either', async () => {
  const { client } = setUp();
  const index = {
    IndexName: 'all',
    KeySchema,
    Projection: { ProjectionType: 'ALL' as const },
    ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
  };
  const input = { TableName: 'ledger', ...plain, GlobalSecondaryIndexes: [index] };
  await expect(client.createTable(input)).rejects.toThrow('should not be specified for index: all');
});

test('a change of nothing, a page of too many and a table of another region are refused', async () => {
  const { client } = setUp();
  await client.createTable({ TableName: 'ledger', ...plain });
  await expect(client.updateTable({ TableName: 'ledger' })).rejects.toThrow('At least one of');
  await expect(client.listTables({ Limit: 101 })).rejects.toThrow('less than or equal to 100');
  const TableName = 'arn:aws:dynamodb:eu-west-1:000000000000:table/ledger';
  await expect(client.describeTable({ TableName })).rejects.toThrow('eu-central-1 alone');
});
