import type { Machine, Observation, Refresh, Step } from '../../lib/refresh-model';
import { boundsOf, launchTemplate, stepRefresh } from '../../lib/refresh-model';
import { isUpToDate } from '../../lib/refresh-model/matching';

const legal: Readonly<Record<Refresh['status'], readonly Refresh['status'][]>> = {
  Pending: ['InProgress', 'Baking', 'Successful', 'Failed', 'RollbackInProgress', 'RollbackSuccessful'],
  InProgress: ['Baking', 'Successful', 'Failed', 'RollbackInProgress', 'RollbackSuccessful'],
  Baking: ['Successful', 'Failed', 'RollbackInProgress', 'RollbackSuccessful'],
  Cancelling: ['Cancelled'],
  RollbackInProgress: ['RollbackSuccessful', 'RollbackFailed'],
  Successful: [],
  Failed: [],
  Cancelled: [],
  RollbackSuccessful: [],
  RollbackFailed: [],
};
/** Asking the model a second time costs as much as the first: not at each step. */
const askAgainEvery = 8;

/** Holds the model's steps against what must always be true of them. */
export class Watch {
  readonly broken: string[] = [];
  private steps = 0;
  private before?: Refresh;
  private sizes = { desired: 0, warm: 0 };

  /** A request has changed the refresh. */
  asked(refresh: Refresh): void {
    this.before = refresh;
  }

  step(refresh: Refresh, observation: Observation, step: Step, now: number): void {
    const { group, machines } = observation;
    const say = (what: string) => this.broken.push(`${what} at ${now}`);
    const { status } = step.refresh;
    if (status !== refresh.status && !legal[refresh.status].includes(status))
      say(`${refresh.status} became ${status}`);

    const goes = new Set([...step.terminate, ...step.replaceRoot]);
    this.bounds(step, observation, goes, now, false);
    if (group.warmCapacity !== undefined) this.bounds(step, observation, goes, now, true);
    const target = launchTemplate(step.refresh);
    const spares = refresh.preferences.skipMatching || step.refresh.rollback !== undefined;
    for (const machine of machines) {
      if (!spares || !goes.has(machine.id)) continue;
      if (isUpToDate(machine, target, refresh.strategy)) say(`${machine.id} matches, and was replaced`);
    }

    this.percentages(step.refresh, observation, now);
    if (this.steps++ % askAgainEvery === 0) {
      const again = stepRefresh(step.refresh, observation, now);
      if (again.refresh.status !== status || again.launch !== step.launch || again.events.length > 0)
        say('the same step again was another');
    }
  }

  end(refresh: Refresh, { machines }: Observation): void {
    const { preferences, strategy } = refresh;
    if (refresh.status !== 'Successful' && refresh.status !== 'RollbackSuccessful') return;
    const target = launchTemplate(refresh);
    const last = refresh.status === 'Successful' ? (preferences.checkpointPercentages.at(-1) ?? 100) : 100;
    const counted = machines.filter((machine) => isCounted(machine, preferences));
    const strays = counted.filter((machine) => !isUpToDate(machine, target, strategy));
    const live = counted.filter(({ warm, lifecycle }) => !warm && lifecycle !== 'Standby');
    if (last === 100 && strays.length > 0)
      this.broken.push(`${refresh.status} with ${strays.map(({ id }) => id).join(', ')} left`);
    const matching = live.filter((machine) => isUpToDate(machine, target, strategy)).length;
    if (matching < Math.floor((live.length * last) / 100))
      this.broken.push(`${refresh.status} with ${matching} of ${live.length} machines`);
  }

  private bounds(
    { launch, warm, refresh }: Step,
    { group, machines }: Observation,
    goes: ReadonlySet<string>,
    now: number,
    inWarmPool: boolean,
  ): void {
    const { preferences, strategy } = refresh;
    const capacity = inWarmPool ? (group.warmCapacity ?? 0) : group.desiredCapacity;
    const { minHealthyPercentage } = preferences;
    const inPlace = strategy === 'ReplaceRootVolume';
    const bounds = boundsOf(inPlace ? { minHealthyPercentage } : preferences, capacity);
    const warmupMs = preferences.instanceWarmupSeconds * 1000;
    let [live, left, readyLeft, servingGone] = [0, 0, 0, 0];
    for (const machine of machines) {
      const { lifecycle, healthy, inServiceAt = 0, id } = machine;
      if (lifecycle === 'Terminating' || lifecycle === 'Standby' || (machine.warm ?? false) !== inWarmPool)
        continue;
      live++;
      const serves = lifecycle === 'InService' && healthy;
      if (goes.has(id)) {
        if (serves) servingGone++;
        if (!inPlace) continue;
      } else if (serves && inServiceAt + warmupMs <= now) readyLeft++;
      left++;
    }
    if (servingGone > 0 && readyLeft < bounds.minReady)
      this.broken.push(`${readyLeft} ready machines left at ${now}, fewer than ${bounds.minReady}`);
    // AWS's rule for bounds that cannot both be met: one more than there are to be.
    const excludeEachOther = bounds.mayOverrun && bounds.minReady === capacity && bounds.maxLive === capacity;
    const most = Math.max(excludeEachOther ? capacity + 1 : bounds.maxLive, capacity, live);
    const after = left + (inWarmPool ? (warm?.launch ?? 0) : launch);
    if (after > most) this.broken.push(`${after} machines at ${now}, more than ${most}`);
  }

  private percentages(refresh: Refresh, { group }: Observation, now: number): void {
    const { desiredCapacity: desired, warmCapacity: warm = 0 } = group;
    const grew = desired > this.sizes.desired || warm > this.sizes.warm;
    const before = this.before?.progress.percentageComplete ?? 0;
    const { percentageComplete } = refresh.progress;
    if (percentageComplete < before && !refresh.rollback && !grew)
      this.broken.push(`the percentage fell from ${before} to ${percentageComplete} at ${now}`);
    if (percentageComplete > before && refresh.rollback && this.before?.rollback)
      this.broken.push(`the percentage rose to ${percentageComplete} on the way back at ${now}`);
    if (percentageComplete < 0 || percentageComplete > 100)
      this.broken.push(`the percentage is ${percentageComplete} at ${now}`);
    this.before = refresh;
    this.sizes = { desired, warm };
  }
}

/** Whether a machine is one that a refresh that has succeeded must have brought to its configuration. */
function isCounted(machine: Machine, preferences: Refresh['preferences']): boolean {
  if (machine.lifecycle === 'Terminating') return false;
  if (machine.lifecycle === 'Standby') return preferences.standbyInstances !== 'Ignore';
  return !machine.protectedFromScaleIn || preferences.scaleInProtectedInstances !== 'Ignore';
}
