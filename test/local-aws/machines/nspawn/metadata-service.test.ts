import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { MachineIdentity } from '../../../../local-aws/machines/nspawn/metadata';
import { type MetadataFaults, MetadataService } from '../../../../local-aws/machines/nspawn/metadata-service';

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
function service(known: Partial<MachineIdentity> = {}, faults?: MetadataFaults) {
  let now = Date.UTC(2026, 0, 1);
  const machine = { ...identity, ...known };
  const metadata = new MetadataService(
    (address) => (['10.213.0.2', '10.213.0.3'].includes(address) ? machine : undefined),
    () => now,
    faults,
  );
  const ask = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    address = '10.213.0.2',
  ) => {
    const answer = await metadata.answer({ method, path, headers, address });
    return answer ?? { status: 'silent', body: '' };
  };
  const token = async (seconds = '60') => {
    const { body } = await ask('PUT', '/latest/api/token', {
      'x-aws-ec2-metadata-token-ttl-seconds': seconds,
    });
    return body;
  };
  const get = async (path: string, withToken?: string) =>
    ask('GET', `/latest/${path}`, { 'x-aws-ec2-metadata-token': withToken ?? (await token()) });
  const wait = (ms: number) => {
    now += ms;
  };
  return { ask, token, get, wait };
}

test('without a token there is no answer, and neither with a wrong one', async () => {
  const { ask, get } = service();
  expect((await ask('GET', '/latest/meta-data/instance-id')).status).toBe(401);
  expect((await get('meta-data/instance-id', 'made up')).status).toBe(401);
});

test('a token is good for its time, on the machine that asked for it', async () => {
  const { ask, get, token, wait } = service();
  const own = await token('60');
  expect(await get('meta-data/instance-id', own)).toEqual({ status: 200, body: identity.instanceId });
  const elsewhere = await ask(
    'GET',
    '/latest/meta-data/instance-id',
    { 'x-aws-ec2-metadata-token': own },
    '10.213.0.3',
  );
  expect(elsewhere.status).toBe(401);
  wait(60_000);
  expect((await get('meta-data/instance-id', own)).status).toBe(401);
});

test.each([
  ['no time to live', {}, 400],
  ['none that is a number', { 'x-aws-ec2-metadata-token-ttl-seconds': 'long' }, 400],
  ['one of no time', { 'x-aws-ec2-metadata-token-ttl-seconds': '0' }, 400],
  ['more than six hours', { 'x-aws-ec2-metadata-token-ttl-seconds': '21601' }, 400],
  ['a proxy between', { 'x-aws-ec2-metadata-token-ttl-seconds': '60', 'x-forwarded-for': '1.2.3.4' }, 403],
])('no token with %s', async (_, headers, status) => {
  expect((await service().ask('PUT', '/latest/api/token', headers)).status).toBe(status);
});

test('who is no machine gets nothing', async () => {
  const { ask } = service();
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
  expect((await ask('PUT', '/latest/api/token', headers, '10.213.0.9')).status).toBe(404);
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
])('%s', async (path, expected) => {
  expect(await service().get(path)).toEqual({ status: 200, body: expected });
});

test('folders are listed with a slash, with or without one at their own end', async () => {
  const { get } = service();
  const listed = (await get('meta-data/')).body.split('\n');
  expect(listed).toEqual(expect.arrayContaining(['instance-id', 'placement/', 'tags/', 'iam/']));
  expect((await get('meta-data')).body.split('\n')).toEqual(listed);
});

test("the role's credentials are those of its session", async () => {
  const document = JSON.parse((await service().get('meta-data/iam/security-credentials/machine')).body);
  expect(document).toMatchObject({ Code: 'Success', AccessKeyId: 'ASIA1', Token: 'session' });
  expect(Date.parse(document.Expiration) - Date.parse(document.LastUpdated)).toBe(6 * 3_600_000);
});

test('the identity document names machine, account and place', async () => {
  expect(JSON.parse((await service().get('dynamic/instance-identity/document')).body)).toMatchObject({
    instanceId: identity.instanceId,
    accountId: '000000000000',
    region: 'eu-central-1',
    privateIp: '10.213.0.2',
  });
});

test('without tags, role and user data there is nothing of them', async () => {
  const { get } = service({ tags: undefined, role: undefined, userData: '' });
  for (const path of ['meta-data/tags/instance/', 'meta-data/iam/security-credentials/', 'user-data'])
    expect((await get(path)).status).toBe(404);
});

test.each([
  ['Pending', 'InService'],
  ['Pending:Wait', 'InService'],
  ['InService', 'InService'],
  ['Terminating:Wait', 'Terminated'],
  ['EnteringStandby', 'Standby'],
  ['Detaching', 'Detached'],
])('of a machine that is %s, the state that Auto Scaling takes it to is %s', async (state, target) => {
  const { get } = service({ lifecycleState: async () => state });
  expect(await get('meta-data/autoscaling/target-lifecycle-state')).toEqual({ status: 200, body: target });
  expect((await get('meta-data/')).body.split('\n')).toContain('autoscaling/');
});

test('a machine in no group has no such state', async () => {
  const { get } = service({ lifecycleState: async () => undefined });
  expect((await get('meta-data/autoscaling/target-lifecycle-state')).status).toBe(404);
});

describe('what goes wrong with it', () => {
  const TAG = 'meta-data/tags/instance/Name';

  test('tags lag from when a machine asks for the first time', async () => {
    const { get, wait } = service({}, (_, sinceFirstMs) => (sinceFirstMs < 5_000 ? 'no tags' : undefined));
    wait(60_000);
    expect((await get(TAG)).status).toBe(404);
    expect((await get('meta-data/instance-id')).status).toBe(200);
    wait(5_000);
    expect((await get(TAG)).status).toBe(200);
  });

  test('it answers with an error, or not at all', async () => {
    const { get, token } = service({}, ({ path }) => {
      if (path.endsWith('/region')) return { status: 503 };
      return path.endsWith('/instance-id') ? 'silence' : undefined;
    });
    expect(await token()).not.toBe('');
    expect((await get('meta-data/placement/region')).status).toBe(503);
    expect((await get('meta-data/instance-id')).status).toBe('silent');
    expect((await get(TAG)).status).toBe(200);
  });
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
