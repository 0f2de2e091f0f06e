import {
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  type InstanceMaintenancePolicy,
  type InstanceRefresh,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Provisioning } from '../core/service';
import { type RefreshPolicy, refreshPreferences } from './update-policy';

/** Modelled times of CloudFormation's own instance refresh, in milliseconds. */
const timing = {
  /** How often CloudFormation looks at its refresh. */
  lookMs: 15_000,
  /** CloudFormation's longest wait for one resource, in each direction. */
  longestMs: 36 * 3_600_000,
};

/** What a look at a refresh says. */
type Outcome = 'goesOn' | 'succeeded' | 'failed';

/**
 * Starts an instance refresh towards the group as it was just written, and waits for its end. It has no desired
 * configuration, so Auto Scaling itself can't roll it back; it can be cancelled. A refresh that takes longer than
 * CloudFormation waits, or whose update is given up, is cancelled here.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
 * @throws Fault when it can't be started, as AWS refuses it; or when it ended otherwise than Successful
 */
export async function refreshInstances(
  group: string,
  policy: RefreshPolicy,
  maintenance: InstanceMaintenancePolicy | undefined,
  provisioning: Provisioning,
): Promise<void> {
  const { core } = provisioning;
  const update = { isGivenUp: false };
  void provisioning.cancelled?.then(() => {
    update.isGivenUp = true;
  });
  // A cancellation from before now is known only after this turn.
  await Promise.resolve();
  if (update.isGivenUp) throw notSuccessful(group, 'was not started: the update was cancelled.');

  const { InstanceRefreshId: id = '' } = await core.send(
    new StartInstanceRefreshCommand({
      AutoScalingGroupName: group,
      Strategy: policy.strategy,
      Preferences: refreshPreferences(policy, maintenance, provisioning.isRollback ?? false),
    }),
  );
  const until = core.clock.now() + timing.longestMs;
  let isCancelled = false;
  let told = '';
  for (;;) {
    const refresh = await read(core, group, id);
    const message = progressOf(refresh);
    if (message !== told) provisioning.progress?.(message);
    told = message;
    const outcome = outcomeOf(refresh);
    if (outcome === 'succeeded') return;
    const isOverdue = core.clock.now() >= until;
    if (outcome === 'failed') {
      const why = isOverdue ? 'It had not ended within 36 hours.' : (refresh.StatusReason ?? '');
      throw notSuccessful(group, `${id} ended as ${refresh.Status}. ${why}`.trim());
    }
    if ((isOverdue || update.isGivenUp) && !isCancelled) {
      isCancelled = true;
      await cancel(core, group);
    }
    await core.clock.sleep(timing.lookMs);
  }
}

function progressOf({ InstanceRefreshId, Status, PercentageComplete = 0 }: InstanceRefresh): string {
  return `Instance refresh ${InstanceRefreshId} is ${Status}, ${PercentageComplete}% complete.`;
}

function outcomeOf({ InstanceRefreshId, Status }: InstanceRefresh): Outcome {
  switch (Status) {
    case 'Pending':
    case 'InProgress':
    case 'Baking':
    case 'Cancelling':
    case 'RollbackInProgress':
      return 'goesOn';
    case 'Successful':
      return 'succeeded';
    case 'Failed':
    case 'Cancelled':
    case 'RollbackFailed':
    case 'RollbackSuccessful':
      return 'failed';
    case undefined:
      throw new Fault('InternalFailure', `The instance refresh ${InstanceRefreshId} has no status.`);
  }
}

function notSuccessful(group: string, what: string): Fault {
  return new Fault('NotStabilized', `The instance refresh of the Auto Scaling group ${group} ${what}`);
}

async function read(core: Core, group: string, id: string): Promise<InstanceRefresh> {
  const { InstanceRefreshes: [refresh] = [] } = await core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group, InstanceRefreshIds: [id] }),
  );
  if (refresh) return refresh;
  throw notSuccessful(group, `${id} is no longer there.`);
}

async function cancel(core: Core, group: string): Promise<void> {
  try {
    await core.send(new CancelInstanceRefreshCommand({ AutoScalingGroupName: group }));
  } catch (error) {
    // It has ended, or somebody else cancelled it, since the look.
    if (!(error instanceof Fault && error.code === 'ActiveInstanceRefreshNotFound')) throw error;
  }
}
