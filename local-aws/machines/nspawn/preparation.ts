import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';

/** Exit code by which `flock` says that another has the lock. */
const TAKEN = 75;
/** Real time between two tries to get it. */
const TRY_AGAIN_MS = 250;

/**
 * Does some work on this computer that no two runs may do at the same time, as removing what dead runs have left
 * while another one begins. Waits for whoever does such work.
 * @param folder what is locked; made when it is not there
 * @param onWait called once when there is another to wait for
 */
export async function oneAtATime<T>(folder: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  let release = await lock(folder);
  if (!release) onWait();
  while (!release) {
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    release = await lock(folder);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Locks a folder. The lock is held by a process that reads from this one, and ends with it, however it ends.
 * @returns what lets go of it; undefined when another has it
 */
async function lock(folder: string): Promise<(() => Promise<void>) | undefined> {
  const holder = spawn(
    'flock',
    ['--nonblock', '--conflict-exit-code', String(TAKEN), folder, 'sh', '-c', 'echo locked; exec cat'],
    // A session of its own: Ctrl-C in a terminal is for the run, which then lets go of it.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  const ended = once(holder, 'close') as Promise<[number | null]>;
  const isLocked = once(holder.stdout, 'data').then(() => true);
  if (await Promise.race([isLocked, ended.then(() => false)])) {
    return async () => {
      holder.stdin.end();
      await ended;
    };
  }
  const [exitCode] = await ended;
  if (exitCode === TAKEN) return undefined;
  throw new Error(`${folder} could not be locked: flock ended with ${exitCode}.`);
}
