import type { ResourceStatus, StackStatus } from '@aws-sdk/client-cloudformation';
import { meaningOf } from '../known-value';

/** What a stack's status says: whether it is at work, and what it can be asked for. */
interface Meaning {
  readonly busy?: 'forward' | 'back' | 'else';
  /** Takes an update. */
  readonly updatable?: boolean;
  /** Rolling back an update, or came back from one. */
  readonly isBack?: boolean;
}

const STACKS: Readonly<Record<StackStatus, Meaning>> = {
  REVIEW_IN_PROGRESS: { busy: 'else' },
  CREATE_IN_PROGRESS: { busy: 'forward' },
  CREATE_FAILED: {},
  CREATE_COMPLETE: { updatable: true },
  ROLLBACK_IN_PROGRESS: { busy: 'back' },
  ROLLBACK_FAILED: {},
  ROLLBACK_COMPLETE: {},
  DELETE_IN_PROGRESS: { busy: 'else' },
  DELETE_FAILED: {},
  DELETE_COMPLETE: {},
  UPDATE_IN_PROGRESS: { busy: 'forward' },
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: { busy: 'else' },
  UPDATE_COMPLETE: { updatable: true },
  UPDATE_FAILED: {},
  UPDATE_ROLLBACK_IN_PROGRESS: { busy: 'back', isBack: true },
  UPDATE_ROLLBACK_FAILED: { isBack: true },
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: { busy: 'else', isBack: true },
  UPDATE_ROLLBACK_COMPLETE: { updatable: true, isBack: true },
  IMPORT_IN_PROGRESS: { busy: 'else' },
  IMPORT_COMPLETE: { updatable: true },
  IMPORT_ROLLBACK_IN_PROGRESS: { busy: 'back' },
  IMPORT_ROLLBACK_FAILED: {},
  IMPORT_ROLLBACK_COMPLETE: { updatable: true },
};

/**
 * @throws Error naming a status that is not known
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
 */
function meaning(status: string): Meaning {
  return meaningOf(STACKS, status, 'A stack has the unknown status');
}

/** Whether CloudFormation is at work on a stack: nothing else can be asked of it meanwhile. */
export function isStackBusy(status: string): boolean {
  return meaning(status).busy !== undefined;
}

/** Whether a stack's rollback has failed: it continues from there, or not at all. */
export function isStackStuck(status: string): boolean {
  meaning(status);
  return status === 'UPDATE_ROLLBACK_FAILED';
}

/** Whether a stack in this status takes an update. */
export function isStackUpdatable(status: string): boolean {
  return meaning(status).updatable === true;
}

/** Whether a stack is rolling back an update, or came back from one. */
export function isStackBack(status: string): boolean {
  return meaning(status).isBack === true;
}

/** Whether a stack undoes what was begun. */
export function isStackGoingBack(status: string): boolean {
  return meaning(status).busy === 'back';
}

/** Whether a deployment of the stack is in progress and was not aborted. */
export function isStackGoingForward(status: string): boolean {
  return meaning(status).busy === 'forward';
}

const RESOURCES: Readonly<Record<ResourceStatus, 'busy' | 'failed' | 'at rest'>> = {
  CREATE_IN_PROGRESS: 'busy',
  CREATE_FAILED: 'failed',
  CREATE_COMPLETE: 'at rest',
  DELETE_IN_PROGRESS: 'busy',
  DELETE_FAILED: 'failed',
  DELETE_COMPLETE: 'at rest',
  DELETE_SKIPPED: 'at rest',
  UPDATE_IN_PROGRESS: 'busy',
  UPDATE_FAILED: 'failed',
  UPDATE_COMPLETE: 'at rest',
  IMPORT_FAILED: 'failed',
  IMPORT_COMPLETE: 'at rest',
  IMPORT_IN_PROGRESS: 'busy',
  IMPORT_ROLLBACK_IN_PROGRESS: 'busy',
  IMPORT_ROLLBACK_FAILED: 'failed',
  IMPORT_ROLLBACK_COMPLETE: 'at rest',
  EXPORT_FAILED: 'failed',
  EXPORT_COMPLETE: 'at rest',
  EXPORT_IN_PROGRESS: 'busy',
  EXPORT_ROLLBACK_IN_PROGRESS: 'busy',
  EXPORT_ROLLBACK_FAILED: 'failed',
  EXPORT_ROLLBACK_COMPLETE: 'at rest',
  UPDATE_ROLLBACK_IN_PROGRESS: 'busy',
  UPDATE_ROLLBACK_COMPLETE: 'at rest',
  UPDATE_ROLLBACK_FAILED: 'failed',
  ROLLBACK_IN_PROGRESS: 'busy',
  ROLLBACK_COMPLETE: 'at rest',
  ROLLBACK_FAILED: 'failed',
};

/** @throws Error naming a status that is not known */
function resourceIs(status: string | undefined) {
  return meaningOf(RESOURCES, status, 'A resource has the unknown status');
}

/** Whether CloudFormation is at work on a resource, by the status of its last event. */
export function isResourceBusy(status: string): boolean {
  return resourceIs(status) === 'busy';
}

/** Whether an event tells that something about a resource has failed. */
export function isResourceFailed(status: string | undefined): boolean {
  return resourceIs(status) === 'failed';
}
