/** Whether CloudFormation is at work on a stack: nothing else can be asked of it meanwhile. */
export function isStackBusy(status: string): boolean {
  return status.endsWith('_IN_PROGRESS');
}

/** Whether a stack's way back has failed: it goes on from there, or not at all. */
export function isStackStuck(status: string): boolean {
  return status === 'UPDATE_ROLLBACK_FAILED';
}

/**
 * Whether a stack in this status takes an update.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
 */
export function isStackUpdatable(status: string): boolean {
  switch (status) {
    case 'CREATE_COMPLETE':
    case 'UPDATE_COMPLETE':
    case 'UPDATE_ROLLBACK_COMPLETE':
    case 'IMPORT_COMPLETE':
    case 'IMPORT_ROLLBACK_COMPLETE':
      return true;
    default:
      return false;
  }
}

/** Whether a stack is on its way back from an update, or came back from one. */
export function isStackBack(status: string): boolean {
  return status.startsWith('UPDATE_ROLLBACK_');
}

/** Whether a deployment of the stack goes on that was not given up. */
export function isStackGoingForward(status: string): boolean {
  return status === 'CREATE_IN_PROGRESS' || status === 'UPDATE_IN_PROGRESS';
}
