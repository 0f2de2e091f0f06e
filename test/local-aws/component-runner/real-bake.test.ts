import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { App, Stack } from 'aws-cdk-lib';
import { type Drift, lastDrift } from '../../../lib/cli/drift-line';
import { installScript } from '../../../lib/fleet/install-script';
import { recipeComponents } from '../../../lib/image/recipe-documents';
import { type Release, readRelease } from '../../../lib/release/manifest';
import type { Core } from '../../../local-aws/core/core';
import { type LocalAws, startLocalAws } from '../../../local-aws/local-aws';
import type { BakeRequest } from '../../../local-aws/machines/driver';
import { digestOf } from '../../../local-aws/machines/nspawn/layers';
import { MachineHost } from '../../../local-aws/machines/nspawn/machine-host';
import type { MachineShell } from '../../../local-aws/machines/nspawn/machine-shell';
import { NspawnDriver } from '../../../local-aws/machines/nspawn/nspawn-driver';
import { real, sayLeftOut } from '../machines/nspawn/real';

/**
 * Bakes on machines that really boot: about a minute, as root, on Debian. The rehearsal on real machines bakes
 * too; what goes wrong is tried here.
 */
sayLeftOut();
const BUCKET = 'artifacts';

real('on real machines (REAL_MACHINES=1)', () => {
  let aws: LocalAws;
  let host: MachineHost;
  let driver: NspawnDriver;
  let folder: string;
  let release: Release;
  let roleArn: string;
  const lines: string[] = [];

  beforeAll(async () => {
    host = await MachineHost.open({ log: console.log });
    const machines = (core: Core) => {
      driver = new NspawnDriver(core, host);
      return driver;
    };
    // Calm: at this speed a role that was made just now would wait for its permissions for up to a minute.
    aws = await startLocalAws({ speed: 1, machines, variations: {} });
    folder = mkdtempSync(join(tmpdir(), 'real-bake-'));
    release = readRelease('sample-app/1.1.0.json', folder);
    await aws.core.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await put('release.tar', readFileSync(release.artifact.file));
    const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const { Role } = await aws.core.send(
      new CreateRoleCommand({
        RoleName: 'build',
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
      }),
    );
    roleArn = Role!.Arn!;
    const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/release*` };
    await aws.core.send(
      new PutRolePolicyCommand({
        RoleName: 'build',
        PolicyName: 'artifact',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [read] }),
      }),
    );
  });

  afterAll(async () => {
    await aws?.close();
    rmSync(folder, { recursive: true });
  });

  beforeEach(() => {
    lines.length = 0;
  });

  const put = (Key: string, Body: Buffer) =>
    aws.core.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  const components = (key: string, playbooks: readonly string[] = []) =>
    recipeComponents(release, `s3://${BUCKET}/${key}`, playbooks).map(({ id, ...others }) => ({
      name: id,
      ...others,
    }));
  const bake = (parts: BakeRequest['components']) =>
    aws.machines.bake({
      ...{ imageId: 'ami-1', baseImageId: 'ami-0', components: parts, roleArn },
      log: (line) => lines.push(line),
      logPlace: 'log group /aws/imagebuilder/demo, stream 1.0.0/1',
    });
  const failure = (parts: BakeRequest['components']) =>
    bake(parts).then(
      () => 'It was baked.',
      (error: Error) => error.message,
    );
  // Other runs on this computer have machines of their own.
  const machinesLeft = () => [
    ...readFileSync('/proc/self/mounts', 'utf8').matchAll(new RegExp(`/${host.names.id}/machines/`, 'g')),
    ...execFileSync('ip', ['netns', 'list'])
      .toString()
      .matchAll(new RegExp(`${host.names.bridge}-`, 'g')),
  ];
  const own = (steps: string) => [
    { name: 'own', document: `schemaVersion: 1.0\nphases:\n${steps}`, parameters: {} },
  ];

  test('the recipe with a playbook: hardened, without Ansible, sealed', async () => {
    await bake([
      ...components('release.tar', ['harden-kernel']),
      ...own(`  - name: test
    steps:
      - name: Look
        action: ExecuteBash
        inputs:
          commands:
            - set -e
            - grep --quiet 'kernel.kptr_restrict = 2' /etc/sysctl.d/90-harden.conf
            - test "$(stat --format %a /etc/cron.d)" = 700
            - if command -v ansible; then exit 1; fi
            - findmnt --noheadings --output OPTIONS / | grep --quiet '^ro,'
`),
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^Stdout: localhost +: ok=6 +changed=\d .*failed=0/));
    expect(lines).toContain('Stdout: /health answered 200');
    expect(machinesLeft()).toEqual([]);
    // The test machine ran from the image, and has left it as it was.
    const [layer] = readdirSync(host.images);
    expect(lines).toContain(`image frozen: sha256:${layer}`);
    expect(await digestOf(join(host.images, layer!))).toBe(layer);
  });

  test.each<[string, () => BakeRequest['components'], RegExp]>([
    [
      'an action that Image Builder does not know',
      () =>
        own(`  - name: build
    steps:
      - {name: Odd, action: RunBash, inputs: {commands: ['true']}}
`),
      /^Component own: Line 5, step Odd of phase build: .*found "RunBash"\. The whole log: log group/,
    ],
    [
      'an action that is not carried out here',
      () =>
        own(`  - name: build
    steps:
      - {name: Odd, action: WebDownload, inputs: [{source: a, destination: b}]}
`),
      /^Component own, line 5, step Odd of phase build: the action WebDownload is not carried out here;.* The whole log: log group/,
    ],
    [
      'an artifact whose digest does not match',
      () => components('release-other.tar').filter(({ name }) => name === 'InstallRelease'),
      /^Component InstallRelease, phase build, step Install failed with exit code 1\. The whole log: .*release\.tar: FAILED/s,
    ],
    [
      'an artifact that the build role may not fetch',
      () => components('secret.tar').filter(({ name }) => name === 'InstallRelease'),
      /^Component InstallRelease, phase build, step Fetch failed with exit code 1\..*(403|Forbidden)/s,
    ],
    [
      'a step that takes too long, with all that it started',
      () =>
        own(`  - name: build
    steps:
      - {name: Wait, action: ExecuteBash, timeoutSeconds: 1, inputs: {commands: ['echo begun', 'sleep 60 & wait']}}
`),
      /^Component own, phase build, step Wait timed out after 1 s\..*\nbegun$/s,
    ],
    [
      'a failing validate phase',
      () =>
        own(`  - name: validate
    steps:
      - {name: Check, action: ExecuteBash, inputs: {commands: ['echo not so >&2; exit 4']}}
`),
      /^Component own, phase validate, step Check failed with exit code 4\..*\nnot so$/s,
    ],
  ])(
    '%s: an error that says so, and nothing left',
    async (_, parts, message) => {
      await put('release-other.tar', Buffer.from('other content'));
      await put('secret.tar', Buffer.from('secret'));
      expect(await failure(parts())).toMatch(message);
      expect(machinesLeft()).toEqual([]);
    },
    60_000,
  );

  test('a build machine that is restarted goes on with its files, and what steps wrote is handed on', async () => {
    await bake(
      own(`  - name: build
    steps:
      - {name: Tell, action: ExecuteBash, inputs: {commands: ['echo first boot; echo noise >&2']}}
      - name: Restart
        action: ExecuteBash
        inputs:
          commands:
            - if test -e /var/lib/restarted; then exit 0; fi
            - touch /var/lib/restarted
            - exit 194
      - {name: Hear, action: ExecuteBash, inputs: {commands: ['echo "<{{ build.Tell.outputs.stdout }}>"']}}
`),
    );
    expect(lines).toContain('ExecuteBash: RESTARTING THE MACHINE');
    expect(lines).toContain('Stdout: <first boot>');
  });

  describe('what is changed by hand is named on the console', () => {
    const boot = async (instanceId: string, imageId: string, userData = ''): Promise<MachineShell> => {
      driver.reserveAddress(instanceId);
      await new Promise<void>((onRunning, reject) =>
        driver.launch({
          ...{ instanceId, imageId, userData, roleArn, onRunning },
          onStopped: (reason) => reject(new Error(reason)),
        }),
      );
      const shell = driver.shellOf(instanceId);
      await shell.run('systemctl is-system-running --wait');
      return shell;
    };
    /** The last of so many lines: the journal needs a moment to bring one to the console. */
    const told = async (instanceId: string, lines: number): Promise<Drift | undefined> => {
      const count = () => driver.consoleOutput(instanceId).match(/\bdrift\[\d+\]: drift:/g)?.length ?? 0;
      for (let looks = 0; count() < lines && looks < 100; looks++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(count()).toBe(lines);
      return lastDrift(driver.consoleOutput(instanceId));
    };

    test('on a machine of an image, which has to be made writable for it', async () => {
      await bake(
        components('release.tar').filter(({ name }) =>
          ['InstallRelease', 'Services', 'Drift', 'Seal'].includes(name),
        ),
      );
      const shell = await boot('i-image', 'ami-1');
      expect(await told('i-image', 1)).toEqual({ isWritable: false, paths: [], more: 0 });
      const byHand = await shell.run(`set -e
        mount --options remount,bind,rw /
        echo 'by hand' > '/etc/by hand'
        mkdir /mnt/disk
        mount -t tmpfs none /mnt/disk
        touch /mnt/disk/elsewhere /var/here /tmp/here /run/here
        systemctl start drift.service`);
      expect(byHand).toEqual({ exitCode: 0, output: '' });
      const { paths, ...others } = (await told('i-image', 2))!;
      expect(others).toEqual({ isWritable: true, more: 0 });
      expect([...paths].sort()).toEqual(['/etc/by hand', '/mnt']);
    });

    test('on a machine that its user data has installed', async () => {
      const stack = new Stack(new App(), 'Demo', { env: { region: aws.core.region } });
      const artifact = { uri: `s3://${BUCKET}/release.tar`, arn: '', archivesArn: '' };
      const shell = await boot('i-data', 'ami-0', installScript(stack, release, artifact));
      expect(await told('i-data', 1)).toEqual({ isWritable: false, paths: [], more: 0 });
      const byHand = await shell.run(`set -e
        echo '// by hand' >> /opt/application/server.js
        rm /usr/share/doc/nodejs/copyright
        touch --date 2020-01-01 /etc/hostname
        systemctl start drift.service`);
      expect(byHand).toEqual({ exitCode: 0, output: '' });
      const { paths, more } = (await told('i-data', 2))!;
      expect([...paths].sort()).toEqual([
        '/etc/hostname',
        '/opt/application/server.js',
        '/usr/share/doc/nodejs',
      ]);
      expect(more).toBe(0);
      await shell.run('for number in {1..9}; do touch "/root/$number"; done; systemctl start drift.service');
      const many = (await told('i-data', 3))!;
      expect(many.paths).toHaveLength(10);
      expect(many.more).toBe(2);
    });
  });
});
