/**
 * Where an image build stands, by its status.
 * @throws Error naming a status that is not known
 * @see https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImageState.html
 */
export function buildStage(status: string): 'running' | 'available' | 'failed' | 'retired' {
  switch (status) {
    case 'PENDING':
    case 'CREATING':
    case 'BUILDING':
    case 'TESTING':
    case 'DISTRIBUTING':
    case 'INTEGRATING':
      return 'running';
    case 'AVAILABLE':
      return 'available';
    case 'FAILED':
    case 'CANCELLED':
      return 'failed';
    case 'DEPRECATED':
    case 'DISABLED':
    case 'DELETED':
      return 'retired';
    default:
      throw new Error(`An image build has the unknown status "${status}".`);
  }
}

/** Whether a workflow, or a step of one, in this status is the one that failed. */
export function isFailedStep(status: string | undefined): boolean {
  return status === 'FAILED' || status === 'TIMED_OUT' || status === 'CANCELLED';
}
