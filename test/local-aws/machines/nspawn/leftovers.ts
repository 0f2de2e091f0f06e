import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// What runs leave behind, by looking at the system itself: nothing here is shared with the code that cleans.

const STATE = '/var/lib/image-rollouts';

/** A process, as far as it can be read: all of it may be gone while it is. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly command: string;
  /** All by which it could belong to a run: control groups, folders that it has. */
  readonly place: string;
}

export interface Wanted {
  /** Session of the run's own process. @default it is not looked for */
  readonly session?: number;
  /** Folders in which nothing may be mounted or run. */
  readonly folders?: readonly string[];
}

/** Everything that no living run owns, by kind; after a while in which what has just been ended may go. */
export async function leftovers(wanted: Wanted = {}): Promise<Readonly<Record<string, readonly string[]>>> {
  for (let look = 0; ; look++) {
    const found = Object.entries(lookAround(wanted)).filter(([, entries]) => entries.length > 0);
    if (found.length === 0 || look === 20) return Object.fromEntries(found);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The run's id of a process that has made one. */
export function runOf(pid: number): string | undefined {
  return runs().find((run) => ownerOf(run)?.pid === pid);
}

/** Processes that live, of a session. */
export function processesOf(session: number): readonly Process[] {
  return processes().filter((process) => process.session === session);
}

function lookAround({ session, folders = [] }: Wanted): Readonly<Record<string, readonly string[]>> {
  const orphaned = (texts: readonly string[]) => texts.filter((text) => idsIn(text).some(isOrphan));
  const inFolders = (texts: readonly string[]) =>
    texts.filter((text) => folders.some((folder) => text.includes(folder)));
  const own = (texts: readonly string[]) => [...new Set([...orphaned(texts), ...inFolders(texts)])];
  const all = processes();
  const described = (found: readonly Process[]) =>
    found.map(({ pid, command, place }) => `${pid} ${command} [${place}]`);
  return {
    processes: own(described(all)),
    'processes of its session': described(all.filter((process) => process.session === session)),
    mounts: own(readFileSync('/proc/self/mounts', 'utf8').split('\n')),
    'network interfaces': orphaned(lines('ip', ['-oneline', 'link'])),
    'network namespaces': [...orphaned(lines('ip', ['netns', 'list'])), ...orphaned(names('/run/netns'))],
    'packet filters': orphaned(lines('nft', ['list', 'tables'])),
    'control groups': orphaned(lines('find', ['/sys/fs/cgroup', '-type', 'd', '-name', 'imr-*'])),
    'files of runs': runs().filter(isOrphan),
    "systemd-nspawn's files": orphaned(names('/run/systemd/nspawn/propagate')),
    'temporary files': names(tmpdir()).filter((name) => {
      const [, pid] = /^local-aws-\w+-(\d+)-/.exec(name) ?? [];
      return pid !== undefined && !existsSync(`/proc/${pid}`);
    }),
    'files of an image': folders.flatMap((folder) =>
      names(folder).filter((name) => /\.unfinished/.test(name)),
    ),
  };
}

/** Ids of runs that a text names. */
function idsIn(text: string): readonly string[] {
  return [...text.matchAll(/\bimr-([0-9a-f]{4})\b|\/var\/lib\/image-rollouts\/([0-9a-f]{4})\b/g)].map(
    ([, name, folder]) => (name ?? folder)!,
  );
}

function isOrphan(run: string): boolean {
  const owner = ownerOf(run);
  return !owner || startOf(owner.pid) !== owner.start;
}

function runs(): readonly string[] {
  return names(STATE);
}

function ownerOf(run: string): { readonly pid: number; readonly start: string } | undefined {
  try {
    const [pid, start] = readFileSync(join(STATE, run, 'owner'), 'utf8')
      .trim()
      .split(' ');
    return { pid: Number(pid), start: start! };
  } catch {
    // The run is gone, or has not written it yet.
    return undefined;
  }
}

function startOf(pid: number): string | undefined {
  try {
    const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    // It has ended.
    return undefined;
  }
}

function processes(): readonly Process[] {
  return names('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const read = (file: string) => readFileSync(`/proc/${entry}/${file}`, 'utf8');
      const [state, parent, , session] = afterName(read('stat'));
      if (state === 'Z' || state === 'X') return [];
      const links = ['root', 'cwd'].map((link) => readlinkSync(`/proc/${entry}/${link}`));
      return [
        {
          pid: Number(entry),
          parent: Number(parent),
          session: Number(session),
          command: read('cmdline').replaceAll('\0', ' ').trim(),
          place: [...read('cgroup').trim().split('\n'), ...links].join(' '),
        },
      ];
    } catch {
      // It has ended since the folder was read.
      return [];
    }
  });
}

/** Fields of `/proc/PID/stat` after the process's name, which may have blanks in it. */
function afterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing is left in a folder that is not there.
    return [];
  }
}

function lines(command: string, args: readonly string[]): readonly string[] {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
  } catch (error) {
    // `find` ends so when a folder goes while it looks; what it has found until then counts.
    return String((error as { stdout?: string }).stdout ?? '').split('\n');
  }
}
