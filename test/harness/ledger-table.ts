import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { PARTITION_KEY, SORT_KEY } from '../../lib/ledger/dynamodb-ledger';
import type { Core } from '../../local-aws/core/core';

/** Makes the table of the stack `Ledger`, which stands before every fleet. It is there some seconds later. */
export async function createLedgerTable(core: Core, TableName: string): Promise<void> {
  await core.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [PARTITION_KEY, SORT_KEY].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: PARTITION_KEY, KeyType: 'HASH' },
        { AttributeName: SORT_KEY, KeyType: 'RANGE' },
      ],
    }),
  );
}
