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

const never = Number.POSITIVE_INFINITY;

/** When a machine that is in service has warmed up, in milliseconds since the epoch. */
export function warmAt(machine: Machine, refresh: Refresh): number {
  return (machine.inServiceAt ?? never) + refresh.preferences.instanceWarmupSeconds * 1000;
}

export function takeCensus(refresh: Refresh, observation: Observation, now: number): Census {
  const { preferences } = refresh;
  const target = launchTemplate(refresh);
  const [kept, replaced] = [new Set(refresh.kept), new Set(refresh.replaced)];
  const warmSince = now - preferences.instanceWarmupSeconds * 1000;
  const live: Machine[] = [];
  const ready: Machine[] = [];
  const outdated: Machine[] = [];
  const replaceable: Machine[] = [];
  const blocked: Machine[] = [];
  const standby: Machine[] = [];
  const replacements: Machine[] = [];
  let leftAlone = 0;
  let completed = 0;
  for (const machine of observation.machines) {
    if (machine.lifecycle === 'Terminating') continue;
    const isLive = machine.lifecycle !== 'Standby';
    const isReady = isLive && isServing(machine) && (machine.inServiceAt ?? never) <= warmSince;
    if (isLive) live.push(machine);
    if (isReady) ready.push(machine);
    const isKept = kept.has(machine.id);
    if (isKept || !(replaced.has(machine.id) || !sameTemplate(machine.template, target))) {
      if (isLive && isKept) leftAlone++;
      if (isLive && !isKept) replacements.push(machine);
      if (isReady && !isKept) completed++;
      continue;
    }
    const treatment = treatmentOf(machine, preferences);
    if (treatment === 'Ignore') {
      if (isLive) leftAlone++;
      continue;
    }
    outdated.push(machine);
    if (treatment === 'Wait') blocked.push(machine);
    else (isLive ? replaceable : standby).push(machine);
  }
  const { desiredCapacity } = observation.group;
  const total = Math.max(0, desiredCapacity - leftAlone);
  return {
    ...{ desiredCapacity, live, ready, outdated, replaceable, blocked, standby, replacements },
    completed,
    total,
  };
}

/** What the preferences say about an outdated machine that is protected or in standby. */
function treatmentOf(machine: Machine, preferences: Refresh['preferences']): 'Replace' | 'Ignore' | 'Wait' {
  const isStandby = machine.lifecycle === 'Standby';
  if (!isStandby && !machine.protectedFromScaleIn) return 'Replace';
  const choice = isStandby ? preferences.standbyInstances : preferences.scaleInProtectedInstances;
  switch (choice) {
    case 'Ignore':
    case 'Wait':
      return choice;
    case 'Refresh':
    case 'Terminate':
      return 'Replace';
  }
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
