import { type LongRunning, runStep, type StepEvent, type StepResult } from './step';

/** A kind's step function: runs one round, and logs what came of it. */
export function stepHandler<Spec>(kind: LongRunning<Spec>): (event: StepEvent) => Promise<StepResult> {
  return async (event) => {
    const result = await runStep(event, kind);
    const { LogicalResourceId: resource, RequestType: request } = event.request;
    console.log(JSON.stringify({ resource, request, ...result }));
    return result;
  };
}
