import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { stepHandler } from '../custom-resource/step-handler';
import { DynamoDbLedger } from '../ledger/dynamodb-ledger';
import { verification } from './verify';

const dynamoDb = new DynamoDB({});

export const handler = stepHandler(
  verification({
    autoScaling: new AutoScaling({}),
    ec2: new EC2({}),
    ledger: (table) => new DynamoDbLedger(dynamoDb, table),
    loadBalancing: new ElasticLoadBalancingV2({}),
  }),
);
