import { defaultTimeoutMinutes } from '../config';
import { waitingResources } from '../rollout/timing';
import { neededTimeoutMinutes } from './controller';
import type { Forecast } from './forecast';

/** What a deployment has to be given for the rollout. */
export interface Deployment {
  /** `rolloutTimeoutMinutes`: what was given, else this project's default, or more where the plan needs it. */
  readonly timeoutMinutes: number;
  /** Resources that wait besides the rollout's own; as many wait on the way back. */
  readonly waitingResources: number;
}

/** What a forecast asks of its deployment. */
export function deploymentOf({ plan, rollback, rolloutSeconds }: Forecast): Deployment {
  const needed = neededTimeoutMinutes(rollback?.atSeconds ?? rolloutSeconds);
  const byDefault = defaultTimeoutMinutes(plan.bakeTimeSeconds ?? 0);
  const timeoutMinutes =
    plan.timeoutSeconds === undefined ? Math.max(byDefault, needed) : plan.timeoutSeconds / 60;
  return {
    timeoutMinutes,
    waitingResources: waitingResources(timeoutMinutes * 60),
  };
}
