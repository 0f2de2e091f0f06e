import type { RefreshStatus } from './types';
import { isActive } from './types';

/** What EventBridge hears: the end of AWS's detail type, `EC2 Auto Scaling Instance Refresh Started`. */
export interface RefreshEvent {
  readonly name:
    | 'Started'
    | 'Checkpoint Reached'
    | 'Succeeded'
    | 'Failed'
    | 'Cancelled'
    | 'Rollback Started'
    | 'Rollback Succeeded'
    | 'Rollback Failed';
  readonly checkpointPercentage?: number;
}

/** What a change of status is told as. */
export function transitions(from: RefreshStatus, to: RefreshStatus): readonly RefreshEvent[] {
  const events: RefreshEvent[] = [];
  if (from === 'Pending' && to !== 'Pending') events.push({ name: 'Started' });
  const wasForward = from === 'Pending' || from === 'InProgress' || from === 'Baking';
  if (wasForward && to.startsWith('Rollback')) events.push({ name: 'Rollback Started' });
  if (isActive(from)) {
    if (to === 'Successful') events.push({ name: 'Succeeded' });
    if (to === 'Failed') events.push({ name: 'Failed' });
    if (to === 'Cancelled') events.push({ name: 'Cancelled' });
    if (to === 'RollbackSuccessful') events.push({ name: 'Rollback Succeeded' });
    if (to === 'RollbackFailed') events.push({ name: 'Rollback Failed' });
  }
  return events;
}
