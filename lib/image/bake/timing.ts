/** How long an image build may take, and how many resources wait for it. */
import { BUDGET_SECONDS, type Round } from '../../custom-resource/step';
import type { BakedImageSpec } from './properties';

/** How many resources wait for a build that may take that long: CloudFormation waits an hour for each. */
export function bakeParts(timeoutMinutes: number): number {
  return Math.max(1, Math.ceil((timeoutMinutes * 60) / BUDGET_SECONDS));
}

/** Whether a build has taken all the time that it is given; no part of the deployment is left to wait for it then. */
export function isOverdue(round: Round<BakedImageSpec>, startedAt: number): boolean {
  const { now, answerBy, spec } = round;
  return now - startedAt >= spec.timeoutMinutes * 60_000 || (now >= answerBy && isLastPart(spec));
}

export function isLastPart({ part, parts }: BakedImageSpec): boolean {
  return part >= parts - 1;
}

/** When the deployment's first part began, as far as a later one can tell. */
export function deploymentStart({ startedAt, spec }: Round<BakedImageSpec>): number {
  return startedAt - spec.part * BUDGET_SECONDS * 1000;
}
