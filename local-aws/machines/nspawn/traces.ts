import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from './if-missing';

/** What systemd-nspawn keeps of its machines. */
const FOLDER = '/run/systemd/nspawn';
const PROPAGATED = join(FOLDER, 'propagate');

/**
 * Removes what systemd-nspawn leaves of a machine when it is killed, and, where `/run` is on a disk, even when it
 * ends well.
 * @param root where the machine's root file system is still mounted
 */
export async function removeTraces(name: string, root: string): Promise<void> {
  await rm(join(PROPAGATED, name), { recursive: true, force: true });
  await removeLock(root);
}

/** Removes the lock of a root file system, which is named by its device and its inode. */
export async function removeLock(root: string): Promise<void> {
  const found = await stat(root).catch(ifMissing(undefined));
  if (found) await rm(join(FOLDER, 'locks', `inode-${found.dev}:${found.ino}`), { force: true });
}

/** Removes the folders of machines whose names pass. */
export async function removePropagated(isLeft: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(PROPAGATED).catch(ifMissing([]))).filter(isLeft))
    await rm(join(PROPAGATED, name), { recursive: true, force: true });
}
