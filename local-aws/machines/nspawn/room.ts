import { statfs } from 'node:fs/promises';

/**
 * Makes sure of room on a disk before it is written to: a full disk fails in many ways, all of them late.
 * @throws Error saying how much is there, where, and how much is needed
 */
export async function needRoom(folder: string, mebibytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / 1024 ** 2);
  if (free < mebibytes)
    throw new Error(`There is too little room in ${folder}: ${free} MiB are free, ${mebibytes} are needed.`);
}
