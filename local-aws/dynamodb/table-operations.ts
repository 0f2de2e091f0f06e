import { randomUUID } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-dynamodb';
import { pageOf } from '../core/page';
import type { Operations } from '../core/service';
import { describeTable } from './describe';
import { inUse, invalid, invalidParameter } from './faults';
import { attributesOf, keySchemaOf, Table } from './table';
import type { Tables } from './tables';
import { timing } from './timing';

const CAPACITY = 'capacity is not enforced';
const THROUGHPUT = { ReadCapacityUnits: CAPACITY, WriteCapacityUnits: CAPACITY };
const ENCRYPTION = 'nothing is encrypted';
/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const MAXIMUM_INDEXES = { global: 20, local: 5 };

/** Operations on tables as a whole. */
export function tableOperations(tables: Tables): Operations<typeof sdk> {
  const onTable = ({ TableName }: { TableName?: string }) => [tables.arn(TableName)];
  return {
    CreateTable: {
      accepts: {
        TableName: true,
        BillingMode: true,
        DeletionProtectionEnabled: true,
        AttributeDefinitions: { AttributeName: true, AttributeType: true },
        KeySchema: { AttributeName: true, KeyType: true },
        GlobalSecondaryIndexes: {
          IndexName: true,
          KeySchema: { AttributeName: true, KeyType: true },
          Projection: { ProjectionType: true, NonKeyAttributes: true },
          ProvisionedThroughput: THROUGHPUT,
        },
        LocalSecondaryIndexes: {
          IndexName: true,
          KeySchema: { AttributeName: true, KeyType: true },
          Projection: { ProjectionType: true, NonKeyAttributes: true },
        },
        ProvisionedThroughput: THROUGHPUT,
        SSESpecification: { Enabled: ENCRYPTION, SSEType: ENCRYPTION, KMSMasterKeyId: ENCRYPTION },
        TableClass: 'storage has no price here',
        Tags: { Key: true, Value: true },
      },
      resources: onTable,
      run: (input) => {
        const table = makeTable(tables, input);
        tables.add(table);
        return { TableDescription: describeTable(tables, table) };
      },
    },
    DescribeTable: {
      accepts: { TableName: true },
      resources: onTable,
      run: ({ TableName }) => ({ Table: describeTable(tables, tables.get(TableName)) }),
    },
    UpdateTable: {
      accepts: {
        TableName: true,
        BillingMode: true,
        DeletionProtectionEnabled: true,
        AttributeDefinitions: { AttributeName: true, AttributeType: true },
        GlobalSecondaryIndexUpdates: {
          Create: {
            IndexName: true,
            KeySchema: { AttributeName: true, KeyType: true },
            Projection: { ProjectionType: true, NonKeyAttributes: true },
            ProvisionedThroughput: THROUGHPUT,
          },
          Update: { IndexName: true, ProvisionedThroughput: THROUGHPUT },
          Delete: { IndexName: true },
        },
        ProvisionedThroughput: THROUGHPUT,
        SSESpecification: { Enabled: ENCRYPTION, SSEType: ENCRYPTION, KMSMasterKeyId: ENCRYPTION },
        TableClass: 'storage has no price here',
      },
      resources: onTable,
      run: (input) => {
        const table = tables.get(input.TableName);
        const { TableName: _, AttributeDefinitions: __, ...changes } = input;
        if (Object.values(changes).every((change) => change === undefined))
          throw invalid(
            'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required',
          );
        checkIdle(tables, table);
        updateTable(tables, table, input);
        return { TableDescription: describeTable(tables, table) };
      },
    },
    DeleteTable: {
      accepts: { TableName: true },
      resources: onTable,
      run: ({ TableName }) => {
        const table = tables.get(TableName);
        checkIdle(tables, table);
        if (table.settings.isProtected)
          throw invalid(
            'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
          );
        table.transition = { status: 'DELETING', until: tables.now() + timing.deleteMs };
        return { TableDescription: describeTable(tables, table) };
      },
    },
    ListTables: {
      accepts: { ExclusiveStartTableName: true, Limit: true },
      run: ({ ExclusiveStartTableName: start, Limit = 100 }) => {
        const names = tables.names().filter((name) => start === undefined || name > start);
        const { items, next } = pageOf(names, { size: Limit, invalid: invalid });
        return { TableNames: items, LastEvaluatedTableName: next && items.at(-1) };
      },
    },
  };
}

