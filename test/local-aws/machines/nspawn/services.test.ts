import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { App, Stack } from 'aws-cdk-lib';
import { lastDrift } from '../../../../lib/cli/drift-line';
import { installScript } from '../../../../lib/fleet/install-script';
import { recipeComponents } from '../../../../lib/image/recipe-documents';
import { type Release, readRelease } from '../../../../lib/release/manifest';
import { type LocalAws, startLocalAws } from '../../../../local-aws/local-aws';
import { MachineHost } from '../../../../local-aws/machines/nspawn/machine-host';
import { NspawnDriver } from '../../../../local-aws/machines/nspawn/nspawn-driver';
import { real, sayLeftOut } from './real';

sayLeftOut();

const BUCKET = 'artifacts';
/** A serial console of 115,200 baud. */
const SERIAL_BYTES_PER_SECOND = 11_520;
const REQUESTS = 500;

/** A release that logs each request, on machines whose consoles are as slow as EC2's. */
real('the units of a release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'noisy-'));
  let aws: LocalAws;
  let host: MachineHost;
  let driver: NspawnDriver;
  let release: Release;
  let roleArn: string;

  beforeAll(async () => {
    host = await MachineHost.open({ log: console.log });
    host.consoleBytesPerSecond = SERIAL_BYTES_PER_SECOND;
    aws = await startLocalAws({
      speed: 1,
      // At this speed a role that was made just now would wait for its permissions for up to a minute.
      variations: {},
      machines: (core) => {
        driver = new NspawnDriver(core, host);
        return driver;
      },
    });
    const { core } = aws;
    const manifest = join(folder, 'release.json');
    writeFileSync(
      manifest,
      JSON.stringify({
        ...{ application: 'noisy', version: '1.0.0', artifact: join(__dirname, 'noisy-release') },
        changeCause: 'It logs',
      }),
    );
    release = readRelease(manifest, folder);
    await core.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const Body = readFileSync(release.artifact.file);
    await core.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'release.tar', Body }));
    const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const { Role } = await core.send(
      new CreateRoleCommand({
        RoleName: 'machine',
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
      }),
    );
    roleArn = Role!.Arn!;
    const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/release*` };
    await core.send(
      new PutRolePolicyCommand({
        RoleName: 'machine',
        PolicyName: 'artifact',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [read] }),
      }),
    );
  });

  afterAll(async () => {
    await aws?.close();
    rmSync(folder, { recursive: true });
  });

  /** What an image has installed, or the user data. */
  async function software(variant: string): Promise<{ imageId: string; userData: string }> {
    const uri = `s3://${BUCKET}/release.tar`;
    if (variant === 'InstanceBased') {
      const stack = new Stack(new App(), 'Demo', { env: { region: aws.core.region } });
      const userData = installScript(stack, release, { uri, arn: '', archivesArn: '' });
      return { imageId: 'ami-0', userData };
    }
    const components = recipeComponents(release, uri)
      .filter(({ id }) => ['InstallRelease', 'Services', 'Drift', 'Seal'].includes(id))
      .map(({ id, ...others }) => ({ name: id, ...others }));
    await driver.bake({
      ...{ imageId: 'ami-1', baseImageId: 'ami-0', components, roleArn },
      log: () => undefined,
    });
    return { imageId: 'ami-1', userData: '' };
  }

  test.each(['ImageBased', 'InstanceBased'])(
    '%s: log to the journal, do what ordinary services do, and say on the console why they fail',
    async (variant) => {
      const instanceId = `i-${variant}`;
      const { imageId, userData } = await software(variant);
      driver.reserveAddress(instanceId);
      await new Promise<void>((onRunning, reject) =>
        driver.launch({
          ...{ instanceId, imageId, userData, roleArn, tags: {}, onRunning },
          onStopped: (reason) => reject(new Error(reason)),
        }),
      );
      const { host: address, port } = driver.endpoint(instanceId, 8080)!;
      const ask = async (path: string) => {
        const signal = AbortSignal.timeout(30_000);
        const answer = await fetch(`http://${address}:${port}${path}`, { signal });
        return { status: answer.status, body: await answer.json() };
      };
      const machineConsole = () => driver.consoleOutput(instanceId);
      await until(() =>
        ask('/health').then(
          ({ status }) => status === 200,
          () => false,
        ),
      );
      await until(() => lastDrift(machineConsole()) !== undefined);

      if (variant === 'ImageBased') {
        // In Amazon Linux's order, cloud-final.service is not the end of the boot.
        const { output: order } = await driver.shellOf(instanceId).run(
          `systemctl show cloud-final.service --property After --value
           for unit in cloud-final.service multi-user.target seal.service; do systemctl show $unit --property ActiveEnterTimestampMonotonic --value; done`,
        );
        const [after, ...times] = order.trim().split('\n');
        expect(after).not.toContain('multi-user.target');
        const [cloudFinal, multiUser, seal] = times.map(Number);
        expect(seal).toBeGreaterThan(Math.max(cloudFinal!, multiUser!));
      }

      expect((await ask('/ordinary')).body).toEqual({});

      const before = machineConsole().length;
      const totalMs = await timeOf(REQUESTS, () => ask('/page'));
      // By way of a serial console, its lines of 4 KB would take almost three minutes.
      expect(totalMs).toBeLessThan(60_000);
      expect(machineConsole().length - before).toBeLessThan(2_000);
      expect(machineConsole()).not.toContain('of a request that is logged at length');
      const { output } = await driver
        .shellOf(instanceId)
        .run('journalctl --unit application.service | grep -c "GET /page"');
      expect(Number(output)).toBe(REQUESTS);

      await ask('/break');
      await until(() => machineConsole().includes('application: /health answers 500; what it logged last:'));
      await until(() => /^application: No schema: the release can not serve\.\r?$/m.test(machineConsole()));
      expect(machineConsole().match(/^application: /gm)!.length).toBeLessThanOrEqual(31);
      expect(lastDrift(machineConsole())).toEqual({ isWritable: false, paths: [], more: 0 });
      await driver.terminate(instanceId);
    },
    240_000,
  );
});

/** Waits, for real time, until something is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 90_000; !(await isSo()); ) {
    if (performance.now() > end) throw new Error(`In 90 s, it did not come true: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** How many milliseconds so many requests take, ten at a time. */
async function timeOf(count: number, request: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  const each = async () => {
    for (let number = 0; number < count / 10; number++) await request();
  };
  await Promise.all(Array.from({ length: 10 }, each));
  return performance.now() - start;
}
