import type { RefreshStatus } from '../refresh-model';
import { Carriage } from './carry-out';
import type { Plan } from './plan';
import { type Hold, type Interval, type Moment, sumsOf } from './timeline';

/** What a plan leads to. */
export interface Forecast {
  readonly plan: Plan;
  /** How the instance refresh ends. */
  readonly outcome: RefreshStatus;
  /** What AWS, or this project's rollout, would give as the reason when it does not succeed. */
  readonly reason?: string;
  readonly bakeSeconds: number;
  /** From the start of the instance refresh until it ends, with the way back if there is one. */
  readonly rolloutSeconds: number;
  /** In which both releases serve, until the rollout ends. */
  readonly twoVersionsSeconds: number;
  /** When that is. */
  readonly twoVersions: readonly Interval[];
  /** Fewest machines that serve at a time. */
  readonly lowestHealthyCapacity: number;
  /** When that few serve first. */
  readonly lowestAtSeconds: number;
  /** Most machines at a time, with those that start and those that leave. */
  readonly mostMachines: number;
  /** Hours of machines beyond the capacity. */
  readonly extraMachineHours: number;
  /** What they cost, when the plan has a price. */
  readonly extraCost?: number;
  /** Machines that run the old release at the end. */
  readonly oldAtEnd: number;
  readonly rollback?: { readonly atSeconds: number; readonly seconds: number };
  /** Waits at checkpoints, and the bake time. */
  readonly holds: readonly Hold[];
  readonly timeline: readonly Moment[];
}

/**
 * Carries a plan out on the model of the instance refresh, in virtual time.
 * @throws RefreshFault ValidationError, when AWS would refuse the plan
 */
export function forecast(plan: Plan): Forecast {
  const { refresh, timeline, holds } = new Carriage(plan).run();
  const seconds = (ms: number | undefined) => (ms ?? 0) / 1000;
  const rolloutSeconds = seconds(refresh.endedAt);
  const sums = sumsOf(timeline, plan.capacity, rolloutSeconds);
  const { rollback } = refresh;
  const startedBackAt = seconds(rollback?.startedAt);
  const extraMachineHours = sums.extraMachineSeconds / 3600;
  return {
    plan,
    outcome: refresh.status,
    reason: refresh.status === 'Successful' ? undefined : refresh.statusReason,
    bakeSeconds: plan.bakeSeconds ?? 0,
    rolloutSeconds,
    twoVersionsSeconds: sums.twoVersions.reduce((sum, each) => sum + each.untilSeconds - each.fromSeconds, 0),
    twoVersions: sums.twoVersions,
    lowestHealthyCapacity: sums.lowest,
    lowestAtSeconds: sums.lowestAtSeconds,
    mostMachines: sums.most,
    extraMachineHours,
    extraCost: plan.pricePerHour === undefined ? undefined : plan.pricePerHour * extraMachineHours,
    oldAtEnd: timeline.at(-1)?.old ?? 0,
    rollback: rollback && { atSeconds: startedBackAt, seconds: rolloutSeconds - startedBackAt },
    holds,
    timeline,
  };
}
