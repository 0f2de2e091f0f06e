import { ConfigurationError } from '../configuration-error';
import type { OpenRollout, Revision } from '../ledger/types';
import { COMMON_HELP, onFleet, readCaller, readHead } from './on-fleet';
import { ORDER_FLAGS, ORDER_HELP, orFollow, requireWait } from './order-follow';
import { give, given, requireForward, requireRollout } from './orders';

const HELP = `rollout promote STACK [flags]

Lets a rollout pass the gate that it stands at.

${ORDER_HELP}
${COMMON_HELP}`;

/** `rollout promote` */
export const promoteCommand = onFleet({
  name: 'promote',
  help: HELP,
  flags: ORDER_FLAGS,
  async run(context) {
    requireWait(context);
    const { fleet, ledger } = context;
    const head = await readHead(context);
    const open = requireRollout(head, context, 'to promote');
    requireForward(open, context);
    const { holding, passed, revision } = open;
    if (!holding) throw noGate(open, await ledger.revision(fleet.groupName, revision));
    const paused = open.paused
      ? ` It is paused, too: "rollout resume ${fleet.stackName}" lets it go on.`
      : '';
    if (passed >= holding.at)
      return given(
        context,
        open,
        `The rollout of revision ${revision} has been let past its gate of ${holding.at}% already.${paused}`,
      );
    const by = await readCaller(context);
    const at = context.now();
    const order = {
      kind: 'Promoted',
      change: { passed: holding.at },
      message: `Passed the gate of ${holding.at}%.`,
      by,
      at,
    } as const;
    await give(context, open, order);
    const message = `The rollout of revision ${revision} passes its gate of ${holding.at}%.${paused}`;
    return orFollow(context, head, open, message, order);
  },
});

function noGate({ passed, revision }: OpenRollout, entry: Revision | undefined): ConfigurationError {
  const gates = entry?.gates ?? [];
  const next = gates.find((gate) => gate > passed);
  const where =
    gates.length === 0
      ? 'it has no gates; it goes on by itself'
      : next === undefined
        ? 'it has passed all its gates; it goes on by itself'
        : `the next one is at ${next}% of the machines; wait until "rollout status" says that it is reached`;
  return new ConfigurationError(`The rollout of revision ${revision} does not stand at a gate: ${where}.`);
}
