import { ConfigurationError } from '../configuration-error';
import { isStackStuck } from '../custom-resource/stack-status';
import { nameOf } from '../rollout/fleet-status';
import { PIN_PARAMETER } from '../rollout/pin';
import { DEPLOYMENT_FLAGS, DEPLOYMENT_HELP, followDeployment, requireWaiting } from './deployment';
import { COMMON_HELP, type FleetContext, onFleet, readHead } from './on-fleet';
import { requireNoRollout } from './orders';
import { pinTo } from './pin';
import { requireUpdatable, updateParameter } from './stack-update';

const HELP = `rollout retry STACK [flags]

Rolls out once more what was rolled back or failed, as it was built then. When the stack's own way back has
failed (UPDATE_ROLLBACK_FAILED), lets that go on instead.

${DEPLOYMENT_HELP}
${COMMON_HELP}`;

/** `rollout retry` */
export const retryCommand = onFleet({
  name: 'retry',
  help: HELP,
  flags: DEPLOYMENT_FLAGS,
  async run(context) {
    requireWaiting(context);
    const { fleet, ledger, clients } = context;
    const head = await readHead(context);
    if (isStackStuck(fleet.stackStatus)) {
      await clients.cloudFormation.continueUpdateRollback({ StackName: fleet.stackId });
      return followDeployment(context, `The way back of ${fleet.stackName} goes on.`, head, 'back');
    }
    requireNoRollout(head);
    const newest = (await ledger.revisions(fleet.groupName)).at(-1);
    if (!newest) throw nothingToRetry(context, 'there is no revision yet');
    if (newest.outcome?.kind === 'Complete') throw nothingToRetry(context, `${nameOf(newest)} is complete`);
    requireUpdatable(context);
    await updateParameter(context, PIN_PARAMETER, await pinTo(context, newest));
    return followDeployment(context, `Trying ${nameOf(newest)} once more.`, head);
  },
});

function nothingToRetry({ fleet }: FleetContext, why: string): ConfigurationError {
  return new ConfigurationError(
    `There is nothing to retry: ${why}. "rollout restart ${fleet.stackName}" replaces all machines at the same revision.`,
  );
}
