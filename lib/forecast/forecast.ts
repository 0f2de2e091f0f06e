import type { RefreshStatus } from '../refresh-model';
import { Carriage } from './carry-out';
import type { Plan } from './plan';

/** How many machines there are from a moment on, until the next one. */
export interface Moment {
  /** From the rollout's start, when the image is baked. */
  readonly atSeconds: number;
  /** Serving, with the release from before. */
  readonly old: number;
  /** Serving, with the new release. */
  readonly new: number;
  /** Launched, and not serving: not yet, or never. */
  readonly starting: number;
  /** Told to go; they finish what they began. */
  readonly leaving: number;
}

/** What a plan leads to. */
export interface Forecast {
  readonly plan: Plan;
  /** How the instance refresh ends. */
  readonly outcome: RefreshStatus;
  /** What AWS would give as the reason when it does not succeed. */
  readonly reason?: string;
  readonly bakeSeconds: number;
  /** From the start of the instance refresh until it ends, with the way back if there is one. */
  readonly rolloutSeconds: number;
  /** In which both releases serve, until the rollout ends. */
  readonly twoVersionsSeconds: number;
  /** Fewest machines that serve at a time. */
  readonly lowestHealthyCapacity: number;
  /** Most machines at a time, with those that start and those that leave. */
  readonly mostMachines: number;
  /** Hours of machines beyond the capacity. */
  readonly extraMachineHours: number;
  /** What they cost, when the plan has a price. */
  readonly extraCost?: number;
  /** Machines that run the old release at the end. */
  readonly oldAtEnd: number;
  readonly rollback?: { readonly atSeconds: number; readonly seconds: number };
  readonly timeline: readonly Moment[];
}

/**
 * Carries a plan out on the model of the instance refresh, in virtual time.
 * @throws RefreshFault ValidationError, when AWS would refuse the plan
 */
export function forecast(plan: Plan): Forecast {
  const { refresh, timeline } = new Carriage(plan).run();
  const seconds = (ms: number | undefined) => (ms ?? 0) / 1000;
  const rolloutSeconds = seconds(refresh.endedAt);
  const sums = timeline.reduce(
    (sum, moment, index) => {
      const lasts = (timeline[index + 1]?.atSeconds ?? moment.atSeconds) - moment.atSeconds;
      const all = machinesAt(moment);
      const both = moment.old > 0 && moment.new > 0 && moment.atSeconds < rolloutSeconds;
      return {
        twoVersions: sum.twoVersions + (both ? lasts : 0),
        extra: sum.extra + Math.max(0, all - plan.capacity) * lasts,
        lowest: Math.min(sum.lowest, moment.old + moment.new),
        most: Math.max(sum.most, all),
      };
    },
    { twoVersions: 0, extra: 0, lowest: plan.capacity, most: 0 },
  );
  const { rollback } = refresh;
  const startedBackAt = seconds(rollback?.startedAt);
  const extraMachineHours = sums.extra / 3600;
  return {
    plan,
    outcome: refresh.status,
    reason: refresh.status === 'Successful' ? undefined : refresh.statusReason,
    bakeSeconds: plan.bakeSeconds ?? 0,
    rolloutSeconds,
    twoVersionsSeconds: sums.twoVersions,
    lowestHealthyCapacity: sums.lowest,
    mostMachines: sums.most,
    extraMachineHours,
    extraCost: plan.pricePerHour === undefined ? undefined : plan.pricePerHour * extraMachineHours,
    oldAtEnd: timeline.at(-1)?.old ?? 0,
    rollback: rollback && { atSeconds: startedBackAt, seconds: rolloutSeconds - startedBackAt },
    timeline,
  };
}

/** Machines that exist, whatever they do. */
export function machinesAt(moment: Moment): number {
  return moment.old + moment.new + moment.starting + moment.leaving;
}
