import { codeOf } from '../errors';

/** Pauses between attempts, two minutes in all: within the function's time, beside its calls. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000];

/**
 * Makes a call, and again where it is denied: a role's permissions take a while to spread after the role was made or
 * its policy was put, and the entry is called seconds after that. Bounded, because a permission that is missing for
 * good must be told.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export async function untilPermitted<T>(
  call: () => Promise<T>,
  sleep: (ms: number) => Promise<void>,
): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await call();
    } catch (error) {
      if (codeOf(error) !== 'AccessDenied') throw error;
    }
    await sleep(pauseMs);
  }
  return call();
}
