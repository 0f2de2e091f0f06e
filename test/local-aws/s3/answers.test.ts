// What S3 answers to what a request asks for besides bytes: conditions, description, pages, policies.
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { crc32c, crc64nvme } from '../../../local-aws/s3/crc';
import { S3Service } from '../../../local-aws/s3/service';
import { clientConfig } from '../../../local-aws/wire/in-process';

const Bucket = 'assets';
const HOUR_MS = 3_600_000;

async function setUp() {
  const core = new Core({ clock: new VirtualClock() });
  core.register(new S3Service(core));
  const client = new S3Client(clientConfig(core));
  await client.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, more: Partial<PutObjectCommandInput> = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body: Key, ...more }));
  return { core, client, put };
}

describe('a read on a condition', () => {
  const earlier = (now: number) => new Date(now - HOUR_MS);
  const later = (now: number) => new Date(now + HOUR_MS);
  test.each<[string, (etag: string, now: number) => object, number]>([
    ['the right tag', (IfMatch) => ({ IfMatch }), 200],
    ['the right tag without quotes', (etag) => ({ IfMatch: etag.replaceAll('"', '') }), 200],
    ['another tag', () => ({ IfMatch: '"other"' }), 412],
    ['not the tag that it has', (IfNoneMatch) => ({ IfNoneMatch }), 304],
    ['not another tag', () => ({ IfNoneMatch: '"other"' }), 200],
    ['not anything', () => ({ IfNoneMatch: '*' }), 304],
    ['changed since before', (_, now) => ({ IfModifiedSince: earlier(now) }), 200],
    ['changed since later', (_, now) => ({ IfModifiedSince: later(now) }), 304],
    ['unchanged since before', (_, now) => ({ IfUnmodifiedSince: earlier(now) }), 412],
    ['unchanged since later', (_, now) => ({ IfUnmodifiedSince: later(now) }), 200],
    [
      'the tag, which wins over its date',
      (IfMatch, now) => ({ IfMatch, IfUnmodifiedSince: earlier(now) }),
      200,
    ],
    [
      'not the tag, which wins over its date',
      (IfNoneMatch, now) => ({ IfNoneMatch, IfModifiedSince: earlier(now) }),
      304,
    ],
  ])('%s: %#', async (_name, condition, status) => {
    const { client, core, put } = await setUp();
    const { ETag = '' } = await put('a');
    const input = { Bucket, Key: 'a', ...condition(ETag, core.clock.now()) };
    for (const send of [
      () => client.send(new GetObjectCommand(input)),
      () => client.send(new HeadObjectCommand(input)),
    ]) {
      const found = await send().then(
        ({ $metadata }) => $metadata.httpStatusCode,
        (error) => error.$metadata.httpStatusCode,
      );
      expect(found).toBe(status);
    }
  });
});

