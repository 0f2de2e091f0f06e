/** The workflows of a run, and their steps, as Image Builder keeps them. */
import { randomUUID } from 'node:crypto';
import type { WorkflowStepMetadata } from '@aws-sdk/client-imagebuilder';
import type { Build, Store, Workflow } from './store';
import type { Stage, StepTiming } from './timing';

/** The run's workflow of that type; a new one begins when the type changes. */
export function workflowOf(
  store: Store,
  build: Build,
  type: Stage['workflow'],
  stages: readonly Stage[],
): Workflow {
  const current = build.workflows.at(-1);
  if (current?.metadata.type === type) return current;
  endWorkflow(current, 'COMPLETED', store.now());
  const name = type.toLowerCase();
  const next: Workflow = {
    metadata: {
      workflowBuildVersionArn: `arn:aws:imagebuilder:${store.core.region}:aws:workflow/${name}/${name}-image/1.0.0/1`,
      workflowExecutionId: `wf-${randomUUID()}`,
      type,
      status: 'RUNNING',
      totalStepCount: stages
        .filter(({ workflow }) => workflow === type)
        .reduce((count, { steps }) => count + steps.length, 0),
      startTime: store.now(),
    },
    steps: [],
  };
  build.workflows.push(next);
  return next;
}

export function beginStep(
  workflow: Workflow,
  { name, action }: StepTiming,
  startTime: string,
): WorkflowStepMetadata {
  const step: WorkflowStepMetadata = {
    ...{ stepExecutionId: `step-${randomUUID()}`, name, action, status: 'RUNNING', startTime },
  };
  workflow.steps.push(step);
  return step;
}

/** Ends a workflow; does nothing when it has ended, or there is none. */
export function endWorkflow(
  workflow: Workflow | undefined,
  status: 'COMPLETED' | 'FAILED' | 'ROLLBACK_COMPLETED' | 'CANCELLED',
  now: string,
  message?: string,
): void {
  if (!workflow || workflow.metadata.endTime !== undefined) return;
  const count = (counted: string) => workflow.steps.filter((step) => step.status === counted).length;
  Object.assign(workflow.metadata, {
    ...{ status, message, endTime: now },
    totalStepsSucceeded: count('COMPLETED'),
    totalStepsFailed: count('FAILED'),
    totalStepsSkipped: 0,
  });
}
