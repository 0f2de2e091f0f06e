import { ConfigurationError } from '../configuration-error';
import { isStackBack, isStackUpdatable } from '../custom-resource/stack-status';
import type { Head } from '../ledger/types';
import type { CommandResult } from './command';
import { endingOf, follow, resultOf, TIMEOUT_HELP, timeoutOf } from './follow';
import type { FleetContext } from './on-fleet';
import { failuresSince } from './stack-update';

/** Flags of the commands that deploy. */
export const DEPLOYMENT_FLAGS = { 'no-wait': 'switch', timeout: 'value' } as const;

export const DEPLOYMENT_HELP = `  --no-wait        returns as soon as it has begun
${TIMEOUT_HELP}`;

/**
 * Follows a deployment that a command has begun, to its end.
 * @param begun what has begun, as a sentence
 * @param head the fleet's state before it
 * @param way whether it is to end with the change, or without it
 */
export async function followDeployment(
  context: FleetContext,
  begun: string,
  head: Head,
  way: 'forward' | 'back' = 'forward',
): Promise<CommandResult> {
  const { flags, json, surroundings, fleet } = context;
  if (flags['no-wait']) {
    const watch = `"rollout status ${fleet.stackName} --watch" follows it.`;
    return context.result(`${begun} ${watch}`, { stack: fleet.stackName, begun: true, message: begun });
  }
  const since = context.now() - 1000;
  if (!json) surroundings.show({ picture: begun, line: begun });
  const followed = await follow(context);
  const ending = await endingOf(context, head, followed);
  const { stackStatus } = followed.report;
  const isAsMeant = isStackUpdatable(stackStatus) && isStackBack(stackStatus) === (way === 'back');
  const failures = followed.isTimeUp || isAsMeant ? [] : await failuresSince(context, since);
  const message = [ending.message, ...failures].join('\n');
  return resultOf(
    context,
    { ...ending, message },
    isAsMeant && (way === 'back' ? followed.report.phase !== 'Degraded' : ending.isDone),
  );
}

/** @throws ConfigurationError when the time to wait is wrong, or there is nothing to wait for */
export function requireWaiting({ flags }: FleetContext): void {
  timeoutOf(flags.timeout);
  if (flags['no-wait'] && flags.timeout !== undefined)
    throw new ConfigurationError('--timeout and --no-wait exclude each other: nothing is waited for.');
}