test('a write, a copy and a deletion heed their conditions', async () => {
  const { client, put } = await setUp();
  const { ETag } = await put('a');
  const failed = { name: 'PreconditionFailed' };
  await expect(put('a', { IfNoneMatch: '*' })).rejects.toMatchObject(failed);
  await expect(put('a', { IfNoneMatch: ETag })).rejects.toMatchObject({ name: 'NotImplemented' });
  await expect(put('no', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
  const copy = (more: object) =>
    client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a`, ...more }));
  await expect(copy({ CopySourceIfMatch: '"other"' })).rejects.toMatchObject(failed);
  await expect(copy({ CopySourceIfNoneMatch: ETag })).rejects.toMatchObject(failed);
  await expect(copy({ Key: 'a' })).rejects.toMatchObject({ name: 'InvalidRequest' });
  await expect(copy({ CopySourceIfMatch: ETag })).resolves.toMatchObject({ CopyObjectResult: { ETag } });
  const remove = (IfMatch: string | undefined) =>
    client.send(new DeleteObjectCommand({ Bucket, Key: 'b', IfMatch }));
  await expect(remove('"other"')).rejects.toMatchObject(failed);
  await expect(remove(ETag)).resolves.toMatchObject({});
});

test('an object is told as it was described, class and encryption included', async () => {
  const { client, put } = await setUp();
  const Expires = new Date('2027-01-02T03:04:05Z');
  const described = {
    ContentDisposition: 'attachment',
    ContentLanguage: 'de',
    CacheControl: 'no-store',
    WebsiteRedirectLocation: '/b',
    StorageClass: 'STANDARD_IA' as const,
    ServerSideEncryption: 'aws:kms' as const,
    SSEKMSKeyId: 'arn:aws:kms:eu-central-1:000000000000:key/k',
  };
  await expect(put('a', { ...described, Expires })).resolves.toMatchObject({
    ServerSideEncryption: 'aws:kms',
  });
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'a' }));
  expect(got).toMatchObject({ ...described, ExpiresString: Expires.toUTCString() });
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents).toMatchObject([{ StorageClass: 'STANDARD_IA' }]);
  const other = { ResponseContentType: 'text/x', ResponseCacheControl: 'max-age=1' };
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'a', ...other }))).resolves.toMatchObject({
    ContentType: 'text/x',
    CacheControl: 'max-age=1',
  });
  await put('plain');
  const plain = await client.send(new HeadObjectCommand({ Bucket, Key: 'plain' }));
  expect(plain).toMatchObject({ ServerSideEncryption: 'AES256', AcceptRanges: 'bytes' });
  expect(plain.StorageClass).toBeUndefined();
});

test.each<[string, object, string]>([
  ['a class that is none', { StorageClass: 'COLD' }, 'InvalidStorageClass'],
  ['a class that archives', { StorageClass: 'GLACIER' }, 'NotImplemented'],
  ['an encryption that is none', { ServerSideEncryption: 'rot13' }, 'InvalidArgument'],
  ['a key without its encryption', { SSEKMSKeyId: 'k' }, 'InvalidArgument'],
  ['an access control list', { ACL: 'public-read' }, 'AccessControlListNotSupported'],
  ['a wrong digest', { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }, 'BadDigest'],
  ['a wrong checksum', { ChecksumSHA256: 'x' }, 'BadDigest'],
  ['too much metadata', { Metadata: { a: 'x'.repeat(2048) } }, 'MetadataTooLarge'],
  ['another owner of its bucket', { ExpectedBucketOwner: '111111111111' }, 'AccessDenied'],
])('an upload with %s is refused', async (_name, more, name) => {
  const { put } = await setUp();
  await expect(put('a', more)).rejects.toMatchObject({ name });
});

test('a right checksum is kept and told', async () => {
  const { client, put } = await setUp();
  await put('a', { ChecksumAlgorithm: 'SHA256' });
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'a', ChecksumMode: 'ENABLED' }));
  expect(got).toMatchObject({
    ChecksumSHA256: 'ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=',
    ChecksumType: 'FULL_OBJECT',
  });
});

test('the checks of the catalogue have its check values', () => {
  const check = Buffer.from('123456789');
  expect(crc32c(check).toString('hex')).toBe('e3069283');
  expect(crc64nvme(check).toString('hex')).toBe('ae8b14860a799888');
});

test('an upload in parts has the checksum of the whole where its algorithm allows', async () => {
  const { client } = await setUp();
  const object = { Bucket, Key: 'parts' };
  const { UploadId, ChecksumType } = await client.send(
    new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'CRC64NVME' }),
  );
  expect(ChecksumType).toBe('FULL_OBJECT');
  const Body = Buffer.from('123456789');
  const sum = crc64nvme(Body).toString('base64');
  const upload = (ChecksumCRC64NVME: string) =>
    client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body, ChecksumCRC64NVME }));
  await expect(upload('AAAAAAAAAAA=')).rejects.toMatchObject({ name: 'BadDigest' });
  const { ETag } = await upload(sum);
  const complete = (ChecksumCRC64NVME: string) =>
    client.send(
      new CompleteMultipartUploadCommand({
        ...object,
        UploadId,
        ChecksumCRC64NVME,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    );
  await expect(complete('AAAAAAAAAAA=')).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(complete(sum)).resolves.toMatchObject({ ChecksumCRC64NVME: sum });
});

test('versions come in pages of the size that was asked for, and by delimiter', async () => {
  const { client, put } = await setUp();
  await client.send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  for (const key of ['a', 'a', 'b/1', 'b/2', 'c']) await put(key);
  const pages: (string | undefined)[][] = [];
  let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (let more = true; more; ) {
    const page = await client.send(
      new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, Delimiter: '/', ...marker }),
    );
    pages.push([
      ...(page.Versions ?? []).map(({ Key, IsLatest }) => `${Key} ${IsLatest}`),
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
    ]);
    marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    more = page.IsTruncated ?? false;
  }
  expect(pages).toEqual([['a true'], ['a false'], ['b/'], ['c true']]);
  const marked = await client.send(new DeleteObjectCommand({ Bucket, Key: 'c' }));
  const get = (VersionId: string) => client.send(new GetObjectCommand({ Bucket, Key: 'c', VersionId }));
  await expect(get(marked.VersionId ?? '')).rejects.toMatchObject({ name: 'MethodNotAllowed' });
  await expect(get('no')).rejects.toMatchObject({ name: 'NoSuchVersion' });
});

test('buckets come in pages, too', async () => {
  const { client } = await setUp();
  await client.send(new CreateBucketCommand({ Bucket: 'second' }));
  const first = await client.send(new ListBucketsCommand({ MaxBuckets: 1 }));
  expect(first.Buckets).toMatchObject([{ Name: Bucket }]);
  const { ContinuationToken } = first;
  const rest = await client.send(new ListBucketsCommand({ MaxBuckets: 1, ContinuationToken }));
  expect(rest.Buckets).toMatchObject([{ Name: 'second' }]);
  expect(rest.ContinuationToken).toBeUndefined();
});

test('a start within a common prefix leaves out what comes before it, and not the prefix', async () => {
  const { client, put } = await setUp();
  for (const key of ['a/1', 'a/2', 'b']) await put(key);
  const list = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', StartAfter: 'a/1' }));
  expect(list.CommonPrefixes).toEqual([{ Prefix: 'a/' }]);
});

test('a bucket is never without encryption', async () => {
  const { client } = await setUp();
  const algorithm = async () => {
    const { ServerSideEncryptionConfiguration: set } = await client.send(
      new GetBucketEncryptionCommand({ Bucket }),
    );
    return set?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
  };
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const } }];
  await client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  expect(await algorithm()).toBe('aws:kms');
  await client.send(new DeleteBucketEncryptionCommand({ Bucket }));
  expect(await algorithm()).toBe('AES256');
});

const STATEMENT = {
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${Bucket}/*`,
};
test.each<[string, string | object, string, RegExp]>([
  ['that is no JSON', 'x', 'MalformedPolicy', /valid JSON/],
  ['for nobody', { ...STATEMENT, Principal: undefined }, 'MalformedPolicy', /field Principal/],
  [
    'for another bucket',
    { ...STATEMENT, Resource: 'arn:aws:s3:::other/*' },
    'MalformedPolicy',
    /invalid resource/,
  ],
  ['for another service', { ...STATEMENT, Action: 'ec2:*' }, 'MalformedPolicy', /invalid action/],
  ['for everybody', STATEMENT, 'AccessDenied', /BlockPublicPolicy/],
])('a bucket policy %s is refused', async (_name, statement, name, message) => {
  const { client } = await setUp();
  const Policy = typeof statement === 'string' ? statement : JSON.stringify({ Statement: statement });
  await expect(client.send(new PutBucketPolicyCommand({ Bucket, Policy }))).rejects.toMatchObject({
    name,
    message: expect.stringMatching(message),
  });
});

test('more deletions than a call takes are refused, and so is another owner of a bucket', async () => {
  const { client } = await setUp();
  const Objects = Array.from({ length: 1001 }, (_, index) => ({ Key: String(index) }));
  await expect(client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))).rejects.toMatchObject({
    name: 'MalformedXML',
  });
  const head = client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: '111111111111' }));
  await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
});
