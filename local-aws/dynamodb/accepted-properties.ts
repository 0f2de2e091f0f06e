// Properties of tables that the local AWS serves.
import type { AcceptedProperties } from '../core/accepts';

const KEY_SCHEMA = { AttributeName: true, KeyType: true } as const;
const INDEX = {
  IndexName: true,
  KeySchema: KEY_SCHEMA,
  Projection: { ProjectionType: true, NonKeyAttributes: true },
} as const;
const RECOVERY = { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: true } as const;
const TAGS = { Key: true, Value: true } as const;
/** What both types have in common. */
const COMMON = {
  TableName: true,
  AttributeDefinitions: { AttributeName: true, AttributeType: true },
  KeySchema: KEY_SCHEMA,
  LocalSecondaryIndexes: INDEX,
  BillingMode: true,
  TimeToLiveSpecification: { Enabled: true, AttributeName: true },
} as const;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html */
export const TABLE_PROPERTIES: AcceptedProperties = {
  ...COMMON,
  GlobalSecondaryIndexes: {
    ...INDEX,
    ProvisionedThroughput: { ReadCapacityUnits: true, WriteCapacityUnits: true },
  },
  ProvisionedThroughput: { ReadCapacityUnits: true, WriteCapacityUnits: true },
  TableClass: true,
  DeletionProtectionEnabled: true,
  SSESpecification: { SSEEnabled: true, SSEType: true, KMSMasterKeyId: true },
  PointInTimeRecoverySpecification: RECOVERY,
  Tags: TAGS,
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html */
export const GLOBAL_TABLE_PROPERTIES: AcceptedProperties = {
  ...COMMON,
  GlobalSecondaryIndexes: INDEX,
  SSESpecification: { SSEEnabled: true, SSEType: true },
  Replicas: {
    Region: true,
    DeletionProtectionEnabled: true,
    TableClass: true,
    // They repeat the table's names; what else they could say is their own capacity.
    GlobalSecondaryIndexes: { IndexName: true },
    PointInTimeRecoverySpecification: RECOVERY,
    SSESpecification: { KMSMasterKeyId: true },
    Tags: TAGS,
  },
};
