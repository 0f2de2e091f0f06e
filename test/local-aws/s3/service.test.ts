import {
  AbortMultipartUploadCommand,
  BucketAlreadyOwnedByYou,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchKey,
  NotFound,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import { S3Service } from '../../../local-aws/s3/service';
import { clientConfig } from '../../../local-aws/wire/in-process';

const Bucket = 'assets';

async function setUp() {
  const core = new Core({ clock: new VirtualClock() });
  core.register(new S3Service(core));
  const client = new S3Client(clientConfig(core));
  await client.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body = Key) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
  return { core, client, put };
}

describe('objects', () => {
  test('come back as they were put, with their description', async () => {
    const { client, core } = await setUp();
    const Body = Buffer.from([0, 1, 254, 255]);
    const object = { Bucket, Key: 'd/a b.bin', ContentType: 'application/x', Metadata: { release: '1.0.0' } };
    const put = await client.send(new PutObjectCommand({ ...object, Body }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: object.Key }));
    expect(got).toMatchObject({
      ContentType: 'application/x',
      Metadata: object.Metadata,
      ContentLength: 4,
      ETag: put.ETag,
      LastModified: new Date(core.clock.now()),
    });
    expect([...((await got.Body?.transformToByteArray()) ?? [])]).toEqual([...Body]);
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: object.Key }))).resolves.toMatchObject({
      ContentLength: 4,
      ETag: put.ETag,
    });
  });

  test('can be read and written by direct calls as well', async () => {
    const { core } = await setUp();
    await core.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
    const { Body } = await core.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    expect(await Body?.transformToString()).toBe('text');
    await core.send(new PutObjectCommand({ Bucket, Key: 'empty' }));
    const empty = await core.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
    expect(await empty.Body?.transformToString()).toBe('');
  });

  test('that are missing, or whose bucket is, are typed errors', async () => {
    const { client } = await setUp();
    const get = client.send(new GetObjectCommand({ Bucket, Key: 'no' }));
    await expect(get).rejects.toBeInstanceOf(NoSuchKey);
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'no' }))).rejects.toBeInstanceOf(NotFound);
    const elsewhere = client.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'a' }));
    await expect(elsewhere).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  test.each([
    ['bytes=0-1', 'te', 'bytes 0-1/4'],
    ['bytes=2-', 'xt', 'bytes 2-3/4'],
    ['bytes=-3', 'ext', 'bytes 1-3/4'],
    ['bytes=1-99', 'ext', 'bytes 1-3/4'],
  ])('can be read in part: %s', async (Range, text, ContentRange) => {
    const { client, put } = await setUp();
    await put('a', 'text');
    const part = await client.send(new GetObjectCommand({ Bucket, Key: 'a', Range }));
    expect(part).toMatchObject({
      ContentRange,
      ContentLength: text.length,
      $metadata: { httpStatusCode: 206 },
    });
    expect(await part.Body?.transformToString()).toBe(text);
    const beyond = client.send(new GetObjectCommand({ Bucket, Key: 'a', Range: 'bytes=4-' }));
    await expect(beyond).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  test('can be put on a condition', async () => {
    const { client, put } = await setUp();
    const { ETag } = await put('a');
    const onCondition = (condition: object) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'new', ...condition }));
    await expect(onCondition({ IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(onCondition({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(onCondition({ IfMatch: ETag })).resolves.toMatchObject({});
  });

  test('can be copied, and uploaded in parts', async () => {
    const { client, put } = await setUp();
    await put('a');
    await client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` }));
    const upload = { Bucket, Key: 'big' };
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ ...upload, ContentType: 'x/y' }),
    );
    const first = 'first'.repeat(1024 * 1024);
    const part = (PartNumber: number, Body: string) =>
      client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber, Body }));
    const complete = (...numbers: number[]) =>
      client.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          UploadId,
          MultipartUpload: { Parts: numbers.map((PartNumber) => ({ PartNumber })) },
        }),
      );
    await part(2, ';part 2');
    await part(1, 'too small');
    await expect(part(0, '')).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(complete(2, 1)).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete(1, 3)).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(complete(1, 2)).rejects.toMatchObject({ name: 'EntityTooSmall' });
    await part(1, first);
    await complete(1, 2);
    const big = await client.send(new GetObjectCommand(upload));
    expect(big.ETag).toMatch(/-2"$/);
    expect(big.ContentType).toBe('x/y');
    expect(await big.Body?.transformToString()).toBe(`${first};part 2`);
    await expect(client.send(new AbortMultipartUploadCommand({ ...upload, UploadId }))).rejects.toMatchObject(
      {
        name: 'NoSuchUpload',
      },
    );
  });
});

describe('lists', () => {
  test('go by prefix, delimiter and page', async () => {
    const { client, put } = await setUp();
    for (const key of ['b', 'a/2', 'a/1', 'a&<1>', 'c/x/y']) await put(key);
    const keys: (string | undefined)[][] = [];
    for (let ContinuationToken: string | undefined, more = true; more; ) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 2, ContinuationToken }),
      );
      keys.push([
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      ]);
      ContinuationToken = page.NextContinuationToken;
      more = page.IsTruncated ?? false;
    }
    expect(keys).toEqual([
      ['a&<1>', 'a/'],
      ['b', 'c/'],
    ]);
    const below = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/', StartAfter: 'a/1' }));
    expect(below).toMatchObject({ KeyCount: 1, IsTruncated: false, Contents: [{ Key: 'a/2', Size: 3 }] });
    const encoded = await client.send(new ListObjectsCommand({ Bucket, Prefix: 'a&', EncodingType: 'url' }));
    expect(encoded.Contents).toMatchObject([{ Key: 'a%26%3C1%3E' }]);
  });

  test('name every bucket', async () => {
    const { client } = await setUp();
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets).toMatchObject([{ Name: Bucket }]);
  });
});

describe('buckets', () => {
  test('are refused when their name is taken or not allowed, and gone when deleted', async () => {
    const { client } = await setUp();
    const again = client.send(new CreateBucketCommand({ Bucket }));
    await expect(again).rejects.toBeInstanceOf(BucketAlreadyOwnedByYou);
    const badName = client.send(new CreateBucketCommand({ Bucket: 'Bad_Name' }));
    await expect(badName).rejects.toMatchObject({ name: 'InvalidBucketName' });
    await client.send(new DeleteBucketCommand({ Bucket }));
    await expect(client.send(new HeadBucketCommand({ Bucket }))).rejects.toBeInstanceOf(NotFound);
  });

  test('keep versions when they are told to, and are not empty before these are gone', async () => {
    const { client, put } = await setUp();
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    const first = await put('a', 'one');
    await put('a', 'two');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    await expect(client.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toBeInstanceOf(NoSuchKey);
    const old = await client.send(new GetObjectCommand({ Bucket, Key: 'a', VersionId: first.VersionId }));
    expect(await old.Body?.transformToString()).toBe('one');
    await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
      message: 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.',
    });
    const { Versions = [], DeleteMarkers = [] } = await client.send(
      new ListObjectVersionsCommand({ Bucket }),
    );
    expect([
      Versions.map((version) => version.IsLatest),
      DeleteMarkers.map((marker) => marker.IsLatest),
    ]).toEqual([[false, false], [true]]);
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    await client.send(new DeleteBucketCommand({ Bucket }));
  });

  test('tell where they are and what is set on them', async () => {
    const { client } = await setUp();
    const location = await client.send(new GetBucketLocationCommand({ Bucket }));
    expect(location.LocationConstraint).toBe('eu-central-1');
    const encryption = await client.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(encryption.ServerSideEncryptionConfiguration?.Rules).toMatchObject([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
    await expect(client.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NoSuchBucketPolicy',
    });
    const TagSet = [{ Key: 'a', Value: 'b' }];
    await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    await expect(client.send(new GetBucketTaggingCommand({ Bucket }))).resolves.toMatchObject({ TagSet });
  });
});

test('permissions are asked for as AWS names them', async () => {
  const { core, client, put } = await setUp();
  await put('a');
  await put('b');
  const asked: string[] = [];
  core.authorizer = (_principal, action, resource) => {
    asked.push(`${action} ${resource}`);
    if (action === 's3:DeleteObject' && resource.endsWith('/b')) throw new Fault('AccessDenied', 'no', 403);
  };
  await client.send(new ListObjectsV2Command({ Bucket }));
  await client.send(new HeadBucketCommand({ Bucket }));
  await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
  await client.send(new GetBucketEncryptionCommand({ Bucket }));
  await client.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/a` }));
  const deleted = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a' }, { Key: 'b' }] } }),
  );
  expect(asked).toEqual([
    's3:ListBucket arn:aws:s3:::assets',
    's3:ListBucket arn:aws:s3:::assets',
    's3:GetObject arn:aws:s3:::assets/a',
    's3:GetEncryptionConfiguration arn:aws:s3:::assets',
    's3:PutObject arn:aws:s3:::assets/c',
    's3:GetObject arn:aws:s3:::assets/a',
    's3:DeleteObject arn:aws:s3:::assets/a',
    's3:DeleteObject arn:aws:s3:::assets/b',
  ]);
  expect(deleted).toMatchObject({ Deleted: [{ Key: 'a' }], Errors: [{ Key: 'b', Code: 'AccessDenied' }] });
});
