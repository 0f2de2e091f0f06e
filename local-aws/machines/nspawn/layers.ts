import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostCommand, hostProcess } from './host-command';

/** Folders that lie over each other, the uppermost first; none of them is ever written to. */
export type Layers = readonly string[];

/** A root file system of its own over layers that others share: what it writes lies in its own folder. */
export class Clone {
  /** Where the whole is seen. */
  readonly root: string;

  private constructor(
    private readonly folder: string,
    private readonly layers: Layers,
  ) {
    this.root = join(folder, 'root');
  }

  /** @param folder of its own, which must not be there yet */
  static async mount(folder: string, layers: Layers): Promise<Clone> {
    const clone = new Clone(folder, layers);
    for (const part of ['root', 'upper', 'work']) await mkdir(join(folder, part), { recursive: true });
    const options = `lowerdir=${layers.join(':')},upperdir=${clone.upper},workdir=${join(folder, 'work')}`;
    await hostCommand('mount', ['-t', 'overlay', 'overlay', '-o', options, clone.root]).catch(
      async (error: Error) => {
        await clone.remove();
        throw error;
      },
    );
    return clone;
  }

  /** What it has written. */
  get upper(): string {
    return join(this.folder, 'upper');
  }

  /**
   * Ends it, and makes what it has written a layer that is named by its content.
   * @param images folder of all such layers
   * @returns the layers of a clone that begins where this one ended, and the new layer's SHA-256
   */
  async freeze(images: string): Promise<{ readonly layers: Layers; readonly digest: string }> {
    await hostCommand('umount', [this.root]);
    const digest = await digestOf(this.upper);
    const layer = join(images, digest);
    await mkdir(images, { recursive: true });
    // One with the same content is the same image; its machines may be running.
    await rename(this.upper, layer).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    await rm(this.folder, { recursive: true, force: true });
    return { layers: [layer, ...this.layers], digest };
  }

  /** Removes it with all that it has written. */
  async remove(): Promise<void> {
    await unmountBelow(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Unmounts all that is mounted in a folder, the innermost first. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const target of mountsBelow(folder, await readFile('/proc/self/mounts', 'utf8'))) {
    // Lazily: what a process that is just ending still holds open is let go by itself.
    const { exitCode, errors } = await hostProcess('umount', ['--lazy', target]);
    // Another, too, may have unmounted it since.
    const left = mountsBelow(target, await readFile('/proc/self/mounts', 'utf8'));
    if (exitCode !== 0 && left.includes(target))
      throw new Error(`${target} could not be unmounted: ${errors.toString().trim()}`);
  }
}

/** Mount points in a folder, the innermost first. @param mounts `/proc/self/mounts` */
export function mountsBelow(folder: string, mounts: string): readonly string[] {
  return mounts
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((target) => target === folder || target.startsWith(`${folder}/`))
    .reverse();
}

/** SHA-256 of a folder: names, content, owners, permissions, and what a layer hides; not times. */
export async function digestOf(folder: string): Promise<string> {
  const tar = spawn(
    'tar',
    [
      ...['--create', '--file', '-', '--directory', folder, '--sort=name', '--mtime=@0', '--numeric-owner'],
      ...['--format=posix', '--pax-option=delete=atime,delete=ctime', '--xattrs', '--xattrs-include=*', '.'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const hash = createHash('sha256');
  let errors = '';
  tar.stdout.on('data', (chunk: Buffer) => hash.update(chunk));
  tar.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  const [exitCode] = (await once(tar, 'close')) as [number | null];
  if (exitCode !== 0) throw new Error(`tar of ${folder} ended with ${exitCode}: ${errors.trim()}`);
  return hash.digest('hex');
}
