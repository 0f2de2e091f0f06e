import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  type CreateTableInput,
  CreateTableInput$,
  DeleteTableCommand,
  DescribeTableCommand,
  type GlobalSecondaryIndex,
  type GlobalSecondaryIndexUpdate,
  type SSESpecification,
  type TableDescription,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { AcceptedProperties } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';
import { asBefore, templateInput, unlessGone, withStackTags } from '../core/template-input';
import { GLOBAL_TABLE_PROPERTIES, TABLE_PROPERTIES } from './accepted-properties';
import { timing } from './timing';

/** What both types of table come to. */
interface Wanted {
  readonly table: Omit<CreateTableInput, 'TableName' | 'Tags'>;
  readonly tags: unknown;
  readonly recovery?: { readonly isOn: boolean; readonly days?: number };
  readonly expiryAttribute?: string;
}

const table = resourceType('AWS::DynamoDB::Table', readTable, TABLE_PROPERTIES);
const globalTable = resourceType('AWS::DynamoDB::GlobalTable', readGlobalTable, GLOBAL_TABLE_PROPERTIES);

/** CloudFormation's types for tables. */
export const dynamoDbResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': globalTable,
};

function resourceType(
  type: string,
  read: (properties: Properties, core: Core) => Wanted,
  accepts: AcceptedProperties,
): ResourceType {
  return {
    accepts,
    createOnly: ['TableName', 'KeySchema', 'LocalSecondaryIndexes'],

    async create(properties, provisioning) {
      const { core, created } = provisioning;
      const wanted = read(properties, core);
      const TableName = String(properties.TableName ?? provisioning.generateName(255));
      const Tags = withStackTags(wanted.tags, provisioning);
      await core.send(new CreateTableCommand({ ...wanted.table, TableName, Tags }));
      created?.(TableName);
      const description = await settled(core, TableName);
      await setBeside(core, TableName, wanted, undefined);
      return provisioned(type, description);
    },

    async update(TableName, properties, oldProperties, provisioning) {
      const { core } = provisioning;
      const wanted = read(properties, core);
      const old = read(oldProperties, core);
      await changeTable(core, TableName, wanted.table, old.table);
      await setBeside(core, TableName, wanted, old);
      const description = await settled(core, TableName);
      await changeTags(core, description.TableArn!, wanted, old, provisioning);
      return provisioned(type, description);
    },

    async delete(TableName, _properties, { core }) {
      const gone = /^ResourceNotFoundException$/;
      await unlessGone(core.send(new DeleteTableCommand({ TableName })), gone);
      await unlessGone(
        (async () => {
          for (;;) {
            await core.send(new DescribeTableCommand({ TableName }));
            await core.clock.sleep(timing.lookMs);
          }
        })(),
        gone,
      );
    },
  };
}

function readTable(properties: Properties): Wanted {
  const {
    TableName,
    Tags,
    PointInTimeRecoverySpecification,
    TimeToLiveSpecification,
    SSESpecification,
    ...rest
  } = properties;
  return {
    table: {
      ...templateInput<CreateTableInput>(CreateTableInput$, rest, 'AWS::DynamoDB::Table'),
      SSESpecification: encryptionOf(SSESpecification),
    },
    tags: Tags,
    recovery: recoveryOf(PointInTimeRecoverySpecification),
    expiryAttribute: expiryOf(TimeToLiveSpecification),
  };
}

/** A global table of one replica, in this region: that is what the CDK's `TableV2` makes. */
function readGlobalTable(properties: Properties, core: Core): Wanted {
  const where = 'AWS::DynamoDB::GlobalTable';
  const { TableName, Replicas, TimeToLiveSpecification, SSESpecification, ...rest } = properties;
  const replicas = (Replicas ?? []) as readonly Properties[];
  const [replica] = replicas;
  if (replicas.length !== 1 || replica?.Region !== core.region)
    throw new Fault(
      'ValidationException',
      `The local AWS serves an ${where} with one replica, in ${core.region}; found ${JSON.stringify(replicas.map(({ Region }) => Region))}.`,
    );
  const {
    DeletionProtectionEnabled,
    PointInTimeRecoverySpecification,
    TableClass,
    Tags,
    SSESpecification: replicaEncryption,
  } = replica;
  const common = { ...rest, DeletionProtectionEnabled, TableClass };
  const encryption = encryptionOf(SSESpecification);
  const key = (replicaEncryption as Properties | undefined)?.KMSMasterKeyId;
  return {
    table: {
      ...templateInput<CreateTableInput>(CreateTableInput$, common, where),
      SSESpecification: encryption && (key ? { ...encryption, KMSMasterKeyId: String(key) } : encryption),
    },
    tags: Tags,
    recovery: recoveryOf(PointInTimeRecoverySpecification),
    expiryAttribute: expiryOf(TimeToLiveSpecification),
  };
}

/** In a template encryption is `SSEEnabled`, in a call `Enabled`. */
function encryptionOf(value: unknown): SSESpecification | undefined {
  if (value === undefined) return undefined;
  const { SSEEnabled, SSEType, KMSMasterKeyId } = value as Properties;
  return {
    Enabled: isTrue(SSEEnabled),
    SSEType: SSEType as SSESpecification['SSEType'],
    KMSMasterKeyId: KMSMasterKeyId as string | undefined,
  };
}

