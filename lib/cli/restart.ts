import { ConfigurationError, quoted } from '../configuration-error';
import { currentRevision } from '../ledger/history';
import type { Revision } from '../ledger/types';
import { nameOf } from '../rollout/fleet-status';
import { formatRestart, isPinInForce, PIN_PARAMETER, parsePin, RESTART_PARAMETER } from '../rollout/pin';
import { DEPLOYMENT_FLAGS, DEPLOYMENT_HELP, followDeployment, requireWaiting } from './deployment';
import { COMMON_HELP, type FleetContext, onFleet, readCaller, readHead } from './on-fleet';
import { requireNoRollout } from './orders';
import { templateHas } from './stack-template';
import { requireUpdatable, updateParameter } from './stack-update';

const HELP = `rollout restart STACK [flags]

Replaces all machines, at the revision that the fleet runs: they start from what they started from before.

  --newest-base    gives them the newest base image; that is a revision of its own, and may be undone
${DEPLOYMENT_HELP}
${COMMON_HELP}`;

/** `rollout restart` */
export const restartCommand = onFleet({
  name: 'restart',
  help: HELP,
  flags: { 'newest-base': 'switch', ...DEPLOYMENT_FLAGS },
  async run(context) {
    requireWaiting(context);
    const { fleet, ledger, flags } = context;
    const newestBase = flags['newest-base'] !== undefined;
    const head = await readHead(context);
    requireNoRollout(head);
    const revisions = await ledger.revisions(fleet.groupName);
    const current = currentRevision(revisions);
    if (!current)
      throw new ConfigurationError(
        `No revision of ${fleet.groupName} has completed yet: deploy a release, and restart nothing before that.`,
      );
    requireUpdatable(context);
    if (newestBase) await requireNewestBase(context, revisions);
    const at = new Date(context.now()).toISOString();
    const order = formatRestart({ by: await readCaller(context), at, newestBase });
    await updateParameter(context, RESTART_PARAMETER, order);
    const how = newestBase ? ', with the newest base image' : '';
    return followDeployment(context, `Replacing all machines at ${nameOf(current)}${how}.`, head);
  },
});

/** @throws ConfigurationError when the fleet would not get the newest base image, and why */
async function requireNewestBase(context: FleetContext, revisions: readonly Revision[]): Promise<void> {
  const { fleet } = context;
  if (!(await templateHas(context, 'Custom::BaseImage')))
    throw new ConfigurationError(
      `The stack ${quoted(fleet.stackName)} chooses no base image by itself: one is configured (baseImageId, masterImageId), or the stack is older than that. Deploy it again, with "npx cdk deploy ${fleet.stackName}".`,
    );
  const pin = parsePin(fleet.parameters.get(PIN_PARAMETER) ?? '');
  if (pin && isPinInForce(pin, revisions, false))
    throw new ConfigurationError(
      `The fleet is pinned to revision ${pin.revision}, which keeps its base image: deploy a release, and it gets the newest one.`,
    );
}
