import type { Outcome, Round } from '../custom-resource/step';
import { type Ledger, LedgerConflict } from '../ledger/ledger';
import type { OpenRollout } from '../ledger/types';
import type { Action, Entry, Event } from './action';
import { codeOf, type RolloutClients } from './clients';
import { fail } from './endings';
import { GATE_DELAY_SECONDS } from './gates';
import type { RolloutSpec } from './properties';

type TurningBack = Action & { kind: 'rollBack' | 'cancel' };

/** Carries out an action. It may be repeated when its answer was lost. */
export async function execute(
  action: Action,
  round: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<Outcome> {
  const ledger = clients.ledger(round.spec.ledgerTable);
  try {
    return await carryOut(action, round, clients, ledger);
  } catch (error) {
    // Somebody else has written first: what they wrote decides anew.
    if (error instanceof LedgerConflict) return { kind: 'wait', seconds: 2, message: error.message };
    throw error;
  }
}

async function carryOut(
  action: Action,
  round: Round<RolloutSpec>,
  clients: RolloutClients,
  ledger: Ledger,
): Promise<Outcome> {
  const fleet = round.spec.groupName;
  switch (action.kind) {
    case 'start': {
      const started = await start(action, round, clients);
      return carryOut(started, round, clients, ledger);
    }
    case 'rollBack':
    case 'cancel': {
      const { open, reason } = action;
      if (open && !open.trouble) await ledger.amend(fleet, open, { trouble: reason });
      return action.kind === 'cancel' ? cancel(action, round, clients) : rollBack(action, round, clients);
    }
    case 'open': {
      const { head, rollout, revision, superseded } = action;
      await ledger.open(head, rollout, revision, superseded);
      return { kind: 'wait', seconds: 1, message: `This is revision ${rollout.revision}.` };
    }
    case 'amend':
      await ledger.amend(fleet, action.open, action.change);
      await note(ledger, round, action.event);
      return { kind: 'wait', seconds: 1, message: action.message };
    case 'interrupt': {
      const { open, refreshId, message } = action;
      if (open.cancelled !== refreshId || open.holding)
        await ledger.amend(fleet, open, { cancelled: refreshId, holding: undefined });
      return { ...(await cancel({ reason: message }, round, clients)), note: '' };
    }
    case 'wait': {
      const { event, ...outcome } = action;
      await note(ledger, round, event);
      return outcome;
    }
    default: {
      const { entry, ...ending } = action;
      await write(ledger, fleet, entry);
      return ending;
    }
  }
}

async function note(ledger: Ledger, round: Round<RolloutSpec>, event: Event | undefined): Promise<void> {
  if (event) await ledger.note({ fleet: round.spec.groupName, at: round.now, ...event });
}

async function write(ledger: Ledger, fleet: string, entry: Entry | undefined): Promise<void> {
  if (entry?.kind === 'close') await ledger.close(fleet, entry.open, entry.outcome);
  if (entry?.kind === 'amend') await ledger.amend(fleet, entry.open, entry.change);
}

/** @returns what is left to do: to wait, or to fail when it was refused */
async function start(
  action: Action & { kind: 'start' },
  round: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<Action> {
  const { spec } = round;
  const alarms = action.isReversible ? spec.alarmNames : [];
  const { checkpoint } = action;
  try {
    await clients.autoScaling.startInstanceRefresh({
      AutoScalingGroupName: spec.groupName,
      Strategy: 'Rolling',
      DesiredConfiguration: {
        LaunchTemplate: {
          LaunchTemplateId: action.version.launchTemplateId,
          Version: action.version.version,
        },
      },
      Preferences: {
        MinHealthyPercentage: spec.minHealthyPercentage,
        MaxHealthyPercentage: spec.maxHealthyPercentage,
        InstanceWarmup: spec.instanceWarmupSeconds,
        SkipMatching: action.skipMatching,
        AutoRollback: action.isReversible,
        ...(alarms.length > 0
          ? { AlarmSpecification: { Alarms: [...alarms] }, BakeTime: spec.bakeTimeSeconds }
          : {}),
        ...(checkpoint === undefined
          ? {}
          : { CheckpointPercentages: [checkpoint, 100], CheckpointDelay: GATE_DELAY_SECONDS }),
      },
    });
  } catch (error) {
    return afterRefusal(error, round, action.open);
  }
  return { kind: 'wait', seconds: 5, message: `The rollout of ${spec.release} has started.`, note: '' };
}

function afterRefusal(error: unknown, round: Round<RolloutSpec>, open: OpenRollout | undefined): Action {
  const message = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    // Ours, when the answer to an earlier attempt was lost; somebody else's, when they were faster.
    case 'InstanceRefreshInProgress':
      return { kind: 'wait', seconds: 5, message: 'An instance refresh is in progress.' };
    case 'ValidationError':
    case 'LimitExceeded':
      return fail(round, `Auto Scaling refused to start it: ${message}`, open);
    case 'AccessDenied':
    case 'UnauthorizedOperation':
      // Thrown, so that it is tried again: a permission takes a while to spread.
      throw new Error(
        `${message} (Starting a refresh takes ec2:RunInstances, ec2:CreateTags and iam:PassRole too, for what the launch template starts.)`,
        { cause: error },
      );
    default:
      throw error;
  }
}

async function rollBack(
  action: TurningBack,
  round: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<Outcome> {
  try {
    await clients.autoScaling.rollbackInstanceRefresh({ AutoScalingGroupName: round.spec.groupName });
  } catch (error) {
    switch (codeOf(error)) {
      // It has ended in the meantime: the next round sees how.
      case 'ActiveInstanceRefreshNotFound':
        return {
          kind: 'wait',
          seconds: 5,
          message: 'The instance refresh has just ended.',
          note: action.reason,
        };
      // There is no way back; what is left is to stop.
      case 'IrreversibleInstanceRefresh': {
        const why = error instanceof Error ? ` It can't be rolled back: ${error.message}` : '';
        return cancel({ reason: `${action.reason}${why}` }, round, clients);
      }
      default:
        throw error;
    }
  }
  return { kind: 'wait', seconds: 10, message: `Rolling back: ${action.reason}`, note: action.reason };
}

async function cancel(
  action: Pick<TurningBack, 'reason'>,
  round: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<Outcome & { kind: 'wait' }> {
  try {
    await clients.autoScaling.cancelInstanceRefresh({ AutoScalingGroupName: round.spec.groupName });
  } catch (error) {
    if (codeOf(error) !== 'ActiveInstanceRefreshNotFound') throw error;
  }
  return { kind: 'wait', seconds: 5, message: `Cancelling: ${action.reason}`, note: action.reason };
}
