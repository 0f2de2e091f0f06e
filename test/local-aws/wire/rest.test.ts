import * as imageBuilderSdk from '@aws-sdk/client-imagebuilder';
import {
  CreateComponentCommand,
  GetImageCommand,
  ImagebuilderClient,
  ListImagesCommand,
  ListTagsForResourceCommand,
  ResourceInUseException,
} from '@aws-sdk/client-imagebuilder';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import {
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  ResourceNotFoundException,
  TagResourceCommand,
} from '@aws-sdk/client-lambda';
import * as s3Sdk from '@aws-sdk/client-s3';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchBucket,
  NotFound,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Fault } from '../../../local-aws/core/fault';
import { createHandler } from '../../../local-aws/wire/handler';
import { wireRequest } from '../../../local-aws/wire/http';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { fake } from './fake';

describe('the REST protocol with JSON', () => {
  test('takes labels from the path, an ARN included, members from query, header and payload', async () => {
    const { core, inputs } = fake('lambda', lambdaSdk, {
      Invoke: { StatusCode: 202, FunctionError: 'Unhandled', Payload: Buffer.from('{"a":1}') },
      ListFunctions: { Functions: [] },
      TagResource: {},
    });
    const client = new LambdaClient(clientConfig(core));
    const FunctionName = 'arn:aws:lambda:eu-central-1:000000000000:function:a/b';
    const answer = await client.send(
      new InvokeCommand({
        FunctionName,
        InvocationType: 'Event',
        Qualifier: '1',
        Payload: Buffer.from('{}'),
      }),
    );
    expect(answer).toMatchObject({ StatusCode: 202, FunctionError: 'Unhandled' });
    expect(answer.Payload?.transformToString()).toBe('{"a":1}');
    await expect(client.send(new ListFunctionsCommand({ MaxItems: 5 }))).resolves.toMatchObject({
      Functions: [],
    });
    await client.send(new TagResourceCommand({ Resource: FunctionName, Tags: { a: 'b & c' } }));
    expect(inputs).toEqual([
      { FunctionName, InvocationType: 'Event', Qualifier: '1', Payload: new Uint8Array(Buffer.from('{}')) },
      { MaxItems: 5 },
      { Resource: FunctionName, Tags: { a: 'b & c' } },
    ]);
  });

  test('takes members from the body, and writes them there', async () => {
    const image = {
      arn: 'arn:image',
      state: { status: 'AVAILABLE' as const },
      outputResources: { amis: [] },
    };
    const { core, inputs } = fake('imagebuilder', imageBuilderSdk, {
      GetImage: { requestId: 'r', image },
      ListImages: { imageVersionList: [] },
      CreateComponent: { componentBuildVersionArn: 'arn:component' },
      ListTagsForResource: { tags: { a: 'b' } },
    });
    const client = new ImagebuilderClient(clientConfig(core));
    const get = await client.send(new GetImageCommand({ imageBuildVersionArn: 'arn:aws:x/y/1.0.0/1' }));
    expect(get.image).toEqual(image);
    await client.send(new ListImagesCommand({ owner: 'Self', filters: [{ name: 'name', values: ['a'] }] }));
    const component = {
      name: 'a',
      semanticVersion: '1.0.0',
      platform: 'Linux' as const,
      clientToken: 't',
      tags: {},
    };
    await client.send(new CreateComponentCommand(component));
    const tags = await client.send(
      new ListTagsForResourceCommand({ resourceArn: 'arn:aws:imagebuilder:x:y:image/a/1.0.0/1' }),
    );
    expect(tags.tags).toEqual({ a: 'b' });
    expect(inputs).toEqual([
      { imageBuildVersionArn: 'arn:aws:x/y/1.0.0/1' },
      { owner: 'Self', filters: [{ name: 'name', values: ['a'] }] },
      component,
      { resourceArn: 'arn:aws:imagebuilder:x:y:image/a/1.0.0/1' },
    ]);
  });

  test('makes faults the typed exceptions, whichever way they spell their message', async () => {
    const functions = fake('lambda', lambdaSdk, {
      GetFunction: new Fault('ResourceNotFoundException', 'No a.'),
    });
    const get = new LambdaClient(clientConfig(functions.core)).send(
      new GetFunctionCommand({ FunctionName: 'a' }),
    );
    const missing = await get.catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(ResourceNotFoundException);
    expect(missing).toMatchObject({ message: 'No a.', $metadata: { httpStatusCode: 404 } });
    const images = fake('imagebuilder', imageBuilderSdk, {
      ListImages: new Fault('ResourceInUseException', 'Busy.'),
    });
    const list = new ImagebuilderClient(clientConfig(images.core)).send(new ListImagesCommand({}));
    const inUse = await list.catch((error: unknown) => error);
    expect(inUse).toBeInstanceOf(ResourceInUseException);
    expect(inUse).toMatchObject({ message: 'Busy.' });
  });

  test('refuses a path that no operation answers to', async () => {
    const { core } = fake('lambda', lambdaSdk, {});
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/lambda/aws4_request';
    const response = await createHandler(core)(wireRequest('GET', '/nothing', { authorization }));
    expect(response.status).toBe(404);
    expect(Buffer.from(response.body).toString()).toContain(
      'No operation of lambda answers to GET /nothing.',
    );
  });
});

