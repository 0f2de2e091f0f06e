import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { KMS } from '@aws-sdk/client-kms';
import { stepHandler } from '../custom-resource/step-handler';
import { DynamoDbLedger } from '../ledger/dynamodb-ledger';
import { preflight } from './preflight-step';

const dynamoDb = new DynamoDB({});

export const handler = stepHandler(
  preflight({
    autoScaling: new AutoScaling({}),
    cloudFormation: new CloudFormation({}),
    cloudWatch: new CloudWatch({}),
    ec2: new EC2({}),
    kms: new KMS({}),
    ledger: (table) => new DynamoDbLedger(dynamoDb, table),
    loadBalancing: new ElasticLoadBalancingV2({}),
  }),
);