function makeTable(tables: Tables, input: sdk.CreateTableInput): Table {
  const { TableName: name = '', BillingMode = 'PROVISIONED', AttributeDefinitions: definitions = [] } = input;
  if (!/^[\w.-]{3,255}$/.test(name))
    throw invalid(`A table's name has 3 to 255 letters, digits and the characters "_.-"; found "${name}".`);
  if (tables.find(name)) throw inUse(`Table already exists: ${name}`);
  checkThroughput(BillingMode, input.ProvisionedThroughput);
  const now = tables.now();
  const table = new Table(
    name,
    tables.arn(name),
    randomUUID(),
    now,
    keySchemaOf(input.KeySchema),
    {
      definitions,
      billingMode: BillingMode,
      throughput: input.ProvisionedThroughput,
      isProtected: input.DeletionProtectionEnabled ?? false,
      encryption: input.SSESpecification,
      tableClass: input.TableClass ?? 'STANDARD',
    },
    now + timing.createMs,
  );
  for (const index of input.GlobalSecondaryIndexes ?? []) addIndex(table, index, true, now);
  for (const index of input.LocalSecondaryIndexes ?? []) addIndex(table, index, false, now);
  for (const { Key = '', Value = '' } of input.Tags ?? []) table.tags.set(Key, Value);
  checkDefinitions(table);
  return table;
}

function updateTable(tables: Tables, table: Table, input: sdk.UpdateTableInput): void {
  const { settings } = table;
  const { GlobalSecondaryIndexUpdates: updates = [] } = input;
  const changes = updates.filter(({ Create, Delete }) => Create || Delete);
  if (changes.length > 1)
    throw invalid(
      'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
    );
  const billingMode = input.BillingMode ?? settings.billingMode;
  const throughput = input.ProvisionedThroughput ?? settings.throughput;
  checkThroughput(billingMode, billingMode === 'PROVISIONED' ? throughput : undefined);
  const before = settings.definitions;
  const modeBefore = settings.billingMode;
  settings.billingMode = billingMode;
  if (input.AttributeDefinitions) settings.definitions = input.AttributeDefinitions;
  for (const { Create, Update, Delete } of updates) {
    const name = (Create ?? Update ?? Delete)?.IndexName ?? '';
    const index = table.indexes.get(name);
    if (Create) addIndex(table, Create, true, tables.now() + timing.createIndexMs);
    else if (!index?.isGlobal) throw invalid(`The table does not have the specified index: ${name}`);
    else if (Delete) table.indexes.delete(name);
    else table.indexes.set(name, { ...index, throughput: Update?.ProvisionedThroughput });
  }
  // Definitions that only a deleted index needed may be given, or left out.
  if (updates.some(({ Delete }) => Delete)) dropUnused(table);
  try {
    checkDefinitions(table);
  } catch (error) {
    settings.definitions = before;
    settings.billingMode = modeBefore;
    for (const { Create } of updates) if (Create) table.indexes.delete(Create.IndexName ?? '');
    throw error;
  }
  settings.throughput = throughput;
  settings.isProtected = input.DeletionProtectionEnabled ?? settings.isProtected;
  settings.encryption = input.SSESpecification ?? settings.encryption;
  settings.tableClass = input.TableClass ?? settings.tableClass;
  table.transition = { status: 'UPDATING', until: tables.now() + timing.updateMs };
}

