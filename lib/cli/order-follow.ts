import { ConfigurationError } from '../configuration-error';
import type { Head, OpenRollout } from '../ledger/types';
import type { CommandResult } from './command';
import { type Ending, endingOf, follow, resultOf, TIMEOUT_HELP, timeoutOf } from './follow';
import type { FleetContext } from './on-fleet';
import { given, type Order } from './orders';

/** Flags of the orders whose end can be waited for. */
export const ORDER_FLAGS = { wait: 'switch', timeout: 'value' } as const;

export const ORDER_HELP = `  --wait           waits for the end of the rollout and of the deployment
${TIMEOUT_HELP}`;

/**
 * Answers an order at once, or with `--wait` follows the rollout to its end.
 * @param isRight whether it ended as the order meant it to. @default when the rollout is complete
 */
export async function orFollow(
  context: FleetContext,
  head: Head,
  open: OpenRollout,
  message: string,
  order: Order,
  isRight: (ending: Ending) => boolean = ({ isDone }) => isDone,
): Promise<CommandResult> {
  const { flags, json, surroundings } = context;
  if (!flags.wait) return given(context, open, message, order);
  if (!json) surroundings.show({ picture: message, line: message });
  const ending = await endingOf(context, head, await follow(context));
  return resultOf(context, ending, isRight(ending));
}

/** @throws ConfigurationError when the time to wait is wrong, or there is nothing to wait for */
export function requireWait({ flags }: FleetContext): void {
  timeoutOf(flags.timeout);
  if (flags.timeout !== undefined && !flags.wait)
    throw new ConfigurationError('--timeout needs --wait beside it: without it nothing is waited for.');
}
