import { ConfigurationError } from '../configuration-error';
import { whole } from '../forecast/flags';
import { undoTarget } from '../ledger/history';
import { nameOf } from '../rollout/fleet-status';
import { PIN_PARAMETER } from '../rollout/pin';
import { DEPLOYMENT_FLAGS, DEPLOYMENT_HELP, followDeployment, requireWaiting } from './deployment';
import { COMMON_HELP, onFleet, readHead } from './on-fleet';
import { pinTo } from './pin';
import { requireUpdatable, updateParameter } from './stack-update';

const HELP = `rollout undo STACK [flags]

Goes back: by a rollout, with all that protects one, to what the fleet ran before. It bakes nothing, and is
an update of the stack with its present template. The revision that it goes back to becomes the newest one.

  --to-revision N  goes to that revision of "rollout history" (default: the one before)
${DEPLOYMENT_HELP}
${COMMON_HELP}`;

const MOST_REVISIONS = 99_999_999;

/** `rollout undo` */
export const undoCommand = onFleet({
  name: 'undo',
  help: HELP,
  flags: { 'to-revision': 'value', ...DEPLOYMENT_FLAGS },
  async run(context) {
    requireWaiting(context);
    const { flags, fleet, ledger } = context;
    const text = flags['to-revision'];
    const wanted = text === undefined ? undefined : whole('to-revision', text, 1, MOST_REVISIONS);
    const head = await readHead(context);
    const undo = undoTarget(head, await ledger.revisions(fleet.groupName), wanted);
    switch (undo.kind) {
      case 'impossible':
        throw new ConfigurationError(undo.message);
      case 'nothing':
        return context.result(undo.message, {
          stack: fleet.stackName,
          begun: false,
          message: undo.message,
        });
      case 'to': {
        requireUpdatable(context);
        const { revision } = undo;
        await updateParameter(context, PIN_PARAMETER, await pinTo(context, revision));
        return followDeployment(context, `Going back to ${nameOf(revision)}.`, head);
      }
    }
  },
});
