import type * as sdk from '@aws-sdk/client-dynamodb';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { describeBackups } from './describe';
import { invalid, notFound } from './faults';
import type { Table } from './table';
import type { Tables } from './tables';

/** Operations on what a table has besides its items: backups, expiry, tags. None of them has an effect here. */
export function settingOperations(tables: Tables): Operations<typeof sdk> {
  const onTable = ({ TableName }: { TableName?: string }) => [tables.arn(TableName)];
  const onArn = ({ ResourceArn }: { ResourceArn?: string }) => [tables.arn(ResourceArn)];
  const tagged = ({ ResourceArn = '' }: { ResourceArn?: string }): Table => {
    const table = ResourceArn.startsWith('arn:') ? tables.find(ResourceArn) : undefined;
    if (!table) throw notFound(`ResourcArn: ${ResourceArn} not found`);
    return table;
  };
  return {
    DescribeContinuousBackups: {
      accepts: { TableName: true },
      resources: onTable,
      run: ({ TableName }) => ({
        ContinuousBackupsDescription: describeBackups(tables, withTable(tables, TableName)),
      }),
    },
    UpdateContinuousBackups: {
      accepts: {
        TableName: true,
        PointInTimeRecoverySpecification: {
          PointInTimeRecoveryEnabled: 'nothing is restored',
          RecoveryPeriodInDays: 'nothing is restored',
        },
      },
      resources: onTable,
      run: ({ TableName, PointInTimeRecoverySpecification: wanted }) => {
        const table = withTable(tables, TableName);
        const { PointInTimeRecoveryEnabled: isWanted, RecoveryPeriodInDays: days } = wanted ?? {};
        if (days !== undefined && (days < 1 || days > 35))
          throw invalid(`RecoveryPeriodInDays is 1 to 35; found ${days}.`);
        table.recoveryDays = isWanted ? days : undefined;
        table.recoverySince = isWanted ? (table.recoverySince ?? tables.now()) : undefined;
        return { ContinuousBackupsDescription: describeBackups(tables, table) };
      },
    },
    DescribeTimeToLive: {
      accepts: { TableName: true },
      resources: onTable,
      run: ({ TableName }) => {
        const { expiryAttribute: AttributeName } = tables.get(TableName);
        return {
          TimeToLiveDescription: AttributeName
            ? { TimeToLiveStatus: 'ENABLED', AttributeName }
            : { TimeToLiveStatus: 'DISABLED' },
        };
      },
    },
    UpdateTimeToLive: {
      accepts: {
        TableName: true,
        TimeToLiveSpecification: { Enabled: 'no item expires', AttributeName: 'no item expires' },
      },
      resources: onTable,
      run: ({ TableName, TimeToLiveSpecification: wanted }) => {
        const table = tables.usable(TableName);
        const { Enabled, AttributeName } = wanted ?? {};
        if (Enabled === (table.expiryAttribute !== undefined))
          throw invalid(`TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`);
        table.expiryAttribute = Enabled ? AttributeName : undefined;
        return { TimeToLiveSpecification: wanted };
      },
    },
    TagResource: {
      accepts: { ResourceArn: true, Tags: { Key: true, Value: true } },
      resources: onArn,
      run: (input) => {
        const { tags } = tagged(input);
        for (const { Key = '', Value = '' } of input.Tags ?? []) tags.set(Key, Value);
        return {};
      },
    },
    UntagResource: {
      accepts: { ResourceArn: true, TagKeys: true },
      resources: onArn,
      run: (input) => {
        const { tags } = tagged(input);
        for (const key of input.TagKeys ?? []) tags.delete(key);
        return {};
      },
    },
    ListTagsOfResource: {
      accepts: { ResourceArn: true },
      resources: onArn,
      run: (input) => ({ Tags: [...tagged(input).tags].map(([Key, Value]) => ({ Key, Value })) }),
    },
  };
}

/** Backups have an error of their own for a table that is not there. */
function withTable(tables: Tables, name: string | undefined): Table {
  const table = tables.find(name);
  if (!table) throw new Fault('TableNotFoundException', `Table not found: ${tables.nameOf(name)}`);
  return table;
}
