import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeInstancesCommand, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { type LocalAws, startLocalAws } from '../../../../local-aws/local-aws';
import { MachineHost } from '../../../../local-aws/machines/nspawn/machine-host';
import { NspawnDriver } from '../../../../local-aws/machines/nspawn/nspawn-driver';
import { RUN_VARIABLE } from '../../../../local-aws/machines/nspawn/processes';
import { Cdk } from '../../../../local-aws/rehearsal/cdk';
import { leftovers } from './leftovers';
import { real, sayLeftOut } from './real';

sayLeftOut();

const root = join(__dirname, '../../../..');

real('a boot script that fails half-way', () => {
  const out = mkdtempSync(join(tmpdir(), 'failed-boot-'));
  const consoles = join(out, 'consoles');
  let aws: LocalAws;
  let host: MachineHost;
  const tools: Cdk[] = [];

  beforeAll(async () => {
    host = await MachineHost.open({ log: console.log });
    aws = await startLocalAws({ machines: (core) => new NspawnDriver(core, host, { consoles }) });
  });

  afterAll(async () => {
    for (const cdk of tools) await cdk.close();
    await aws?.close();
    rmSync(out, { recursive: true });
  });

  function cdkFor(name: string, context: Readonly<Record<string, string>> = {}): Cdk {
    const cdk = new Cdk({
      ...{ root, out: join(out, name) },
      context: { minCapacity: '1', maxCapacity: '2', ...context },
      environment: { ...aws.environment, [RUN_VARIABLE]: host.names.id },
    });
    tools.push(cdk);
    return cdk;
  }

  test('the deployment says at which line, and where the console is, which is kept', async () => {
    const manifest = join(out, 'release.json');
    writeFileSync(
      manifest,
      JSON.stringify({
        ...{ application: 'guestbook', version: '1.1.0', artifact: join(root, 'sample-app/1.1.0') },
        changeCause: 'A package that no repository has',
        service: { packages: ['nodejs22', 'no-such-package'] },
      }),
    );
    const good = cdkFor('good');
    const broken = cdkFor('broken', { release: manifest });
    const first = await good.synthesize('1.0.0');
    expect(await good.deployLedger(first)).toBe(0);
    // The tag by which a machine knows its group is not to be had for a while, in each of three ways.
    const askedAt = new Map<string, number>();
    host.metadataFaults = ({ path, address }) => {
      if (path !== '/latest/meta-data/tags/instance/aws:autoscaling:groupName') return undefined;
      const at = askedAt.get(address) ?? performance.now();
      askedAt.set(address, at);
      const ms = performance.now() - at;
      if (ms < 6_000) return 'silence';
      if (ms < 12_000) return { status: 503 };
      return ms < 20_000 ? 'no tags' : undefined;
    };
    expect(await good.deploy('first', 'InstanceBased', first)).toBe(0);
    host.metadataFaults = () => undefined;
    const { Reservations } = await aws.core.send(new DescribeInstancesCommand({}));
    const machine = Reservations?.[0]?.Instances?.[0]?.InstanceId ?? '';
    expect(aws.machines.consoleOutput(machine)).toMatch(
      /gave no tags\S+: HTTP status 000.*gave no tags\S+: HTTP status 503.*its tags do not name the group yet.*Told InstanceBased-fleet that guestbook 1\.0\.0 answers/s,
    );

    expect(await broken.deploy('broken', 'InstanceBased', await broken.synthesize('1.1.0'))).toBe(1);
    const told = readFileSync(broken.logPath('broken-InstanceBased'), 'utf8').replace(/\s+/g, ' ');
    const failed = /Installation of guestbook 1\.1\.0 failed at line \d+: dnf \S.* install \$PACKAGES/;
    expect(told).toMatch(failed);
    const [, instanceId] = /aws ec2 get-console-output --instance-id (i-\w+)/.exec(told) ?? [];

    // The machine is gone by then; its console is not.
    const { Output = '' } = await aws.core.send(new GetConsoleOutputCommand({ InstanceId: instanceId }));
    expect(Buffer.from(Output, 'base64').toString()).toMatch(failed);
    const kept = readFileSync(join(consoles, `${instanceId}.log`), 'utf8');
    expect(kept).toMatch(failed);
    expect(kept).toContain('Unable to locate package no-such-package');

    expect(await broken.rollout('history', ['history', 'InstanceBased', '--revision', '2'])).toBe(0);
    const history = readFileSync(broken.logPath('history'), 'utf8');
    expect(history).toMatch(/ Evidence .* failed at line \d+/);
    expect(history).toMatch(/Unable to find a match.*no-such-package/);

    await aws.close();
    expect(await leftovers({ folders: [host.folder] })).toEqual({});
  });
});
