import { parseConfiguration } from '../config';
import { waitingResources } from '../rollout/timing';
import { neededTimeoutMinutes } from './controller';
import type { Forecast } from './forecast';

/** This project's default for `rolloutTimeoutMinutes`. */
export const DEFAULT_TIMEOUT_MINUTES = parseConfiguration({}).rollout.timeoutMinutes;

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
  const timeoutMinutes =
    plan.timeoutSeconds === undefined ? Math.max(DEFAULT_TIMEOUT_MINUTES, needed) : plan.timeoutSeconds / 60;
  return { timeoutMinutes, waitingResources: waitingResources(timeoutMinutes * 60) };
}
