import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All processes of this computer; none where they can't be listed. */
export async function allProcesses(): Promise<readonly ProcessEntry[]> {
  if (existsSync('/proc/self/stat')) return fromProc();
  if (process.platform === 'win32') return [];
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args='], {
    maxBuffer: 16 << 20,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid ? [{ pid: Number(pid), parent: Number(parent), command }] : [];
  });
}

/** Children of the process that keeps the machines, containers, and the processes of functions, below this one. */
export function strayProcesses(all: readonly ProcessEntry[], root: number): readonly string[] {
  const below = new Set([root]);
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
  }
  const own = all.filter(({ pid }) => below.has(pid) && pid !== root);
  const keepers = new Set(
    own.filter(({ command }) => command.includes('keeper-process.mjs')).map(({ pid }) => pid),
  );
  return own
    .filter(
      ({ parent, command }) =>
        keepers.has(parent) || /[\\/]lambda[\\/]runtime\.mjs|^systemd-nspawn /.test(command),
    )
    .map(({ pid, command }) => `${pid} ${command.slice(0, 120)}`);
}

function fromProc(): readonly ProcessEntry[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      // The name between the brackets may have blanks and brackets itself.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z') return [];
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return [{ pid: Number(entry), parent: Number(parent), command }];
    } catch {
      // It has ended since the folder was read.
      return [];
    }
  });
}
