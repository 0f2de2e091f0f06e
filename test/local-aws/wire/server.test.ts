import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { S3Service } from '../../../local-aws/s3/service';
import { SsmService } from '../../../local-aws/ssm/service';
import { StsService } from '../../../local-aws/sts/service';
import { wireResponse } from '../../../local-aws/wire/http';
import { type Listener, listen } from '../../../local-aws/wire/server';

const Bucket = 'assets';
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const authorization = 'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/s3/aws4_request';

let core: Core;
let server: Listener;
let s3: S3Client;

beforeEach(async () => {
  core = new Core({ clock: new VirtualClock() });
  for (const service of [
    new S3Service(core),
    new SsmService(core, { presets: { '/aws/a': 'b' } }),
    new StsService(core),
  ])
    core.register(service);
  server = await listen(core, {
    routes: [
      {
        prefix: '/answers/',
        handle: async ({ method, path, query, body }) =>
          wireResponse(202, `${method} ${path} ${query.a} ${Buffer.from(body)}`),
      },
    ],
  });
  s3 = new S3Client({ region: core.region, credentials, endpoint: server.url });
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterEach(async () => {
  s3.destroy();
  await server.close();
});

test('SDK clients reach every service at one address, which the core knows', async () => {
  expect(core.endpoint).toBe(server.url);
  const config = { region: core.region, credentials, endpoint: server.url };
  await expect(new STSClient(config).send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Account: core.account,
  });
  await expect(
    new SSMClient(config).send(new GetParameterCommand({ Name: '/aws/a' })),
  ).resolves.toMatchObject({
    Parameter: { Value: 'b' },
  });
});

test('a stream is uploaded in AWS’s own chunks, and comes back as it was', async () => {
  const parts = Array.from({ length: 20 }, (_, index) => Buffer.alloc(10_001, index));
  const whole = Buffer.concat(parts);
  const object = { Bucket, Key: 'stream.bin' };
  await s3.send(
    new PutObjectCommand({
      ...object,
      Body: Readable.from(parts),
      ContentLength: whole.length,
      ContentEncoding: 'gzip',
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  const got = await s3.send(new GetObjectCommand(object));
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  expect(digest((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(digest(whole));
  expect(got.ContentEncoding).toBe('gzip');
});

test('a HEAD has headers and no body, whether it finds something or not', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).resolves.toMatchObject({
    ContentLength: 4,
  });
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'b' }))).rejects.toBeInstanceOf(NotFound);
  await expect(s3.send(new ListObjectsV2Command({ Bucket }))).resolves.toMatchObject({ KeyCount: 1 });
});

test('a client that waits for 100 Continue gets it', async () => {
  const status = await new Promise((resolve, reject) => {
    const put = httpRequest(`${server.url}/${Bucket}/waited`, {
      method: 'PUT',
      headers: { authorization, expect: '100-continue', 'content-length': 4 },
    });
    put.on('continue', () => put.end('text'));
    put.on('response', (response) => resolve(response.resume().statusCode));
    put.on('error', reject);
    put.flushHeaders();
  });
  expect(status).toBe(200);
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'waited' }))).resolves.toMatchObject({
    ContentLength: 4,
  });
});

test('a presigned URL needs no further signature, and no signature at all is refused', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
  const credential = encodeURIComponent('AKID/20260101/eu-central-1/s3/aws4_request');
  const presigned = `${server.url}/${Bucket}/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Signature=0&x-id=GetObject`;
  await expect((await fetch(presigned)).text()).resolves.toBe('text');
  expect((await fetch(`${server.url}/${Bucket}/a`)).status).toBe(403);
});

test('a bucket can be named by the host', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
  const { port } = new URL(server.url);
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { authorization, host: `${Bucket}.localhost:${port}` };
    httpRequest(`${server.url}/a`, { headers }, async (response) => {
      resolve(Buffer.concat(await response.toArray()).toString());
    })
      .on('error', reject)
      .end();
  });
  expect(text).toBe('text');
});

test('what is no AWS API has a route of its own', async () => {
  const response = await fetch(`${server.url}/answers/x%2Fy?a=1`, { method: 'PUT', body: '{}' });
  expect(response.status).toBe(202);
  expect(await response.text()).toBe('PUT /answers/x%2Fy 1 {}');
});

test('closing ends connections that are kept alive', async () => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('GET /answers/ HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await server.close();
  await ended;
});
