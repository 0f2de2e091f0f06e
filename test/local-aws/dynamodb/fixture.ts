import { type AttributeValue, CreateTableCommand, DynamoDB } from '@aws-sdk/client-dynamodb';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { DynamoDbService } from '../../../local-aws/dynamodb/service';
import { clientConfig } from '../../../local-aws/wire/in-process';

/** A DynamoDB without tables, and a client that reaches it over the wire's own code. */
export function setUp() {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  const service = new DynamoDbService(core);
  core.register(service);
  return { clock, core, service, client: new DynamoDB(clientConfig(core, undefined, { maxAttempts: 1 })) };
}

/** As `setUp`, with the table `ledger`: partition key `fleet`, sort key `revision`. */
export async function withTable() {
  const fixture = setUp();
  await fixture.core.send(
    new CreateTableCommand({
      TableName: 'ledger',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'fleet', KeyType: 'HASH' },
        { AttributeName: 'revision', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'fleet', AttributeType: 'S' },
        { AttributeName: 'revision', AttributeType: 'N' },
        { AttributeName: 'version', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-version',
          KeySchema: [{ AttributeName: 'version', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  await fixture.clock.advance(10_000);
  const key = (revision: number, fleet = 'web') => ({
    fleet: { S: fleet },
    revision: { N: String(revision) },
  });
  const put = (revision: number, rest: Record<string, AttributeValue> = {}, fleet = 'web') =>
    fixture.client.putItem({ TableName: 'ledger', Item: { ...key(revision, fleet), ...rest } });
  const get = async (revision: number, fleet = 'web') =>
    (await fixture.client.getItem({ TableName: 'ledger', Key: key(revision, fleet) })).Item;
  return { ...fixture, key, put, get };
}
