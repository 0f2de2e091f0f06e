import { ConfigurationError } from '../configuration-error';
import { COMMON_HELP, onFleet, readCaller, readHead } from './on-fleet';
import { ORDER_FLAGS, ORDER_HELP, orFollow, requireWait } from './order-follow';
import { give, requireForward, requireRollout } from './orders';

const HELP = `rollout resume STACK [flags]

Lets a paused rollout go on.

${ORDER_HELP}
${COMMON_HELP}`;

/** `rollout resume` */
export const resumeCommand = onFleet({
  name: 'resume',
  help: HELP,
  flags: ORDER_FLAGS,
  async run(context) {
    requireWait(context);
    const head = await readHead(context);
    const { stackName } = context.fleet;
    const open = requireRollout(head, context, 'to resume');
    requireForward(open, context);
    if (!open.paused) {
      const gate =
        open.holding && open.passed < open.holding.at
          ? `it stands at its gate of ${open.holding.at}%, which "rollout promote ${stackName}" passes`
          : `"rollout pause ${stackName}" would let it stand still`;
      throw new ConfigurationError(`The rollout of revision ${open.revision} is not paused: ${gate}.`);
    }
    const by = await readCaller(context);
    const at = context.now();
    const order = { kind: 'Resumed', change: { paused: undefined }, message: 'Resumed.', by, at } as const;
    await give(context, open, order);
    return orFollow(context, head, open, `The rollout of revision ${open.revision} goes on.`, order);
  },
});
