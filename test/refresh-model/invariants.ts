import type { Machine, Observation, Preferences, Refresh, Step } from '../../lib/refresh-model';
import { stepRefresh } from '../../lib/refresh-model';
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

/**
 * Holds the model's steps against what must always be true of them:
 * - A refresh ends no machine that serves when fewer healthy, warmed up ones would stay than the minimum asks.
 * - It launches none beyond the maximum; one more where both bounds cannot be met.
 * - It succeeds only when all machines that it has to care for match, or the last checkpoint's share of them.
 * - It is rolled back only when all of them match what the group has saved.
 * - With skip matching, and on the way back, it replaces no machine that matches.
 * - Its percentage falls only on the way back, where it never rises, and when the group grows.
 * - Its statuses follow each other as AWS says, and a step that is asked for again is the same.
 *
 * That every refresh ends is seen by who lets it run.
 */
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
    const target = targetOf(step.refresh);
    const spares = refresh.preferences.skipMatching || step.refresh.rollback !== undefined;
    for (const machine of machines) {
      if (!spares || !goes.has(machine.id)) continue;
      if (isUpToDate(machine, target, refresh.strategy)) say(`${machine.id} matches, and was replaced`);
    }

    this.percentages(step.refresh, observation, now);
    this.success(step.refresh, observation);
    if (this.steps++ % askAgainEvery === 0) {
      const again = stepRefresh(step.refresh, observation, now);
      if (again.refresh.status !== status || again.launch !== step.launch || again.events.length > 0)
        say('the same step again was another');
    }
  }

  /** What it was decided on; the group may scale in right after it. */
  private success(refresh: Refresh, { group, machines }: Observation): void {
    const { preferences, strategy } = refresh;
    if (refresh.status !== 'Successful' && refresh.status !== 'RollbackSuccessful') return;
    const target = targetOf(refresh);
    const last = refresh.status === 'Successful' ? (preferences.checkpointPercentages.at(-1) ?? 100) : 100;
    const matches = (machine: Machine) => isUpToDate(machine, target, strategy);
    const counted = machines.filter((machine) => isCounted(machine, preferences, matches(machine)));
    const strays = counted.filter((machine) => !matches(machine));
    const live = counted.filter(({ warm, lifecycle }) => !warm && lifecycle !== 'Standby');
    if (last === 100 && strays.length > 0)
      this.broken.push(`${refresh.status} with ${strays.map(({ id }) => id).join(', ')} left`);
    const matching = live.filter(matches).length;
    // A group that has shrunk below its protected machines has more than it asks for.
    const total = Math.min(live.length, group.desiredCapacity);
    if (matching < Math.ceil((total * last) / 100))
      this.broken.push(`${refresh.status} with ${matching} of ${total} machines`);
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
    const inPlace = strategy === 'ReplaceRootVolume';
    const { least, most } = boundsOf(preferences, capacity, inPlace);
    const warmupMs = preferences.instanceWarmupSeconds * 1000;
    let [left, readyLeft, servingGone] = [0, 0, 0];
    for (const machine of machines) {
      const { lifecycle, healthy, inServiceAt = 0, id } = machine;
      if (lifecycle === 'Terminating' || lifecycle === 'Standby' || (machine.warm ?? false) !== inWarmPool)
        continue;
      const serves = lifecycle === 'InService' && healthy;
      if (goes.has(id)) {
        if (serves) servingGone++;
        if (!inPlace) continue;
      } else if (serves && inServiceAt + warmupMs <= now) readyLeft++;
      left++;
    }
    if (servingGone > 0 && readyLeft < least)
      this.broken.push(`${readyLeft} ready machines left at ${now}, fewer than ${least}`);
    const launched = inWarmPool ? (warm?.launch ?? 0) : launch;
    if (launched > 0 && left + launched > most)
      this.broken.push(`${left + launched} machines at ${now}, more than ${most}`);
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

/** What a refresh brings, and on the way back what the group has saved. */
function targetOf({ status, desired, saved }: Refresh) {
  const isForward = ['Pending', 'InProgress', 'Baking', 'Successful'].includes(status);
  return isForward ? (desired ?? saved) : saved;
}

/** Fewest and most machines by AWS's rules, which the model tells in its own words. */
function boundsOf(
  { minHealthyPercentage: min, maxHealthyPercentage: max }: Preferences,
  capacity: number,
  inPlace: boolean,
): { readonly least: number; readonly most: number } {
  const least = Math.ceil((capacity * min) / 100);
  // Without a maximum at least one machine goes at a time, and none comes before.
  if (max === undefined || inPlace)
    return { least: Math.max(0, Math.min(least, capacity - 1)), most: capacity };
  const most = Math.floor((capacity * max) / 100);
  // Where no machine may go and none may come, one comes first.
  const areStuck = capacity > 0 && least === capacity && most === capacity;
  return { least, most: areStuck ? capacity + 1 : most };
}

/** Whether a machine is one that a refresh that has succeeded must have brought to its configuration. */
function isCounted(machine: Machine, preferences: Preferences, isMatching: boolean): boolean {
  if (machine.lifecycle === 'Terminating') return false;
  // What is ignored may match all the same.
  if (isMatching) return true;
  if (machine.lifecycle === 'Standby') return preferences.standbyInstances !== 'Ignore';
  return !machine.protectedFromScaleIn || preferences.scaleInProtectedInstances !== 'Ignore';
}
