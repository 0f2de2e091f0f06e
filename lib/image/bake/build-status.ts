import type {
  ImageStatus,
  WorkflowExecutionStatus,
  WorkflowStepExecutionStatus,
} from '@aws-sdk/client-imagebuilder';
import { meaningOf } from '../../known-value';

type BuildStage = 'running' | 'available' | 'failed' | 'retired';

const BUILDS: Readonly<Record<ImageStatus, BuildStage>> = {
  PENDING: 'running',
  CREATING: 'running',
  BUILDING: 'running',
  TESTING: 'running',
  DISTRIBUTING: 'running',
  INTEGRATING: 'running',
  AVAILABLE: 'available',
  FAILED: 'failed',
  CANCELLED: 'failed',
  DEPRECATED: 'retired',
  DISABLED: 'retired',
  DELETED: 'retired',
};

/**
 * Where an image build stands, by its status.
 * @throws Error naming a status that is not known
 * @see https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImageState.html
 */
export function buildStage(status: string): BuildStage {
  return meaningOf(BUILDS, status, 'An image build has the unknown status');
}

/** Whether something failed by itself, or was only cancelled, as what runs beside a failure is. */
type Failing = 'failed' | 'cancelled' | 'no';

/** A workflow that failed stands as rolled back when its steps undo what they have made. */
const WORKFLOWS: Readonly<Record<WorkflowExecutionStatus, Failing>> = {
  PENDING: 'no',
  SKIPPED: 'no',
  RUNNING: 'no',
  COMPLETED: 'no',
  FAILED: 'failed',
  ROLLBACK_IN_PROGRESS: 'failed',
  ROLLBACK_COMPLETED: 'failed',
  CANCELLED: 'cancelled',
};

const STEPS: Readonly<Record<WorkflowStepExecutionStatus, Failing>> = {
  PENDING: 'no',
  SKIPPED: 'no',
  RUNNING: 'no',
  COMPLETED: 'no',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

interface WithStatus {
  readonly status?: string;
}

/**
 * The workflow that made a build fail; where none failed, one that was cancelled.
 * @throws Error naming a status that is not known
 * @see https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_WorkflowExecutionMetadata.html
 */
export function failedWorkflow<T extends WithStatus>(workflows: readonly T[]): T | undefined {
  return failing(workflows, ({ status }) =>
    meaningOf(WORKFLOWS, status, 'An image workflow has the unknown status'),
  );
}

/**
 * The step that made a workflow fail; where none failed, one that was cancelled.
 * @throws Error naming a status that is not known
 * @see https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_WorkflowStepMetadata.html
 */
export function failedStep<T extends WithStatus>(steps: readonly T[]): T | undefined {
  return failing(steps, ({ status }) =>
    meaningOf(STEPS, status, 'A step of an image workflow has the unknown status'),
  );
}

function failing<T>(all: readonly T[], failingOf: (one: T) => Failing): T | undefined {
  const seen = all.map((one) => [failingOf(one), one] as const);
  return (seen.find(([how]) => how === 'failed') ?? seen.find(([how]) => how === 'cancelled'))?.[1];
}
