import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Index, KeySchema, Table } from './table';
import type { Tables } from './tables';
import { itemSize } from './value';

const RECOVERY_DAYS = 35;
const DAY_MS = 24 * 3_600_000;

/** A table as calls tell it. Items are counted as they are now, where AWS counts them every six hours. */
export function describeTable(tables: Tables, table: Table): sdk.TableDescription {
  const { settings } = table;
  const items = table.items.all();
  const indexes = [...table.indexes.values()];
  const onDemand = settings.billingMode === 'PAY_PER_REQUEST';
  return {
    TableName: table.name,
    TableArn: table.arn,
    TableId: table.id,
    TableStatus: table.status(tables.now()),
    CreationDateTime: new Date(table.createdAt),
    KeySchema: describeKey(table.key),
    AttributeDefinitions: [...settings.definitions],
    ItemCount: items.length,
    TableSizeBytes: items.reduce((sum, item) => sum + itemSize(item), 0),
    BillingModeSummary: onDemand ? { BillingMode: 'PAY_PER_REQUEST' } : undefined,
    ProvisionedThroughput: throughputOf(settings.throughput),
    TableClassSummary: { TableClass: settings.tableClass },
    DeletionProtectionEnabled: settings.isProtected,
    SSEDescription: settings.encryption?.Enabled
      ? { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: settings.encryption.KMSMasterKeyId }
      : undefined,
    GlobalSecondaryIndexes: listOrNone(
      indexes
        .filter(({ isGlobal }) => isGlobal)
        .map((index) => ({
          ...describeIndex(table, index),
          IndexStatus: tables.isReady(index) ? ('ACTIVE' as const) : ('CREATING' as const),
          Backfilling: tables.isReady(index) ? undefined : true,
          ProvisionedThroughput: throughputOf(index.throughput),
        })),
    ),
    LocalSecondaryIndexes: listOrNone(
      indexes.filter(({ isGlobal }) => !isGlobal).map((index) => describeIndex(table, index)),
    ),
  };
}

/** A table's continuous backups: always on; recovery to a point in time where it was asked for. */
export function describeBackups(tables: Tables, table: Table): sdk.ContinuousBackupsDescription {
  const { recoverySince, recoveryDays = RECOVERY_DAYS } = table;
  const now = tables.now();
  return {
    ContinuousBackupsStatus: 'ENABLED',
    PointInTimeRecoveryDescription:
      recoverySince === undefined
        ? { PointInTimeRecoveryStatus: 'DISABLED' }
        : {
            PointInTimeRecoveryStatus: 'ENABLED',
            RecoveryPeriodInDays: recoveryDays,
            EarliestRestorableDateTime: new Date(Math.max(recoverySince, now - recoveryDays * DAY_MS)),
            LatestRestorableDateTime: new Date(now),
          },
  };
}

function describeKey({ hash, range }: KeySchema): sdk.KeySchemaElement[] {
  const elements: sdk.KeySchemaElement[] = [{ AttributeName: hash, KeyType: 'HASH' }];
  if (range !== undefined) elements.push({ AttributeName: range, KeyType: 'RANGE' });
  return elements;
}

function describeIndex(table: Table, { name, key, projection }: Index) {
  return {
    IndexName: name,
    IndexArn: `${table.arn}/index/${name}`,
    KeySchema: describeKey(key),
    Projection: projection,
  };
}

function throughputOf(throughput: sdk.ProvisionedThroughput | undefined) {
  return {
    ReadCapacityUnits: throughput?.ReadCapacityUnits ?? 0,
    WriteCapacityUnits: throughput?.WriteCapacityUnits ?? 0,
    NumberOfDecreasesToday: 0,
  };
}

function listOrNone<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}