function addIndex(
  table: Table,
  input: Partial<sdk.GlobalSecondaryIndex>,
  isGlobal: boolean,
  readyAt: number,
): void {
  const { IndexName: name = '', KeySchema, Projection, ProvisionedThroughput } = input;
  if (!/^[\w.-]{3,255}$/.test(name))
    throw invalid(`An index's name has 3 to 255 letters, digits and the characters "_.-"; found "${name}".`);
  if (table.indexes.has(name)) throw invalidParameter(`Duplicate index name: ${name}`);
  const key = keySchemaOf(KeySchema);
  if (!isGlobal && (key.hash !== table.key.hash || key.range === undefined))
    throw invalidParameter(
      `Index KeySchema does not have the table's partition key and a sort key of its own for index: ${name}`,
    );
  checkProjection(Projection);
  const { billingMode } = table.settings;
  if (isGlobal && billingMode === 'PROVISIONED' && !ProvisionedThroughput)
    throw invalidParameter(`ProvisionedThroughput must be specified for index: ${name}`);
  if (isGlobal && billingMode === 'PAY_PER_REQUEST' && ProvisionedThroughput)
    throw invalidParameter(
      `ProvisionedThroughput should not be specified for index: ${name} when BillingMode is PAY_PER_REQUEST`,
    );
  const kind = isGlobal ? 'global' : 'local';
  const others = [...table.indexes.values()].filter((index) => index.isGlobal === isGlobal);
  if (others.length >= MAXIMUM_INDEXES[kind])
    throw invalidParameter(
      `${isGlobal ? 'GlobalSecondaryIndex' : 'LocalSecondaryIndex'} count exceeds the per-table limit of ${MAXIMUM_INDEXES[kind]}`,
    );
  table.indexes.set(name, {
    name,
    isGlobal,
    key,
    projection: Projection!,
    throughput: ProvisionedThroughput,
    readyAt,
  });
}

/** @throws Fault ValidationException */
function checkProjection(projection: sdk.Projection | undefined): void {
  const { ProjectionType: type, NonKeyAttributes: others } = projection ?? {};
  if (!type || !['ALL', 'KEYS_ONLY', 'INCLUDE'].includes(type))
    throw invalidParameter(`Unknown ProjectionType: ${type ?? 'null'}`);
  if (type === 'INCLUDE' && !others?.length)
    throw invalidParameter('ProjectionType is INCLUDE, but NonKeyAttributes is not specified');
  if (type !== 'INCLUDE' && others !== undefined)
    throw invalidParameter(`ProjectionType is ${type}, but NonKeyAttributes is specified`);
}

/** Exactly the attributes of all keys are defined. @throws Fault ValidationException */
function checkDefinitions(table: Table): void {
  const needed = neededAttributes(table);
  const defined = table.settings.definitions.map(({ AttributeName = '' }) => AttributeName);
  const missing = [...needed].filter((name) => !defined.includes(name));
  if (missing.length > 0)
    throw invalidParameter(
      `Some index key attributes are not defined in AttributeDefinitions. Keys: [${missing.join(', ')}], AttributeDefinitions: [${defined.join(', ')}]`,
    );
  if (defined.length > needed.size)
    throw invalidParameter(
      'Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    );
}

function neededAttributes(table: Table): Set<string> {
  return new Set([
    ...attributesOf(table.key),
    ...[...table.indexes.values()].flatMap(({ key }) => attributesOf(key)),
  ]);
}

function dropUnused(table: Table): void {
  const needed = neededAttributes(table);
  const { settings } = table;
  settings.definitions = settings.definitions.filter(({ AttributeName = '' }) => needed.has(AttributeName));
}

function checkThroughput(mode: sdk.BillingMode, throughput: sdk.ProvisionedThroughput | undefined): void {
  if (mode === 'PROVISIONED' && !(throughput?.ReadCapacityUnits && throughput.WriteCapacityUnits))
    throw invalidParameter(
      'ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    );
  if (mode === 'PAY_PER_REQUEST' && throughput?.ReadCapacityUnits)
    throw invalidParameter(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    );
}

function checkIdle(tables: Tables, table: Table): void {
  const status = table.status(tables.now());
  if (status !== 'ACTIVE')
    throw inUse(
      `Attempt to change a resource which is still in use: Table is being ${{ CREATING: 'created', UPDATING: 'updated', DELETING: 'deleted' }[status]}: ${table.name}`,
    );
}
