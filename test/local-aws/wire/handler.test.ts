import * as dynamoDbSdk from '@aws-sdk/client-dynamodb';
import * as ec2Sdk from '@aws-sdk/client-ec2';
import * as iamSdk from '@aws-sdk/client-iam';
import * as s3Sdk from '@aws-sdk/client-s3';
import { Fault } from '../../../local-aws/core/fault';
import { createHandler } from '../../../local-aws/wire/handler';
import { wireRequest } from '../../../local-aws/wire/http';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { fake } from './fake';

describe('a call that is signed for another region than the local one', () => {
  test('is refused, and both regions are named', async () => {
    const { core, inputs } = fake('ec2', ec2Sdk, { DescribeVpcs: { Vpcs: [] } });
    const client = new ec2Sdk.EC2Client({ ...clientConfig(core), region: 'eu-west-1' });
    await expect(client.send(new ec2Sdk.DescribeVpcsCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      message: expect.stringMatching(/not 'eu-west-1'.*eu-central-1 alone/),
      $metadata: { httpStatusCode: 403 },
    });
    expect(inputs).toEqual([]);
  });

  test('is refused by S3 with its own code', async () => {
    const { core } = fake('s3', s3Sdk, { ListBuckets: { Buckets: [] } });
    const client = new s3Sdk.S3Client({ ...clientConfig(core), region: 'us-east-1' });
    await expect(client.send(new s3Sdk.ListBucketsCommand({}))).rejects.toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      message: expect.stringContaining("the region 'us-east-1' is wrong; expecting 'eu-central-1'"),
    });
  });

  test('is answered where the service has one endpoint for all regions', async () => {
    const { core } = fake('iam', iamSdk, { ListRoles: { Roles: [], IsTruncated: false } });
    const client = new iamSdk.IAMClient({ ...clientConfig(core), region: 'us-east-1' });
    await expect(client.send(new iamSdk.ListRolesCommand({}))).resolves.toMatchObject({ Roles: [] });
  });
});

test.each<[string, object | Error]>([
  ['answer', { TableNames: ['a'] }],
  ['error', new Fault('ResourceNotFoundException', 'No table.')],
])('DynamoDB tells the checksum of its %s', async (_name, answer) => {
  const { core } = fake('dynamodb', dynamoDbSdk, { ListTables: answer });
  const response = await createHandler(core)(
    wireRequest(
      'POST',
      '/',
      {
        authorization: 'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/dynamodb/aws4_request',
        'x-amz-target': 'DynamoDB_20120810.ListTables',
      },
      '{}',
    ),
  );
  expect(response.headers['x-amz-crc32']).toBe(String(bitwiseCrc32(response.body)));
});

/** By the definition, bit by bit: https://www.w3.org/TR/png-3/#D-CRCAppendix, whose check value is that of "123456789". */
function bitwiseCrc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++)
      value = ((value ^ (byte >> bit)) & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1) >>> 0;
  return (value ^ 0xffffffff) >>> 0;
}

test('the checksum has the check value of its standard', () => {
  expect(bitwiseCrc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});
