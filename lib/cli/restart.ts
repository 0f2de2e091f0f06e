import { ConfigurationError } from '../configuration-error';
import { currentRevision } from '../ledger/history';
import { nameOf } from '../rollout/fleet-status';
import { formatRestart, RESTART_PARAMETER } from '../rollout/pin';
import { DEPLOYMENT_FLAGS, DEPLOYMENT_HELP, followDeployment, requireWaiting } from './deployment';
import { COMMON_HELP, onFleet, readCaller, readHead } from './on-fleet';
import { requireNoRollout } from './orders';
import { requireUpdatable, updateParameter } from './stack-update';

const HELP = `rollout restart STACK [flags]

Replaces all machines, at the revision that the fleet runs.

${DEPLOYMENT_HELP}
${COMMON_HELP}`;

/** `rollout restart` */
export const restartCommand = onFleet({
  name: 'restart',
  help: HELP,
  flags: DEPLOYMENT_FLAGS,
  async run(context) {
    requireWaiting(context);
    const { fleet, ledger } = context;
    const head = await readHead(context);
    requireNoRollout(head);
    const current = currentRevision(await ledger.revisions(fleet.groupName));
    if (!current)
      throw new ConfigurationError(
        `No revision of ${fleet.groupName} has completed yet: deploy a release, and restart nothing before that.`,
      );
    requireUpdatable(context);
    const at = new Date(context.now()).toISOString();
    const order = formatRestart({ by: await readCaller(context), at });
    await updateParameter(context, RESTART_PARAMETER, order);
    return followDeployment(context, `Replacing all machines at ${nameOf(current)}.`, head);
  },
});
