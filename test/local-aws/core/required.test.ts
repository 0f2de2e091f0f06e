import * as dynamoDb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import { EC2 } from '@aws-sdk/client-ec2';
import * as imageBuilder from '@aws-sdk/client-imagebuilder';
import { SSM } from '@aws-sdk/client-ssm';
import { missingMember } from '../../../local-aws/core/required';
import { idleLocalAws } from '../../../local-aws/local-aws';
import { clientConfig } from '../../../local-aws/wire/in-process';

test.each<[string, object, string | undefined, object]>([
  ['RunInstances', { MaxCount: 1, MinCount: 1 }, undefined, ec2],
  ['RunInstances', { MaxCount: 1 }, 'MinCount', ec2],
  ['RunInstances', { MaxCount: 1, MinCount: null }, 'MinCount', ec2],
  ['CreateTags', { Resources: ['i-1'], Tags: [{ Key: 'a' }] }, undefined, ec2],
  ['PutItem', { TableName: 'a' }, 'Item', dynamoDb],
  ['BatchWriteItem', { RequestItems: { a: [{ PutRequest: { Item: {} } }] } }, undefined, dynamoDb],
  [
    'BatchWriteItem',
    { RequestItems: { a: [{ PutRequest: {} }] } },
    'RequestItems.a[0].PutRequest.Item',
    dynamoDb,
  ],
  // SDK clients fill the token.
  ['CancelImageCreation', { imageBuildVersionArn: 'a' }, undefined, imageBuilder],
  ['CancelImageCreation', {}, 'imageBuildVersionArn', imageBuilder],
])('%s of %j lacks %s', (operation, input, missing, sdk) => {
  expect(missingMember({ sdk: sdk as never }, operation, input)).toBe(missing);
});

test('a request that lacks what its shape requires is refused, in the service’s words', async () => {
  const core = await idleLocalAws();
  await expect(
    new EC2(clientConfig(core)).runInstances({ MaxCount: 1, MinCount: undefined }),
  ).rejects.toMatchObject({
    name: 'MissingParameter',
    message: 'The request must contain the parameter minCount',
  });
  await expect(
    new SSM(clientConfig(core)).putParameter({ Name: 'a', Value: undefined }),
  ).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      "1 validation error detected: Value null at 'value' failed to satisfy constraint: Member must not be null",
  });
  await core.close();
});

test('every operation that is served is found by its schema, and most require something', async () => {
  const core = await idleLocalAws();
  const operations = core
    .allServices()
    .flatMap((service) => Object.keys(service.operations).map((name) => ({ service, name })));
  const unknown = operations.filter(({ service, name }) => !Array.isArray(service.sdk[`${name}$`]));
  expect(unknown.map(({ name }) => name)).toEqual([]);
  const demanding = operations.filter(({ service, name }) => missingMember(service, name, {}));
  expect(demanding.length).toBeGreaterThan(operations.length / 2);
  await core.close();
});
