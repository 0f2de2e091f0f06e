import * as sdk from '@aws-sdk/client-dynamodb';
import type { Core } from '../core/core';
import type { Operations, ResourceType, Service } from '../core/service';
import { itemOperations } from './item-operations';
import { queryOperations } from './query';
import { dynamoDbResourceTypes } from './resources';
import { settingOperations } from './setting-operations';
import { tableOperations } from './table-operations';
import { Tables } from './tables';
import { transactionOperations } from './transactions';

/** DynamoDB: tables with their indexes, items, expressions and transactions. Every read is consistent. */
export class DynamoDbService implements Service {
  readonly signingName = 'dynamodb';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = dynamoDbResourceTypes;

  constructor(core: Core) {
    const tables = new Tables(core);
    this.operations = {
      ...tableOperations(tables),
      ...settingOperations(tables),
      ...itemOperations(tables),
      ...queryOperations(tables),
      ...transactionOperations(tables),
    };
  }
}
