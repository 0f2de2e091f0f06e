import type { Refresh } from './fleet';
import { isBaking, stageOf } from './statuses';

/** A rollout's phase, as Kubernetes' tools name it. */
export type Phase = 'Progressing' | 'Paused' | 'Healthy' | 'Degraded';

export interface RolloutStatus {
  readonly phase: Phase;
  readonly message: string;
}

/** Phase and message of a group's latest refresh; of a group that had none, when it is left out. */
export function statusOf(refresh: Refresh | undefined): RolloutStatus {
  if (!refresh) return { phase: 'Healthy', message: 'No instance refresh is known.' };
  const why = refresh.statusReason ? ` ${refresh.statusReason}` : '';
  const towards = refresh.desired ? ` to launch template version ${refresh.desired.version}` : '';
  switch (stageOf(refresh.status)) {
    case 'forward':
      if (isBaking(refresh.status))
        return {
          phase: 'Progressing',
          message: `All machines are replaced, and the alarms are watched for the bake time.${why}`,
        };
      return {
        phase: 'Progressing',
        message: `Instance refresh ${refresh.id}${towards}: ${refresh.percentageComplete}% done, ${refresh.instancesToUpdate} to go.${why}`,
      };
    case 'back':
      return { phase: 'Degraded', message: `Instance refresh ${refresh.id} is rolling back.${why}` };
    case 'cancelling':
      return { phase: 'Degraded', message: `Instance refresh ${refresh.id} is being cancelled.${why}` };
    case 'successful':
      return { phase: 'Healthy', message: `Instance refresh ${refresh.id}${towards} is complete.` };
    case 'rolledBack':
      return {
        phase: 'Degraded',
        message: `Instance refresh ${refresh.id}${towards} was rolled back.${why}`,
      };
    case 'broken':
      return {
        phase: 'Degraded',
        message: `Instance refresh ${refresh.id}${towards} ended as ${refresh.status}: the fleet may hold two releases.${why}`,
      };
  }
}
