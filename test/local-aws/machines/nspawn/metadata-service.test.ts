import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { MachineIdentity } from '../../../../local-aws/machines/nspawn/metadata';
import { MetadataService } from '../../../../local-aws/machines/nspawn/metadata-service';

const identity: MachineIdentity = {
  instanceId: 'i-0123456789abcdef0',
  imageId: 'ami-1',
  instanceType: 't3.micro',
  address: '10.213.0.2',
  accountId: '000000000000',
  region: 'eu-central-1',
  availabilityZone: 'eu-central-1b',
  userData: '#!/bin/bash\n',
  tags: { 'aws:autoscaling:groupName': 'fleet', Name: 'web' },
  role: {
    name: 'machine',
    credentials: () => ({ accessKeyId: 'ASIA1', secretAccessKey: 'secret', sessionToken: 'session' }),
  },
  launchedAt: new Date('2026-01-01T00:00:00Z'),
};

/** The service with a clock that a test moves, and a way to ask it. */
function service(known: Partial<MachineIdentity> = {}) {
  let now = Date.UTC(2026, 0, 1);
  const machine = { ...identity, ...known };
  const metadata = new MetadataService(
    (address) => (['10.213.0.2', '10.213.0.3'].includes(address) ? machine : undefined),
    () => now,
  );
  const ask = (method: string, path: string, headers: Record<string, string> = {}, address = '10.213.0.2') =>
    metadata.answer({ method, path, headers, address });
  const token = (seconds = '60') =>
    ask('PUT', '/latest/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': seconds }).body;
  const get = (path: string, withToken = token()) =>
    ask('GET', `/latest/${path}`, { 'x-aws-ec2-metadata-token': withToken });
  const wait = (ms: number) => {
    now += ms;
  };
  return { ask, token, get, wait };
}

test('without a token there is no answer, and neither with a wrong one', () => {
  const { ask, get } = service();
  expect(ask('GET', '/latest/meta-data/instance-id').status).toBe(401);
  expect(get('meta-data/instance-id', 'made up').status).toBe(401);
});

test('a token is good for its time, on the machine that asked for it', () => {
  const { ask, get, token, wait } = service();
  const own = token('60');
  expect(get('meta-data/instance-id', own)).toEqual({ status: 200, body: identity.instanceId });
  const elsewhere = ask(
    'GET',
    '/latest/meta-data/instance-id',
    { 'x-aws-ec2-metadata-token': own },
    '10.213.0.3',
  );
  expect(elsewhere.status).toBe(401);
  wait(60_000);
  expect(get('meta-data/instance-id', own).status).toBe(401);
});

test.each([
  ['no time to live', {}, 400],
  ['none that is a number', { 'x-aws-ec2-metadata-token-ttl-seconds': 'long' }, 400],
  ['one of no time', { 'x-aws-ec2-metadata-token-ttl-seconds': '0' }, 400],
  ['more than six hours', { 'x-aws-ec2-metadata-token-ttl-seconds': '21601' }, 400],
  ['a proxy between', { 'x-aws-ec2-metadata-token-ttl-seconds': '60', 'x-forwarded-for': '1.2.3.4' }, 403],
])('no token with %s', (_, headers, status) => {
  expect(service().ask('PUT', '/latest/api/token', headers).status).toBe(status);
});

test('who is no machine gets nothing', () => {
  const { ask } = service();
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
  expect(ask('PUT', '/latest/api/token', headers, '10.213.0.9').status).toBe(404);
});

test.each([
  ['meta-data/placement/region', 'eu-central-1'],
  ['meta-data/placement/availability-zone', 'eu-central-1b'],
  ['meta-data/local-ipv4', '10.213.0.2'],
  ['meta-data/local-hostname', 'ip-10-213-0-2.eu-central-1.compute.internal'],
  ['meta-data/tags/instance/aws:autoscaling:groupName', 'fleet'],
  ['meta-data/tags/instance/', 'aws:autoscaling:groupName\nName'],
  ['meta-data/iam/security-credentials/', 'machine'],
  ['user-data', '#!/bin/bash\n'],
])('%s', (path, expected) => {
  expect(service().get(path)).toEqual({ status: 200, body: expected });
});

test('folders are listed with a slash, with or without one at their own end', () => {
  const { get } = service();
  const listed = get('meta-data/').body.split('\n');
  expect(listed).toEqual(expect.arrayContaining(['instance-id', 'placement/', 'tags/', 'iam/']));
  expect(get('meta-data').body.split('\n')).toEqual(listed);
});

test("the role's credentials are those of its session", () => {
  const document = JSON.parse(service().get('meta-data/iam/security-credentials/machine').body);
  expect(document).toMatchObject({ Code: 'Success', AccessKeyId: 'ASIA1', Token: 'session' });
  expect(Date.parse(document.Expiration) - Date.parse(document.LastUpdated)).toBe(6 * 3_600_000);
});

test('the identity document names machine, account and place', () => {
  expect(JSON.parse(service().get('dynamic/instance-identity/document').body)).toMatchObject({
    instanceId: identity.instanceId,
    accountId: '000000000000',
    region: 'eu-central-1',
    privateIp: '10.213.0.2',
  });
});

test('without tags, role and user data there is nothing of them', () => {
  const { get } = service({ tags: undefined, role: undefined, userData: '' });
  for (const path of ['meta-data/tags/instance/', 'meta-data/iam/security-credentials/', 'user-data'])
    expect(get(path).status).toBe(404);
});

test('over HTTP, the sender is the machine', async () => {
  const metadata = new MetadataService((address) => (address === '127.0.0.1' ? identity : undefined));
  const server = metadata.server().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const answer = await fetch(`${base}/latest/api/token`, {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' },
    });
    const headers = { 'X-aws-ec2-metadata-token': await answer.text() };
    const zone = await fetch(`${base}/2021-03-23/meta-data/placement/availability-zone`, { headers });
    expect(await zone.text()).toBe('eu-central-1b');
    expect((await fetch(`${base}/%zz`, { headers })).status).toBe(404);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
