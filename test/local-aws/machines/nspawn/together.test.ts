import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MachineHost, type MachineRequest } from '../../../../local-aws/machines/nspawn/machine-host';
import { oneAtATime } from '../../../../local-aws/machines/nspawn/preparation';
import { RUN_VARIABLE, startOf } from '../../../../local-aws/machines/nspawn/processes';
import { clean, STATE } from '../../../../local-aws/machines/nspawn/state-folder';
import { leftovers } from './leftovers';
import { real, sayLeftOut } from './real';

sayLeftOut();

const log = () => undefined;

/** A run that was killed: what would be there of it, under an id that no living run has. */
function deadRun(): { readonly id: string; readonly child: number } {
  const { pid } = spawnSync('true');
  let id = 'dead';
  for (let number = 0; existsSync(join(STATE, id)); number++) id = number.toString(16).padStart(4, '0');
  const folder = join(STATE, id);
  const root = join(folder, 'machines', `imr-${id}-1`, 'root');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(folder, 'owner'), `${pid} 1\n`);
  for (const command of [
    ['mount', '-t', 'tmpfs', 'tmpfs', root],
    ['ip', 'link', 'add', `imr-${id}`, 'type', 'bridge'],
    ['ip', 'netns', 'add', `imr-${id}-1`],
    ['nft', 'add', 'table', 'ip', `imr-${id}`],
  ])
    expect(spawnSync(command[0]!, command.slice(1)).status).toBe(0);
  const child = spawn('sleep', ['600'], {
    env: { ...process.env, [RUN_VARIABLE]: id },
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  return { id, child: child.pid! };
}

/** A machine from the base image. */
function wanted(host: MachineHost): MachineRequest {
  return {
    layers: host.baseLayers,
    identity: {
      ...{ instanceId: 'i-0', imageId: 'ami-0', instanceType: 't3.micro', userData: '', tags: {} },
      ...{ accountId: '0', region: 'eu-central-1', availabilityZone: 'eu-central-1a' },
      ...{ address: host.network.reserve(), launchedAt: new Date() },
    },
    onEnd: log,
  };
}

real('runs at the same time', () => {
  test('runs that begin at once get networks of their own, and remove what dead ones have left, no more', async () => {
    await oneAtATime(STATE, log, () => clean());
    const { id, child } = deadRun();
    const hosts = await Promise.all([1, 2, 3].map(() => MachineHost.open({ log })));
    try {
      expect(new Set(hosts.map(({ network }) => network.gateway)).size).toBe(3);
      expect(await startOf(child)).toBeUndefined();
      expect(existsSync(join(STATE, id))).toBe(false);
      expect(existsSync(`/sys/class/net/imr-${id}`)).toBe(false);

      const { removed, kept } = await oneAtATime(STATE, log, () => clean());
      expect(removed).toEqual([]);
      for (const { names, folder } of hosts) {
        expect(kept).toContain(`run ${names.id} of process ${process.pid}`);
        expect(existsSync(folder)).toBe(true);
        expect(existsSync(`/sys/class/net/${names.bridge}`)).toBe(true);
      }
    } finally {
      await Promise.all(hosts.map((host) => host.close()));
    }
    expect(await leftovers()).toEqual({});
    for (const { folder } of hosts) expect(existsSync(folder)).toBe(false);
  });

  test('when no address is free, a launch is refused as EC2 refuses it', async () => {
    const host = await MachineHost.open({ log });
    try {
      const addresses = Array.from({ length: 253 }, () => host.network.reserve());
      expect(new Set(addresses).size).toBe(253);
      expect(() => host.network.reserve()).toThrow('All 253 addresses of the machines are taken.');
      host.network.release(addresses[7]!);
      expect(host.network.reserve()).toBe(addresses[7]);
    } finally {
      await host.close();
    }
  });

  test('a machine that still boots when all is ended is ended, too', async () => {
    const host = await MachineHost.open({ log });
    // It fails, because all is ended meanwhile.
    const booting = host.start(wanted(host)).catch(() => undefined);
    await host.close();
    await booting;
    expect(await leftovers({ folders: [host.folder] })).toEqual({});
    await expect(host.start({ layers: [], identity: undefined as never, onEnd: log })).rejects.toThrow(
      'all of them are being ended',
    );
  });

  test('whoever waits for a machine hears when it is ended', async () => {
    const host = await MachineHost.open({ log });
    const machine = await host.start(wanted(host));
    await machine.shell.run('mkfifo /run/silent');
    const reading = machine.shell.readFile('/run/silent').catch((error: Error) => error.message);
    await host.close();
    expect(await reading).toContain('ended');
  });

  test('one works after the other, also when the first is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'together-'));
    try {
      const program = `const { oneAtATime } = require(${JSON.stringify(require.resolve('../../../../local-aws/machines/nspawn/preparation'))});
        oneAtATime(${JSON.stringify(folder)}, () => undefined, () => new Promise((resolve) => { console.log('in'); setTimeout(resolve, 600_000); }));`;
      const first = spawn(process.execPath, ['--import', 'tsx', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => first.stdout.once('data', resolve));
      const order: string[] = [];
      const second = oneAtATime(
        folder,
        () => {
          order.push('waits');
          first.kill('SIGKILL');
        },
        async () => order.push('works'),
      );
      await second;
      expect(order).toEqual(['waits', 'works']);
      // Work that fails lets go, too.
      await expect(oneAtATime(folder, log, () => Promise.reject(new Error('failed')))).rejects.toThrow(
        'failed',
      );
      await oneAtATime(
        folder,
        () => order.push('waits again'),
        async () => undefined,
      );
      expect(order).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a process that has ended is no owner, though its parent has not noticed', async () => {
    // The shell becomes one that never asks for its child.
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const child = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    try {
      for (let looks = 0; !/\) Z /.test(readFileSync(`/proc/${child}/stat`, 'utf8')); looks++) {
        expect(looks).toBeLessThan(1000);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(await startOf(child)).toBeUndefined();
      expect(await startOf(parent.pid!)).toMatch(/^\d+$/);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