describe('the REST protocol with XML', () => {
  const served = {
    ListBuckets: { Buckets: [] },
    CreateBucket: {},
    HeadBucket: {},
    PutObject: { ETag: '"e"' },
    CopyObject: { CopyObjectResult: { ETag: '"e"' } },
    UploadPart: {},
    GetObject: {
      Body: Buffer.from([0, 255, 10]),
      ContentType: 'text/x',
      LastModified: new Date('2026-01-02T03:04:05Z'),
      Metadata: { a: 'b' },
    },
    HeadObject: { ContentLength: 3 },
    DeleteObjects: { Deleted: [{ Key: 'a' }], Errors: [{ Key: 'b', Code: 'AccessDenied' }] },
    ListObjects: {},
    ListObjectsV2: {
      Contents: [{ Key: 'a&b', Size: 3, LastModified: new Date(0) }],
      KeyCount: 1,
      IsTruncated: false,
    },
    ListObjectVersions: {},
    PutBucketPolicy: {},
    PutBucketTagging: {},
  };

  test.each([true, false])('finds bucket, key and operation (path style: %s)', async (forcePathStyle) => {
    const { core, inputs } = fake('s3', s3Sdk, served);
    const client = new S3Client({ ...clientConfig(core), forcePathStyle });
    const Bucket = 'a-bucket';
    await expect(client.send(new ListBucketsCommand({}))).resolves.toMatchObject({ Buckets: [] });
    await client.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
    );
    await client.send(new HeadBucketCommand({ Bucket }));
    await client.send(
      new PutObjectCommand({ Bucket, Key: 'd/a b+c.txt', Body: 'text', Metadata: { m: '1' } }),
    );
    await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: 'a-bucket/d' }));
    await client.send(
      new UploadPartCommand({ Bucket, Key: 'part', UploadId: 'u', PartNumber: 2, Body: 'x' }),
    );
    await client.send(new ListObjectsCommand({ Bucket }));
    await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'p' }));
    await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a' }, { Key: 'b' }], Quiet: true } }),
    );
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{"a":1}' }));
    await client.send(
      new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }),
    );
    expect(inputs).toMatchObject([
      {},
      { Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } },
      { Bucket },
      { Bucket, Key: 'd/a b+c.txt', Body: new Uint8Array(Buffer.from('text')), Metadata: { m: '1' } },
      { Bucket, Key: 'copy', CopySource: 'a-bucket/d' },
      { Bucket, Key: 'part', UploadId: 'u', PartNumber: 2 },
      { Bucket },
      { Bucket, Prefix: 'p' },
      { Bucket, Delete: { Objects: [{ Key: 'a' }, { Key: 'b' }], Quiet: true } },
      { Bucket, Policy: '{"a":1}' },
      { Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } },
    ]);
  });

  test('writes bodies, headers and lists', async () => {
    const { core } = fake('s3', s3Sdk, {
      ...served,
      GetBucketLocation: { LocationConstraint: 'eu-central-1' },
    });
    const client = new S3Client(clientConfig(core));
    const object = await client.send(new GetObjectCommand({ Bucket: 'a', Key: 'b' }));
    expect(object).toMatchObject({
      ContentType: 'text/x',
      LastModified: served.GetObject.LastModified,
      Metadata: { a: 'b' },
    });
    expect([...((await object.Body?.transformToByteArray()) ?? [])]).toEqual([0, 255, 10]);
    const head = await client.send(new HeadObjectCommand({ Bucket: 'a', Key: 'b' }));
    expect(head.ContentLength).toBe(3);
    const list = await client.send(new ListObjectsV2Command({ Bucket: 'a' }));
    expect(list).toMatchObject(served.ListObjectsV2);
    const deleted = await client.send(
      new DeleteObjectsCommand({ Bucket: 'a', Delete: { Objects: [{ Key: 'a' }] } }),
    );
    expect(deleted).toMatchObject(served.DeleteObjects);
    const location = await client.send(new GetBucketLocationCommand({ Bucket: 'a' }));
    expect(location.LocationConstraint).toBe('eu-central-1');
  });

  test('makes faults the typed exceptions, those without a body included', async () => {
    const noBucket = new Fault('NoSuchBucket', 'The specified bucket does not exist', 404);
    const { core } = fake('s3', s3Sdk, { ListObjectsV2: noBucket, HeadObject: noBucket });
    const client = new S3Client(clientConfig(core));
    const list = client.send(new ListObjectsV2Command({ Bucket: 'a' }));
    await expect(list).rejects.toBeInstanceOf(NoSuchBucket);
    await expect(list).rejects.toMatchObject({ message: noBucket.message });
    await expect(client.send(new HeadObjectCommand({ Bucket: 'a', Key: 'b' }))).rejects.toBeInstanceOf(
      NotFound,
    );
  });

  test('refuses XML that is none', async () => {
    const { core } = fake('s3', s3Sdk, served);
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/s3/aws4_request';
    const response = await createHandler(core)(
      wireRequest('POST', '/a?delete', { authorization }, '<Delete><Object>'),
    );
    expect(response.status).toBe(400);
    expect(Buffer.from(response.body).toString()).toContain('<Code>MalformedXML</Code>');
  });
});
