import type { Machine, Observation, Progress, Refresh } from './types';
import { launchTemplate, sameTemplate } from './types';

/** The group's machines, sorted by what a refresh makes of them. */
export interface Census {
  readonly desiredCapacity: number;
  /** Pending and InService: what counts towards the desired capacity. */
  readonly live: readonly Machine[];
  /** Live, healthy, and warmed up. */
  readonly ready: readonly Machine[];
  /** All that remain to be replaced or ended. */
  readonly outdated: readonly Machine[];
  /** Outdated, live, and free to go. */
  readonly replaceable: readonly Machine[];
  /** Outdated, and kept from replacement by scale-in protection or standby, which the refresh waits for. */
  readonly blocked: readonly Machine[];
  /** Outdated machines in standby that the refresh ends. */
  readonly standby: readonly Machine[];
  /** Live machines that stand in an outdated one's place. */
  readonly replacements: readonly Machine[];
  /** How many of them are ready. */
  readonly completed: number;
  /** How many replacements there are to be. */
  readonly total: number;
}

export function isServing(machine: Machine): boolean {
  return machine.lifecycle === 'InService' && machine.healthy;
}

/** When a machine that is in service has warmed up, in milliseconds since the epoch. */
export function warmAt(machine: Machine, refresh: Refresh): number {
  return (machine.inServiceAt ?? Number.POSITIVE_INFINITY) + refresh.preferences.instanceWarmupSeconds * 1000;
}

export function takeCensus(refresh: Refresh, observation: Observation, now: number): Census {
  const { preferences } = refresh;
  const target = launchTemplate(refresh);
  const present = observation.machines.filter(({ lifecycle }) => lifecycle !== 'Terminating');
  const live = present.filter(({ lifecycle }) => lifecycle !== 'Standby');
  const ready = live.filter((machine) => isServing(machine) && warmAt(machine, refresh) <= now);
  const [kept, replaced] = [new Set(refresh.kept), new Set(refresh.replaced)];
  const isOld = (machine: Machine) =>
    !kept.has(machine.id) && (replaced.has(machine.id) || !sameTemplate(machine.template, target));
  const isIgnored = (machine: Machine) =>
    machine.lifecycle === 'Standby'
      ? preferences.standbyInstances === 'Ignore'
      : machine.protectedFromScaleIn && preferences.scaleInProtectedInstances === 'Ignore';
  const isBlocked = (machine: Machine) =>
    machine.lifecycle === 'Standby'
      ? preferences.standbyInstances === 'Wait'
      : machine.protectedFromScaleIn && preferences.scaleInProtectedInstances === 'Wait';

  const old = present.filter(isOld);
  const outdated = old.filter((machine) => !isIgnored(machine));
  const goable = outdated.filter((machine) => !isBlocked(machine));
  const leftAlone = live.filter(
    (machine) => kept.has(machine.id) || (isOld(machine) && isIgnored(machine)),
  ).length;
  const replacements = live.filter((machine) => !isOld(machine) && !kept.has(machine.id));
  return {
    desiredCapacity: observation.group.desiredCapacity,
    live,
    ready,
    outdated,
    replaceable: goable.filter(({ lifecycle }) => lifecycle !== 'Standby'),
    blocked: outdated.filter(isBlocked),
    standby: goable.filter(({ lifecycle }) => lifecycle === 'Standby'),
    replacements,
    completed: replacements.filter((machine) => ready.includes(machine)).length,
    total: Math.max(0, observation.group.desiredCapacity - leftAlone),
  };
}

/**
 * The progress that DescribeInstanceRefreshes shows. During a rollback the percentage falls back to
 * zero, and the instances to update are those that the refresh has not, or no longer, updated.
 */
export function progressOf(refresh: Refresh, census: Census): Progress {
  if (refresh.rollback) {
    const remaining = Math.min(census.outdated.length, census.desiredCapacity);
    const share = census.desiredCapacity === 0 ? 0 : remaining / census.desiredCapacity;
    return {
      percentageComplete: Math.min(refresh.rollback.percentageComplete, Math.floor(100 * share)),
      instancesToUpdate: census.desiredCapacity - remaining,
    };
  }
  const share = census.total === 0 ? 1 : Math.min(1, census.completed / census.total);
  return { percentageComplete: Math.floor(100 * share), instancesToUpdate: census.outdated.length };
}
