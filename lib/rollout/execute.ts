import type { Outcome, Round } from '../custom-resource/step';
import { codeOf, type RolloutClients } from './clients';
import type { Action } from './decide';
import type { RolloutSpec } from './properties';

/** Carries out an action. It may be repeated when its answer was lost. */
export async function execute(
  action: Action,
  round: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<Outcome> {
  switch (action.kind) {
    case 'start':
      return start(action, round, clients);
    case 'rollBack':
      return rollBack(action, round, clients);
    case 'cancel':
      return cancel(action, round, clients);
    default:
      return action;
  }
}

async function start(
  action: Action & { kind: 'start' },
  { spec }: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<Outcome> {
  const alarms = action.isReversible ? spec.alarmNames : [];
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
        SkipMatching: spec.skipMatching,
        AutoRollback: action.isReversible,
        ...(alarms.length > 0 ? { AlarmSpecification: { Alarms: [...alarms] } } : {}),
      },
    });
  } catch (error) {
    return afterRefusal(error, spec);
  }
  return { kind: 'wait', seconds: 5, message: `The rollout of ${spec.release} has started.` };
}

function afterRefusal(error: unknown, spec: RolloutSpec): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    // Ours, when the answer to an earlier attempt was lost; somebody else's, when they were faster.
    case 'InstanceRefreshInProgress':
      return { kind: 'wait', seconds: 5, message: 'An instance refresh is in progress.' };
    case 'ValidationError':
    case 'LimitExceeded':
      return {
        kind: 'fail',
        reason: `Auto Scaling refused to start the rollout of ${spec.release} to ${spec.groupName}: ${message}`,
      };
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
  action: Action & { kind: 'rollBack' },
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
        return cancel({ ...action, kind: 'cancel', reason: `${action.reason}${why}` }, round, clients);
      }
      default:
        throw error;
    }
  }
  return { kind: 'wait', seconds: 10, message: `Rolling back: ${action.reason}`, note: action.reason };
}

async function cancel(
  action: Action & { kind: 'cancel' },
  round: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<Outcome> {
  try {
    await clients.autoScaling.cancelInstanceRefresh({ AutoScalingGroupName: round.spec.groupName });
  } catch (error) {
    if (codeOf(error) !== 'ActiveInstanceRefreshNotFound') throw error;
  }
  return { kind: 'wait', seconds: 5, message: `Cancelling: ${action.reason}`, note: action.reason };
}
