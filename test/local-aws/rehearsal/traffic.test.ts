import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TrafficSample } from '../../../local-aws/rehearsal/model';
import { Traffic } from '../../../local-aws/rehearsal/traffic';

const servers: Server[] = [];

async function serve(status: number): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'x-version': '1.0.0' }).end('body');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

test('a process of its own counts answers by version and failures by reason, and ends when asked', async () => {
  const samples: TrafficSample[] = [];
  const targets = { ImageBased: await serve(200), InstanceBased: await serve(503) };
  let enough: () => void;
  const counted = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const traffic = new Traffic({
    ...{ targets, requestsPerSecond: 200, intervalMs: 20, limitMs: 20_000 },
    realMs: (epochMs) => epochMs,
    onSample: (sample) => {
      samples.push(sample);
      if (samples.length === 10) enough();
    },
  });
  await counted;
  expect(await traffic.stop()).toBe('');
  const of = (variant: string, kind: 'served' | 'failed') =>
    samples.filter((sample) => sample.variant === variant).flatMap((sample) => Object.keys(sample[kind]));
  expect([...new Set(of('ImageBased', 'served'))]).toEqual(['1.0.0']);
  expect(of('ImageBased', 'failed')).toEqual([]);
  expect([...new Set(of('InstanceBased', 'failed'))]).toEqual(['HTTP 503']);
  expect(of('InstanceBased', 'served')).toEqual([]);
});

test('traffic that ends before it is asked to is a fault', async () => {
  const url = await serve(200);
  const traffic = new Traffic({
    ...{
      targets: { ImageBased: url, InstanceBased: url },
      requestsPerSecond: 50,
      intervalMs: 20,
      limitMs: 20,
    },
    realMs: (epochMs) => epochMs,
    onSample: () => undefined,
  });
  expect(await traffic.ended).toBe('ended too early, with 0');
});
