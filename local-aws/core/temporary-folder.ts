import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes an empty folder for files that live no longer than this process, whose id is in its name. Folders of
 * processes that were killed, and could not remove theirs, are removed.
 * @param purpose part of its name: `machines`
 */
export function temporaryFolder(purpose: string): string {
  removeLeftFolders();
  return mkdtempSync(join(tmpdir(), `local-aws-${purpose}-${process.pid}-`));
}

/** Removes the folders of processes that were killed. @returns a line for each */
export function removeLeftFolders(): readonly string[] {
  return readdirSync(tmpdir()).flatMap((name) => {
    const [, pid] = /^local-aws-[a-z]+-(\d+)-\w{6}$/.exec(name) ?? [];
    const folder = join(tmpdir(), name);
    return pid !== undefined && !isAlive(Number(pid)) && remove(folder) ? [`files of ${folder}`] : [];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function remove(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    // Another user's, or just being removed by another local AWS.
    return false;
  }
}
