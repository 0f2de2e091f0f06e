import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { removeLeftFolders } from '../../core/temporary-folder';
import { CACHE, removeUnfinished } from './base-image';
import { groupsNamed, removeGroup } from './cgroup';
import { hostProcess } from './host-command';
import { ifMissing } from './if-missing';
import { mountsBelow, unmountBelow } from './layers';
import { RunNames, runOf } from './names';
import { removeAttachment, removeBridge } from './network';
import { killProcessesOf, startOf } from './processes';
import { needRoom } from './room';
import { removeLock, removePropagated } from './traces';

/** Where runs keep their images and their machines' files. */
export const STATE = '/var/lib/image-rollouts';

/** What two images and some machines write, with room for as much again. */
const ROOM_MIB = 512;

/** A run's folder, made before anything else and removed after everything: whose it is says a file in it. */
export interface Run {
  readonly names: RunNames;
  readonly folder: string;
}

/** Begins a run of this process. To be called by one at a time. @throws Error when the disk is full */
export async function openRun(): Promise<Run> {
  await needRoom(STATE, ROOM_MIB);
  let names = RunNames.random();
  while (existsSync(join(STATE, names.id))) names = RunNames.random();
  const folder = join(STATE, names.id);
  await mkdir(folder);
  await writeFile(join(folder, 'owner'), `${process.pid} ${await startOf(process.pid)}\n`);
  return { names, folder };
}

/** What was found of other runs. */
export interface Cleaning {
  /** What was removed, a line for each. */
  readonly removed: readonly string[];
  /** What belongs to runs that live, and was kept: a line for each run. */
  readonly kept: readonly string[];
}

/**
 * Removes what runs have left that were killed: processes, mounts, network namespaces, bridges, files. What
 * belongs to a run whose process lives stays. To be called by one at a time, and not while a run begins.
 * @param cache folder of the base images, of which one may be unfinished
 */
export async function clean(cache = CACHE): Promise<Cleaning> {
  const removed: string[] = [];
  const living = new Map<string, number>();
  const runs = (await readdir(STATE).catch(ifMissing([]))).filter(RunNames.isId);
  for (const run of runs) {
    const pid = await ownerOf(join(STATE, run));
    if (pid !== undefined) living.set(run, pid);
  }
  const isDead = (run: string | undefined) => run !== undefined && !living.has(run);
  const isLeft = (name: string) => isDead(runOf(name));
  for (const line of await killProcessesOf(isDead)) removed.push(`process ${line}`);
  for (const group of await groupsNamed(isLeft)) {
    await removeGroup(group);
    removed.push(`processes of ${group}`);
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
  await removePropagated(isLeft);
  removed.push(...(await removeUnfinished(cache)), ...removeLeftFolders());
  // In the end, so that whoever is killed while removing leaves a sign that there is something to remove.
  for (const run of runs.filter(isDead)) {
    await removeFolder(join(STATE, run));
    removed.push(`files of ${join(STATE, run)}`);
  }
  return { removed, kept: [...living].map(([run, pid]) => `run ${run} of process ${pid}`) };
}

/** Ends a run: its folder goes, with all that is in it. */
export async function removeFolder(folder: string): Promise<void> {
  for (const target of mountsBelow(folder, await readFile('/proc/self/mounts', 'utf8')))
    if (basename(target) === 'root') await removeLock(target);
  await unmountBelow(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function namespaces(): Promise<readonly string[]> {
  const text = await listed('ip', ['netns', 'list']);
  return text.split('\n').map((line) => line.split(' ')[0]!);
}

async function interfaces(): Promise<readonly string[]> {
  const text = await listed('ip', ['-oneline', 'link']);
  return [...text.matchAll(/^\d+: ([^:@\s]+)/gm)].map(([, name]) => name!);
}

async function tables(): Promise<readonly string[]> {
  const text = await listed('nft', ['list', 'tables']);
  return [...text.matchAll(/^table ip (\S+)$/gm)].map(([, name]) => name!);
}

/** What a program lists. Where it is not installed, nothing was ever made with it. */
async function listed(command: string, args: readonly string[]): Promise<string> {
  const program = await hostProcess('sh', ['-c', 'command -v "$1"', 'sh', command]);
  if (program.exitCode !== 0) return '';
  const { exitCode, output, errors } = await hostProcess(command, args);
  if (exitCode !== 0)
    throw new Error(`${[command, ...args].join(' ')} ended with ${exitCode}: ${errors.toString().trim()}`);
  return output.toString();
}

/** The process that a run belongs to; undefined when it is gone. */
async function ownerOf(folder: string): Promise<number | undefined> {
  const owner = await readFile(join(folder, 'owner'), 'utf8').catch(ifMissing(''));
  const [pid, start] = owner.trim().split(' ');
  if (!pid || !start) return undefined;
  return (await startOf(Number(pid))) === start ? Number(pid) : undefined;
}
