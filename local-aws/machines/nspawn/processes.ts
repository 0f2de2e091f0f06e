import { readdir, readFile } from 'node:fs/promises';

/** Variable by which all that a run starts, and what that starts, is known as the run's: it holds the run's id. */
export const RUN_VARIABLE = 'IMAGE_ROLLOUTS_RUN';

/** Real time for killed processes to be gone. */
const GONE_WITHIN_MS = 5_000;

/**
 * When a process began, in the kernel's ticks: its id alone may have been given to another since.
 * @returns undefined when it has ended, though its parent may not know yet
 */
export async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name, in parentheses, may have blanks in it; the state is the first field after it, the start the twentieth.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || /^[ZX]$/.test(fields[0]!) ? undefined : fields[19];
}

/**
 * Kills the processes of the runs that pass, as far as they have the runs' variable.
 * @returns a line for each: its id and what it was started as
 * @throws Error naming those that stay
 */
export async function killProcessesOf(isLeft: (run: string) => boolean): Promise<readonly string[]> {
  const killed = new Map<number, string>();
  const until = performance.now() + GONE_WITHIN_MS;
  // Again and again: one may have started another since the last look.
  for (;;) {
    const found = await processesOf(isLeft);
    if (found.length === 0) return [...killed].map(([pid, command]) => `${pid} ${command}`);
    if (performance.now() > until)
      throw new Error(`Processes ${found.map(({ pid }) => pid).join(', ')} could not be ended.`);
    for (const { pid, command } of found) {
      killed.set(pid, command);
      kill(pid);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Kills a process. One that has just ended is no error. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

async function processesOf(
  isLeft: (run: string) => boolean,
): Promise<readonly { readonly pid: number; readonly command: string }[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 1 && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Gone, or dead already: there is nothing to read then.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      const run = environment
        .split('\0')
        .find((entry) => entry.startsWith(`${RUN_VARIABLE}=`))
        ?.slice(RUN_VARIABLE.length + 1);
      if (run === undefined || !isLeft(run)) return undefined;
      // It may have ended since; then it has no command, and is killed in vain.
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid, command: command.replaceAll('\0', ' ').trim().slice(0, 120) };
    }),
  );
  return found.filter((entry) => entry !== undefined);
}