function recoveryOf(value: unknown): Wanted['recovery'] {
  if (value === undefined) return undefined;
  const { PointInTimeRecoveryEnabled, RecoveryPeriodInDays: days } = value as Properties;
  return {
    isOn: isTrue(PointInTimeRecoveryEnabled),
    days: days === undefined ? undefined : Number(days),
  };
}

function expiryOf(value: unknown): string | undefined {
  const { Enabled, AttributeName } = (value ?? {}) as Properties;
  return isTrue(Enabled) ? String(AttributeName) : undefined;
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** Sets what a table has besides itself: calls of their own, once it is there. */
async function setBeside(
  core: Core,
  TableName: string,
  wanted: Wanted,
  old: Wanted | undefined,
): Promise<void> {
  const { isOn = false, days } = wanted.recovery ?? {};
  if (!isDeepStrictEqual(wanted.recovery, old?.recovery) && (isOn || old?.recovery?.isOn)) {
    await core.send(
      new UpdateContinuousBackupsCommand({
        TableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: isOn, RecoveryPeriodInDays: days },
      }),
    );
  }
  const before = old?.expiryAttribute;
  const after = wanted.expiryAttribute;
  if (before === after) return;
  const change = (Enabled: boolean, AttributeName: string) =>
    core.send(
      new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled, AttributeName } }),
    );
  if (before !== undefined) await change(false, before);
  if (after !== undefined) await change(true, after);
}

async function changeTable(
  core: Core,
  TableName: string,
  wanted: Wanted['table'],
  old: Wanted['table'],
): Promise<void> {
  const updates = indexUpdates(wanted.GlobalSecondaryIndexes ?? [], old.GlobalSecondaryIndexes ?? []);
  if (updates.filter(({ Create, Delete }) => Create || Delete).length > 1)
    throw new Fault(
      'ValidationException',
      'Cannot perform more than one GSI creation or deletion in a single update',
    );
  const changes = {
    ...changed('BillingMode'),
    ...changed('ProvisionedThroughput'),
    ...changed('TableClass'),
    ...(wanted.DeletionProtectionEnabled !== old.DeletionProtectionEnabled && {
      DeletionProtectionEnabled: wanted.DeletionProtectionEnabled ?? false,
    }),
    ...(!isDeepStrictEqual(wanted.SSESpecification, old.SSESpecification) && {
      SSESpecification: wanted.SSESpecification ?? { Enabled: false },
    }),
    ...(updates.length > 0 && {
      GlobalSecondaryIndexUpdates: updates,
      AttributeDefinitions: wanted.AttributeDefinitions,
    }),
  };
  if (Object.keys(changes).length === 0) return;
  await core.send(new UpdateTableCommand({ TableName, ...changes }));
  await settled(core, TableName);

  function changed<N extends 'BillingMode' | 'ProvisionedThroughput' | 'TableClass'>(name: N) {
    return isDeepStrictEqual(wanted[name], old[name]) ? {} : { [name]: wanted[name] };
  }
}

function indexUpdates(
  wanted: readonly GlobalSecondaryIndex[],
  old: readonly GlobalSecondaryIndex[],
): GlobalSecondaryIndexUpdate[] {
  const named = (list: readonly GlobalSecondaryIndex[], name: string | undefined) =>
    list.find(({ IndexName }) => IndexName === name);
  const gone = old.filter(({ IndexName }) => !named(wanted, IndexName));
  const added = wanted.filter(({ IndexName }) => !named(old, IndexName));
  for (const index of wanted) {
    const before = named(old, index.IndexName);
    if (before && !isDeepStrictEqual(before, index))
      throw new Fault(
        'ValidationException',
        `The local AWS does not change the index ${index.IndexName}: delete it, and create it under another name.`,
      );
  }
  return [
    ...gone.map(({ IndexName }) => ({ Delete: { IndexName } })),
    ...added.map((index) => ({ Create: index })),
  ];
}

async function changeTags(
  core: Core,
  ResourceArn: string,
  wanted: Wanted,
  old: Wanted,
  provisioning: Provisioning,
): Promise<void> {
  const tags = withStackTags(wanted.tags, provisioning);
  const before = withStackTags(old.tags, asBefore(provisioning));
  const TagKeys = before.map(({ Key }) => Key).filter((key) => !tags.some(({ Key }) => Key === key));
  if (TagKeys.length > 0) await core.send(new UntagResourceCommand({ ResourceArn, TagKeys }));
  if (tags.length > 0) await core.send(new TagResourceCommand({ ResourceArn, Tags: tags }));
}

/** Waits until a table, and all of its indexes, are active. */
async function settled(core: Core, TableName: string): Promise<TableDescription> {
  for (;;) {
    const { Table } = await core.send(new DescribeTableCommand({ TableName }));
    const isActive =
      Table?.TableStatus === 'ACTIVE' &&
      (Table.GlobalSecondaryIndexes ?? []).every(({ IndexStatus }) => IndexStatus === 'ACTIVE');
    if (isActive) return Table;
    await core.clock.sleep(timing.lookMs);
  }
}

function provisioned(type: string, { TableName, TableArn, TableId }: TableDescription): Provisioned {
  return {
    physicalId: TableName!,
    attributes: { Arn: TableArn, ...(type.endsWith('GlobalTable') && { TableId }) },
  };
}
