import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as s3 from '@aws-sdk/client-s3';
import { create } from 'tar';
import { ScaledClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import { SimulatedDriver } from '../../../local-aws/machines/simulated-driver';
import { operation } from '../../harness/stand-in';

/** Answers with who it is; ends itself when asked to. */
const SERVER = `
const { createServer } = require('node:http');
createServer((request, response) => {
  if (request.url === '/end') process.exit(3);
  response.writeHead(request.url === '/health' ? 200 : 404).end(process.env.INSTANCE_ID);
}).listen(process.env.PORT, process.env.HOST, () => console.log('serving'));
`;
const ROLE = 'arn:aws:iam::000000000000:role/machine';
const drivers: SimulatedDriver[] = [];

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close();
});

function artifactOf(server: string) {
  const folder = mkdtempSync(join(tmpdir(), 'artifact-'));
  writeFileSync(join(folder, 'server.js'), server);
  const bytes = create({ cwd: folder, sync: true, portable: true }, ['server.js']).read() as Buffer;
  rmSync(folder, { recursive: true });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function fixture(server = SERVER) {
  const core = new Core({ clock: new ScaledClock(1_000) });
  const { bytes, sha256 } = artifactOf(server);
  core.register({
    signingName: 's3',
    sdk: s3,
    operations: {
      GetObject: operation<s3.GetObjectRequest, s3.GetObjectOutput>({
        resources: ({ Bucket, Key }) => [`arn:aws:s3:::${Bucket}/${Key}`],
        run: () => ({ Body: Readable.from([bytes]) as s3.GetObjectOutput['Body'] }),
      }),
    },
  });
  const driver = new SimulatedDriver(core);
  drivers.push(driver);
  const parameters = {
    Application: 'guestbook',
    Version: '1.0.0',
    ArtifactUri: 's3://assets/a.tar',
    ArtifactSha256: sha256,
    Command: '["node","server.js"]',
    Port: '8080',
  };
  const bake = (changed: Partial<typeof parameters> = {}) =>
    driver.bake({
      imageId: 'ami-1',
      baseImageId: 'ami-0',
      components: [
        {
          name: 'install-release',
          document:
            'phases: [{name: build, steps: [{name: Fetch, action: S3Download}, {name: Verify, action: ExecuteBash, inputs: {commands: [sha256sum -c]}}]}]',
          parameters: { ...parameters, ...changed },
        },
      ],
      roleArn: ROLE,
      log: () => undefined,
    });
  const launch = (
    instanceId: string,
    imageId: string,
    userData = '',
    roleArn?: string,
    tags?: Readonly<Record<string, string>>,
  ) => {
    driver.reserveAddress(instanceId);
    driver.launch({
      instanceId,
      imageId,
      userData,
      roleArn,
      tags,
      onRunning: () => undefined,
      onStopped: () => undefined,
    });
  };
  const console = async (instanceId: string, pattern: RegExp) => {
    while (!pattern.test(driver.consoleOutput(instanceId))) await turn();
    return driver.consoleOutput(instanceId);
  };
  const serving = async (instanceId: string) => {
    while (!('status' in (await driver.probe(instanceId, 8080, '/health', 1)))) await turn();
  };
  const userData = `APPLICATION='guestbook'\nVERSION='1.0.0'\nARTIFACT_URI='s3://assets/a.tar'\nARTIFACT_SHA256='${sha256}'\nCOMMAND='["node","server.js"]'\nPORT='8080'\n`;
  return { core, driver, bake, launch, console, serving, userData, sha256 };
}

/** Until something real has had a chance to happen. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a simulated machine', () => {
  test('of a baked image serves its release at an address of its own', async () => {
    const { driver, bake, launch, serving } = fixture();
    await bake();
    driver.adoptImage('ami-1', 'ami-2');
    launch('i-1', 'ami-2');
    launch('i-2', 'ami-2');
    await Promise.all([serving('i-1'), serving('i-2')]);
    expect(await driver.probe('i-1', 8080, '/health', 1)).toEqual({ status: 200 });
    expect(await driver.probe('i-2', 8080, '/x', 1)).toEqual({ status: 404 });
    expect(driver.endpoint('i-1', 8080)).not.toEqual(driver.endpoint('i-2', 8080));

    await driver.terminate('i-1');
    expect(driver.endpoint('i-1', 8080)).toBeUndefined();
    expect(await driver.probe('i-1', 8080, '/health', 1)).toMatchObject({ error: expect.any(String) });
  });

  test('of a base image installs what its user data says, as its own role', async () => {
    const { core, driver, launch, serving, userData } = fixture();
    const asked: string[] = [];
    core.authorizer = (principal, action, resource) => asked.push(`${principal.arn} ${action} ${resource}`);
    launch('i-1', 'ami-0', userData, ROLE);
    await serving('i-1');
    expect(await driver.probe('i-1', 8080, '/health', 1)).toEqual({ status: 200 });
    expect(asked).toEqual([
      'arn:aws:sts::000000000000:assumed-role/machine/i-1 s3:GetObject arn:aws:s3:::assets/a.tar',
    ]);
  });

  test('says on its console why nothing runs', async () => {
    const { core, bake, launch, console, userData, sha256 } = fixture();
    launch('i-none', 'ami-0');
    launch('i-profile', 'ami-0', userData);
    launch('i-digest', 'ami-0', userData.replace(sha256, '0'.repeat(64)), ROLE);
    launch('i-command', 'ami-0', userData.replace('"node"', '"nodeless"'), ROLE);
    await console('i-none', /no service to start/);
    await console('i-profile', /no instance profile/);
    expect(await console('i-digest', /failed/)).toMatch(
      new RegExp(`Checking the artifact failed: .*${sha256}; 0{64} was expected`),
    );
    expect(await console('i-command', /given up/)).toContain('command not found: nodeless');

    core.authorizer = (_, action) => {
      throw new Fault('AccessDenied', `not authorized to perform: ${action}`);
    };
    launch('i-denied', 'ami-0', userData, ROLE);
    await console('i-denied', /Fetching the artifact failed: not authorized to perform: s3:GetObject/);
    await expect(bake()).rejects.toThrow(
      'Component install-release, step Fetch, failed: not authorized to perform: s3:GetObject',
    );
  });

  test('tells its group’s launch hook as soon as its service answers, and again when it is refused', async () => {
    const { core, launch, console, userData } = fixture(SERVER.replace('200 : 404', '500 : 503'));
    const completed: autoScaling.CompleteLifecycleActionType[] = [];
    core.register({
      signingName: 'autoscaling',
      sdk: autoScaling,
      operations: {
        CompleteLifecycleAction: operation<autoScaling.CompleteLifecycleActionType, object>({
          run: (input, { principal }) => {
            expect(principal.arn).toContain('assumed-role/machine/');
            completed.push(input);
            if (completed.length < 3) throw new Fault('ValidationError', 'No active Lifecycle Action found');
            return {};
          },
        }),
      },
    });
    const hooked = `${userData}LAUNCH_HOOK='serving'\n`;
    const tags = { 'aws:autoscaling:groupName': 'fleet' };
    launch('i-1', 'ami-0', hooked, ROLE, tags);
    const output = await console('i-1', /told fleet/);
    expect(output.match(/announce: completing .* failed: No active Lifecycle Action found/g)).toHaveLength(1);
    expect(completed).toHaveLength(3);
    expect(completed[0]).toEqual({
      AutoScalingGroupName: 'fleet',
      LifecycleHookName: 'serving',
      InstanceId: 'i-1',
      LifecycleActionResult: 'CONTINUE',
    });

    launch('i-alone', 'ami-0', hooked, ROLE, {});
    await console('i-alone', /does not show aws:autoscaling:groupName \(yet\)/);
    expect(completed).toHaveLength(3);
  });

  test('what its service logs comes to the console while it fails, the end of it, and once a minute', async () => {
    const server = SERVER.replace(
      "'/health' ? 200",
      "'/health' ? (console.log('no schema', 'x'.repeat(200)), 500)",
    );
    const { core, driver, launch, serving, userData } = fixture(server);
    const start = core.clock.now();
    launch('i-1', 'ami-0', userData, ROLE);
    await serving('i-1');
    // What it writes arrives after its answer; a minute later it is reported with the next one.
    while (!/no schema/.test(driver.consoleOutput('i-1')) && core.clock.now() < 3_600_000 + start)
      await serving('i-1');
    const [, ...reports] = driver
      .consoleOutput('i-1')
      .split('application: /health answers 500; what it logged last:\n');
    // How often it was asked until then depends on how busy the computer is; more than thirty lines are not told.
    const lines = reports.at(-1)!.trimEnd().split('\n');
    expect(lines).toContain(`application: no schema ${'x'.repeat(130)}`);
    expect(lines.length).toBeLessThanOrEqual(30);
  });

  test('has its server started again when that ends, five times in a row', async () => {
    const { launch, console, userData } = fixture('process.exit(1)');
    launch('i-1', 'ami-0', userData, ROLE);
    const output = await console('i-1', /given up/);
    expect(output.match(/systemd: starting/g)).toHaveLength(6);
    expect(output).toContain('systemd: guestbook ended: exit code 1');
  });

  test('is not baked from an artifact with another digest', async () => {
    const { bake, sha256 } = fixture();
    await expect(bake({ ArtifactSha256: '1'.repeat(64) })).rejects.toThrow(
      `Component install-release, step Verify, failed: the artifact s3://assets/a.tar has the SHA-256 digest ${sha256}; ${'1'.repeat(64)} was expected.`,
    );
  });

  test('shares 127.0.0.1 where there is no other loopback address', async () => {
    const { core, userData } = fixture();
    const driver = new SimulatedDriver(core, { ownAddresses: false });
    drivers.push(driver);
    for (const instanceId of ['i-1', 'i-2']) {
      expect(driver.reserveAddress(instanceId)).toBe('127.0.0.1');
      const request = { instanceId, imageId: 'ami-0', userData, roleArn: ROLE };
      driver.launch({ ...request, onRunning: () => undefined, onStopped: () => undefined });
      while (!('status' in (await driver.probe(instanceId, 8080, '/health', 1)))) await turn();
    }
  });
});

test('no machine outlives a local AWS that was killed', async () => {
  const script = `
    require('tsx/cjs');
    const { Keeper } = require('./local-aws/machines/keeper.ts');
    const keeper = new Keeper();
    keeper.start({
      id: 'i-1',
      command: [process.execPath, '-e', \`
        process.on('SIGTERM', () => undefined);
        require('node:http').createServer((_, response) => response.end()).listen(0, '127.0.0.1', function () {
          console.log('port', this.address().port);
        })\`],
      folder: '.',
      environment: {},
      onOutput: (text) => process.stdout.write(text),
      onExit: () => undefined,
    });
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(parent.stdout, 'data')) as [Buffer];
  const port = Number(/port (\d+)/.exec(String(text))?.[1]);
  expect(await isServing(port)).toBe(true);
  parent.kill('SIGKILL');
  while (await isServing(port)) await turn();
});

function isServing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on('error', () => resolve(false));
  });
}
