import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { hostCommand } from './host-command';
import { ifMissing } from './if-missing';
import { unmountBelow } from './layers';
import { RUN_VARIABLE } from './processes';
import { needRoom } from './room';

/** What shapes the base image: everything in this folder. */
const SHAPE = join(__dirname, 'debian');

export interface BaseImage {
  /** Root file system; nobody writes to it. */
  readonly root: string;
  /** Packages that machines can install, with their index. */
  readonly repository: string;
}

export interface BaseImageOptions {
  /** Folder in which it is kept between runs. @default /var/cache/image-rollouts */
  readonly cache?: string;
  readonly log: (line: string) => void;
}

/** What it takes while it is made, its packages included. */
const ROOM_MIB = 1536;
/** What one is called until it is whole. */
const UNFINISHED = '.unfinished';

/** Where base images are kept, for all users of the computer: only root can make one. */
export const CACHE = '/var/cache/image-rollouts';

/**
 * The base image, made when none of this shape is kept. Takes about two minutes then. To be called by one at a time.
 * @param run whose processes make it
 * @throws Error with the log's path
 */
export async function baseImage({ cache = CACHE, log }: BaseImageOptions, run: string): Promise<BaseImage> {
  const folder = await baseFolder(cache);
  const image = { root: join(folder, 'root'), repository: join(folder, 'repository') };
  if (existsSync(folder)) return image;
  // Made beside, and moved when it is whole: what was cut off is never taken for an image.
  const unfinished = `${folder}${UNFINISHED}`;
  await mkdir(cache, { recursive: true });
  await needRoom(cache, ROOM_MIB);
  await mkdir(unfinished);
  log('Making the base image with debootstrap, once: about two minutes');
  const lines: string[] = [];
  try {
    await hostCommand('bash', [join(SHAPE, 'make-base.sh'), unfinished], {
      environment: { [RUN_VARIABLE]: run },
      onLine: (line) => {
        lines.push(line);
        if (/^(debootstrap|Installing|Fetching) /.test(line)) log(`  ${line}`);
      },
    });
  } catch (error) {
    await remove(unfinished);
    const path = join(cache, 'base.log');
    await writeFile(path, lines.join('\n'));
    throw new Error(
      `The base image could not be made; its log is ${path}. It ends: ${lines.slice(-5).join(' | ')}`,
      {
        cause: error,
      },
    );
  }
  await rename(unfinished, folder);
  return image;
}

/** Removes images that whoever made them was cut off from. To be called while none is made. @returns a line for each */
export async function removeUnfinished(cache: string): Promise<readonly string[]> {
  const names = await readdir(cache).catch(ifMissing([]));
  const folders = names.filter((name) => name.endsWith(UNFINISHED)).map((name) => join(cache, name));
  for (const folder of folders) await remove(folder);
  return folders.map((folder) => `files of ${folder}`);
}

async function remove(folder: string): Promise<void> {
  await unmountBelow(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Whether a base image of this shape is there already. */
export async function isBaseImageKept(cache = CACHE): Promise<boolean> {
  return existsSync(await baseFolder(cache));
}

async function baseFolder(cache: string): Promise<string> {
  return join(cache, `base-${(await shapeDigest()).slice(0, 16)}`);
}

/** SHA-256 over what shapes the base image: names and content of the files. */
export async function shapeDigest(folder = SHAPE): Promise<string> {
  const hash = createHash('sha256').update(process.arch);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    hash.update(`\0${relative(folder, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex');
}
