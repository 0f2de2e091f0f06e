import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';

const started: ChildProcess[] = [];
afterAll(() => {
  for (const process of started) process.kill('SIGKILL');
});

interface Server {
  readonly url: string;
  readonly process: ChildProcess;
  readonly errors: () => string;
}

async function start(version: string): Promise<Server> {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: `sample-app/${version}`,
    env: { HOST: '127.0.0.1', PORT: '0', INSTANCE_ID: 'i-<test>' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [line] = await once(child.stdout, 'data');
  const [, address] = /listens on (\S+)/.exec(String(line))!;
  return { url: `http://${address}`, process: child, errors: () => errors };
}

describe('the guestbook', () => {
  let server: Server;
  beforeAll(async () => {
    server = await start('1.0.0');
  });

  test('has a page with its name, its version and its style sheet', async () => {
    const page = await fetch(server.url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    expect(html).toContain('<h1>Guestbook</h1>');
    expect(html).toContain('Release 1.0.0');
    expect(html).toContain('href="/style.css"');
    expect(html).toContain('i-&#60;test&#62;');
  });

  test.each([
    ['/', 200],
    ['/style.css', 200],
    ['/health?from=load-balancer', 200],
    ['/version', 200],
    ['/nothing', 404],
    ['//', 404],
    ['/../server.js', 404],
    ['/toString', 404],
  ])('answers %s with %d and its version', async (path, status) => {
    const answer = await fetch(server.url + path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-version')).toBe('1.0.0');
  });

  test('says who it is', async () => {
    const answer = await fetch(`${server.url}/version`);
    expect(await answer.json()).toEqual({ application: 'guestbook', version: '1.0.0', instance: 'i-<test>' });
  });

  test('takes no other method', async () => {
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
    const head = await fetch(server.url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

test('SIGTERM ends it with code 0, although a connection is kept open', async () => {
  const server = await start('1.1.0');
  const agent = new Agent({ keepAlive: true });
  await new Promise((resolve) => get(server.url, { agent }, (answer) => answer.resume().on('end', resolve)));
  server.process.kill('SIGTERM');
  const [code] = await once(server.process, 'exit');
  agent.destroy();
  expect(code).toBe(0);
});

test('1.2.0 is healthy, but has no style sheet', async () => {
  const { url } = await start('1.2.0');
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect((await fetch(`${url}/style.css`)).status).toBe(404);
  expect(await (await fetch(url)).text()).toContain('href="/style.css"');
});

test('2.0.0 starts, and then is sick and says why', async () => {
  const { url, process, errors } = await start('2.0.0');
  const answer = await fetch(`${url}/health`);
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ status: 'failed', reason: expect.stringContaining('schema') });
  // What it wrote may arrive after its answer, but not after its end.
  process.kill('SIGTERM');
  await once(process, 'close');
  expect(errors()).toContain("guestbook 2.0.0 can't serve: the schema of its entries is missing");
});

test('1.3.0 is healthy and says who it is, but answers visitors with 500', async () => {
  const { url, process, errors } = await start('1.3.0');
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ version: '1.3.0' });
  const page = await fetch(url);
  expect([page.status, page.headers.get('x-version')]).toEqual([500, '1.3.0']);
  process.kill('SIGTERM');
  await once(process, 'close');
  expect(errors()).toContain('TypeError');
});

test('the good releases have the same server', () => {
  const [first, ...others] = ['1.0.0', '1.1.0', '1.2.0'].map((version) =>
    readFileSync(`sample-app/${version}/server.js`, 'utf8'),
  );
  for (const other of others) expect(other).toBe(first);
});
