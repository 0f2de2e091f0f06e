import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { groupsNamed, removeGroup } from './cgroup';
import { hostCommand, hostProcess } from './host-command';
import { unmountBelow } from './layers';
import { RunNames, runOf } from './names';
import { removeAttachment, removeBridge } from './network';

/** Where runs keep their images and their machines' files. */
export const STATE = '/var/lib/image-rollouts';

/** A run's folder, made before anything else and removed after everything: whose it is says a file in it. */
export async function openRun(state = STATE): Promise<{ readonly names: RunNames; readonly folder: string }> {
  const names = RunNames.random();
  const folder = join(state, names.id);
  await mkdir(state, { recursive: true });
  await mkdir(folder);
  await writeFile(join(folder, 'owner'), `${process.pid} ${await startOf(process.pid)}\n`);
  return { names, folder };
}

/**
 * Removes what runs have left that were killed: processes, mounts, network namespaces, bridges, files. What
 * belongs to a run whose process lives stays.
 * @returns what was removed, a line for each
 */
export async function clean(state = STATE): Promise<readonly string[]> {
  const removed: string[] = [];
  const living = new Set<string>();
  const runs = existsSync(state) ? await readdir(state) : [];
  for (const run of runs) if (await isAlive(join(state, run))) living.add(run);
  const isLeft = (name: string) => {
    const run = runOf(name);
    return run !== undefined && !living.has(run);
  };
  for (const group of await groupsNamed(isLeft)) {
    await removeGroup(group);
    removed.push(`processes of ${group}`);
  }
  for (const run of runs.filter((name) => !living.has(name))) {
    await unmountBelow(join(state, run));
    await rm(join(state, run), { recursive: true, force: true });
    removed.push(`files of ${join(state, run)}`);
  }
  for (const name of (await namespaces()).filter(isLeft)) {
    await removeAttachment(name);
    removed.push(`network namespace ${name}`);
  }
  for (const name of (await interfaces()).filter(isLeft)) {
    await removeBridge(name);
    removed.push(`interface ${name}`);
  }
  for (const name of (await tables()).filter(isLeft)) {
    await removeBridge(name);
    removed.push(`packet filter ${name}`);
  }
  return removed;
}

async function namespaces(): Promise<readonly string[]> {
  const text = (await hostCommand('ip', ['netns', 'list'])).toString();
  return text.split('\n').map((line) => line.split(' ')[0]!);
}

async function interfaces(): Promise<readonly string[]> {
  const text = (await hostCommand('ip', ['-oneline', 'link'])).toString();
  return [...text.matchAll(/^\d+: ([^:@\s]+)/gm)].map(([, name]) => name!);
}

async function tables(): Promise<readonly string[]> {
  const { output } = await hostProcess('nft', ['list', 'tables']);
  return [...output.toString().matchAll(/^table ip (\S+)$/gm)].map(([, name]) => name!);
}

async function isAlive(folder: string): Promise<boolean> {
  const owner = await readFile(join(folder, 'owner'), 'utf8').catch(() => '');
  const [pid, start] = owner.trim().split(' ');
  return pid !== undefined && pid !== '' && (await startOf(Number(pid))) === start;
}

/** When a process began, in the kernel's ticks: its id alone may have been given to another since. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name, in parentheses, may have blanks in it; the start is the twentieth field after it.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
