import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LedgerStack } from '../../lib/ledger/ledger-stack';

test('the ledger outlives its stack, can be brought back to any moment, and is not deleted by mistake', () => {
  const template = Template.fromStack(new LedgerStack(new App(), 'Ledger', { tableName: 'ledger' }));
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: 'ledger',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [
        { AttributeName: 'fleet', KeyType: 'HASH' },
        { AttributeName: 'item', KeyType: 'RANGE' },
      ],
    },
  });
});
