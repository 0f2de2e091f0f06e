import { BUDGET_SECONDS } from '../custom-resource/step';

/** For turning back and answering, when the way forward has taken all it may. */
const TURNING_SECONDS = 4 * 60;

/**
 * How many resources have to wait for a rollout besides the first, each for 55 minutes; CloudFormation
 * waits as long on the way back.
 * @param timeoutSeconds how long the rollout may take
 */
export function waitingResources(timeoutSeconds: number): number {
  return Math.max(0, Math.ceil((timeoutSeconds + TURNING_SECONDS) / BUDGET_SECONDS) - 1);
}
