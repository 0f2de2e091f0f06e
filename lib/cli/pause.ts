import { COMMON_HELP, onFleet, readCaller, readHead } from './on-fleet';
import { give, given, requireForward, requireRollout } from './orders';
import { moment } from './table';

const HELP = `rollout pause STACK [flags]

Lets the rollout stand still until "rollout resume". A machine that is being replaced is finished first; the
deployment waits meanwhile.

${COMMON_HELP}`;

/** `rollout pause` */
export const pauseCommand = onFleet({
  name: 'pause',
  help: HELP,
  flags: {},
  async run(context) {
    const open = requireRollout(await readHead(context), context, 'to pause');
    requireForward(open, context);
    if (open.paused) {
      const { by, at } = open.paused;
      return given(
        context,
        open,
        `The rollout of revision ${open.revision} is paused already, by ${by} since ${moment(at)}.`,
      );
    }
    const by = await readCaller(context);
    const at = context.now();
    const order = { kind: 'Paused', change: { paused: { by, at } }, message: 'Paused.', by, at } as const;
    await give(context, open, order);
    return given(
      context,
      open,
      `The rollout of revision ${open.revision} will stand still at its next step; "rollout resume ${context.fleet.stackName}" lets it go on.`,
      order,
    );
  },
});
