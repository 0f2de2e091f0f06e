import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { kill } from './processes';

/** A tree of control groups that is mounted on the host. */
interface Hierarchy {
  /** Folder in which groups of ours are made. */
  readonly parent: string;
  readonly version: 1 | 2;
  /** Of version 1: `memory`, `cpuacct`, `name=systemd` … */
  readonly controllers: readonly string[];
}

/** Those in which systemd keeps its services, and those that measure and limit. Nothing else is touched. */
const WANTED = ['name=systemd', 'memory', 'cpuacct'];

/**
 * The trees in which a machine needs a group of its own: without one, several machines' systemd would share
 * theirs, and take each other's services for their own.
 * @param mounts `/proc/self/mounts`
 * @param own `/proc/self/cgroup`
 */
export function hierarchies(mounts: string, own: string): readonly Hierarchy[] {
  const ownPath = (controller: string) => {
    const line = own.split('\n').find((entry) => (entry.split(':')[1] ?? '').split(',').includes(controller));
    return line?.split(':').slice(2).join(':') ?? '/';
  };
  return mounts.split('\n').flatMap((line): Hierarchy[] => {
    const [, folder = '', type, options = ''] = line.split(' ');
    // A group with processes of its own, as ours is, can't hand controllers on to groups below it.
    if (type === 'cgroup2') return [{ parent: folder, version: 2, controllers: [] }];
    if (type !== 'cgroup') return [];
    const controllers = options.split(',').filter((option) => WANTED.includes(option));
    if (controllers.length === 0) return [];
    return [{ parent: resolve(join(folder, ownPath(controllers[0]!))), version: 1, controllers }];
  });
}

/** A machine's processes as the kernel groups them: all of them, whatever they call themselves. */
export class ControlGroup {
  private constructor(
    private readonly name: string,
    private readonly trees: readonly Hierarchy[],
  ) {}

  /** Makes the groups. @param memoryMiB what all its processes may have together, where the host can limit that */
  static async create(name: string, memoryMiB: number): Promise<ControlGroup> {
    const group = new ControlGroup(
      name,
      hierarchies(await readFile('/proc/self/mounts', 'utf8'), await readFile('/proc/self/cgroup', 'utf8')),
    );
    const limit = String(memoryMiB * 1024 * 1024);
    for (const tree of group.trees) {
      const folder = group.folder(tree);
      await mkdir(folder, { recursive: true });
      const file =
        tree.version === 2
          ? 'memory.max'
          : tree.controllers.includes('memory')
            ? 'memory.limit_in_bytes'
            : undefined;
      // A host that does not hand the memory controller on has no such file: the machine is not limited there.
      if (file) await writeFile(join(folder, file), limit).catch(() => undefined);
    }
    return group;
  }

  /** Files to which a process writes its id to join. */
  get joinFiles(): readonly string[] {
    return this.trees.map((tree) => join(this.folder(tree), 'cgroup.procs'));
  }

  /** Processor time of all its processes so far, in seconds; undefined where the host does not count it. */
  async processorSeconds(): Promise<number | undefined> {
    for (const tree of this.trees) {
      if (tree.controllers.includes('cpuacct')) {
        return Number(await readFile(join(this.folder(tree), 'cpuacct.usage'), 'utf8')) / 1e9;
      }
    }
    const unified = this.trees.find(({ version }) => version === 2);
    const statistics = unified && (await readFile(join(this.folder(unified), 'cpu.stat'), 'utf8'));
    const found = statistics && /^usage_usec (\d+)$/m.exec(statistics)?.[1];
    return found ? Number(found) / 1e6 : undefined;
  }

  /** Kills all its processes and removes it. */
  async remove(): Promise<void> {
    for (const tree of this.trees) await removeGroup(this.folder(tree));
  }

  private folder(tree: Hierarchy): string {
    return join(tree.parent, this.name);
  }
}

/** Kills what is in a group and in those below it, and removes them. @throws Error when processes stay */
export async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const pids = await processesIn(folder);
    if (pids === undefined) return;
    for (const pid of pids) kill(pid);
    if (pids.length === 0 && (await removeEmpty(folder))) return;
    if (attempt === 100) throw new Error(`Processes ${pids.join(', ')} in ${folder} could not be ended.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Groups in all trees whose name passes, with their folders. */
export async function groupsNamed(isOurs: (name: string) => boolean): Promise<readonly string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const roots = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, folder]) => folder!);
  const found: string[] = [];
  const search = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await folders(folder)) {
      if (isOurs(entry)) found.push(join(folder, entry));
      else if (depth > 0) await search(join(folder, entry), depth - 1);
    }
  };
  for (const root of new Set(roots)) await search(root, 4);
  return found;
}

async function processesIn(folder: string): Promise<readonly number[] | undefined> {
  // A group whose last process has just ended may be gone.
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const below = await Promise.all((await folders(folder)).map((entry) => processesIn(join(folder, entry))));
  const own = text.split('\n').map(Number);
  // A process of another namespace that can't be seen from here is shown as 0, which would mean ourselves.
  return [...own.filter((pid) => pid > 1), ...below.flatMap((pids) => pids ?? [])];
}

async function removeEmpty(folder: string): Promise<boolean> {
  for (const entry of await folders(folder)) await removeEmpty(join(folder, entry));
  return rmdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

async function folders(folder: string): Promise<readonly string[]> {
  // A group whose last process has just ended may be gone.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
