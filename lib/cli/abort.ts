import { COMMON_HELP, onFleet, readCaller, readHead } from './on-fleet';
import { ORDER_FLAGS, ORDER_HELP, orFollow, requireWait } from './order-follow';
import { give, given, requireForward, requireRollout } from './orders';

const HELP = `rollout abort STACK [flags]

Gives the rollout up: the fleet goes back to what it ran before, and the deployment fails.

  --reason TEXT    why, for the history
${ORDER_HELP}
${COMMON_HELP}`;

/** `rollout abort` */
export const abortCommand = onFleet({
  name: 'abort',
  help: HELP,
  flags: { reason: 'value', ...ORDER_FLAGS },
  async run(context) {
    requireWait(context);
    const head = await readHead(context);
    const open = requireRollout(head, context, 'to give up');
    const { revision, aborted } = open;
    if (aborted)
      return given(
        context,
        open,
        `The rollout of revision ${revision} was given up already, by ${aborted.by}: ${aborted.reason}`,
      );
    requireForward(open, context);
    const by = await readCaller(context);
    const at = context.now();
    const reason = context.flags.reason ?? 'No reason was given.';
    const order = {
      kind: 'Aborted',
      change: { aborted: { by, at, reason } },
      message: reason,
      by,
      at,
    } as const;
    await give(context, open, order);
    const message = `The rollout of revision ${revision} is given up; the fleet goes back to what it ran before.`;
    return orFollow(context, head, open, message, order, ({ followed, revisions }) => {
      const isBack = revisions.every(({ outcome }) => outcome?.kind !== 'Failed');
      return isBack && followed.report.phase !== 'Degraded';
    });
  },
});
