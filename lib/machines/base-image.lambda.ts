import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { EC2 } from '@aws-sdk/client-ec2';
import { stepHandler } from '../custom-resource/step-handler';
import { DynamoDbLedger } from '../ledger/dynamodb-ledger';
import { baseImage } from './base-image-step';

const dynamoDb = new DynamoDB({});

export const handler = stepHandler(
  baseImage({ ec2: new EC2({}), ledger: (table) => new DynamoDbLedger(dynamoDb, table) }),
);
