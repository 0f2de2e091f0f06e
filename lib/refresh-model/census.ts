import { isUpToDate } from './matching';
import type { Configuration, Machine, Observation, Progress, Refresh } from './types';
import { launchTemplate } from './types';

/** The machines of the group, or of its warm pool, as a refresh counts them. */
export interface Census {
  /** How many machines there are to be. */
  readonly capacity: number;
  /** Pending, InService, and with a root volume under way: what counts towards the capacity. */
  readonly live: readonly Machine[];
  /** How many of them are healthy and have warmed up. */
  readonly ready: number;
  /** How many remain to be updated or ended. */
  readonly outdated: number;
  /** Outdated, live, free to go, and serving. */
  readonly serving: readonly Machine[];
  /** Outdated, live, free to go, and serving nobody. */
  readonly idle: readonly Machine[];
  /** Outdated, and kept from replacement by scale-in protection or standby, which the refresh waits for. */
  readonly blocked: readonly Machine[];
  /** Outdated machines in standby that the refresh ends. */
  readonly standby: readonly Machine[];
  /** How many live machines stand in an outdated one's place. */
  readonly replacements: number;
  /** How many of them are ready. */
  readonly completed: number;
  /** How many replacements there are to be. */
  readonly total: number;
  /** A live machine that does not serve. */
  readonly sick?: Machine;
  /** A machine that serves, and has not warmed up. */
  readonly warming?: Machine;
  /** When the next such machine has warmed up. */
  readonly nextWarmAt: number;
  /** When the last machine that serves has warmed up, or will have. */
  readonly lastWarmAt: number;
}

/** The group's machines, and its warm pool's when it has one. */
export interface Pools {
  readonly live: Census;
  readonly warm?: Census;
}

export function takeCensus(refresh: Refresh, { group, machines }: Observation, now: number): Pools {
  const { desiredCapacity, warmCapacity } = group;
  const live = censusOf(refresh, machines, false, desiredCapacity, now);
  return warmCapacity === undefined
    ? { live }
    : { live, warm: censusOf(refresh, machines, true, warmCapacity, now) };
}

/** One pass over the machines: it is most of what a step costs. */
function censusOf(
  refresh: Refresh,
  machines: readonly Machine[],
  warm: boolean,
  capacity: number,
  now: number,
): Census {
  const { preferences, kept } = refresh;
  const target = launchTemplate(refresh);
  const warmupMs = preferences.instanceWarmupSeconds * 1000;
  // Most often all machines are live: then their list is the one.
  let someLive: Machine[] | undefined;
  const serving: Machine[] = [];
  const idle: Machine[] = [];
  const blocked: Machine[] = [];
  const standby: Machine[] = [];
  let [ready, outdated, replacements, completed, leftAlone] = [0, 0, 0, 0, 0];
  let sick: Machine | undefined;
  let warming: Machine | undefined;
  let nextWarmAt = Number.POSITIVE_INFINITY;
  let lastWarmAt = 0;
  for (let index = 0; index < machines.length; index++) {
    const machine = machines[index]!;
    const { lifecycle, count = 1 } = machine;
    const isMember = lifecycle !== 'Terminating' && (machine.warm ?? false) === warm;
    const isLive = isMember && lifecycle !== 'Standby';
    if (isLive) someLive?.push(machine);
    else someLive ??= machines.slice(0, index);
    if (!isMember) continue;
    const isServing = lifecycle === 'InService' && machine.healthy;
    const warmAt = isServing ? (machine.inServiceAt ?? Number.POSITIVE_INFINITY) + warmupMs : 0;
    const isReady = isServing && warmAt <= now;
    if (isServing && warmAt > lastWarmAt) lastWarmAt = warmAt;
    if (isReady) ready += count;
    else if (isServing) {
      warming ??= machine;
      if (warmAt < nextWarmAt) nextWarmAt = warmAt;
    } else if (isLive) sick ??= machine;

    if (lifecycle === 'ReplacingRootVolume') {
      outdated += count;
      replacements += count;
      continue;
    }
    if (isDone(machine, refresh, target)) {
      if (!isLive) continue;
      if (kept.has(machine.id)) leftAlone += count;
      else {
        replacements += count;
        if (isReady) completed += count;
      }
      continue;
    }
    const treatment = treatmentOf(machine, preferences);
    if (treatment === 'Ignore') {
      if (isLive) leftAlone += count;
      continue;
    }
    outdated += count;
    if (treatment === 'Wait') blocked.push(machine);
    else if (!isLive) standby.push(machine);
    else if (isServing) serving.push(machine);
    else idle.push(machine);
  }
  return {
    capacity,
    live: someLive ?? machines,
    ready,
    outdated,
    serving,
    idle,
    blocked,
    standby,
    replacements,
    completed,
    total: Math.max(0, capacity - leftAlone),
    sick,
    warming,
    nextWarmAt,
    lastWarmAt,
  };
}

/** Whether the refresh has nothing to do with a machine, or no longer. */
function isDone(machine: Machine, refresh: Refresh, target: Configuration): boolean {
  const { replaced, startedAt } = refresh;
  const isToBeReplaced =
    replaced.size > 0 && replaced.has(machine.id) && !((machine.rootReplacedAt ?? Number.NaN) >= startedAt);
  return !isToBeReplaced && isUpToDate(machine, target, refresh.strategy);
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

/** The progress that DescribeInstanceRefreshes shows. */
export function progressOf(refresh: Refresh, { live, warm }: Pools): Progress {
  const { pools } = refresh.progress;
  if (!warm) return shown(refresh, refresh.progress, live);
  const all = {
    capacity: live.capacity + warm.capacity,
    outdated: live.outdated + warm.outdated,
    completed: live.completed + warm.completed,
    total: live.total + warm.total,
  };
  return {
    ...shown(refresh, refresh.progress, all),
    pools: { live: shown(refresh, pools?.live, live), warm: shown(refresh, pools?.warm, warm) },
  };
}

/**
 * What was replaced stays counted when such a machine dies. During a rollback the percentage falls back
 * to zero, and the instances to update are those that the refresh has not, or no longer, updated.
 */
function shown(
  { rollback }: Refresh,
  before: Progress | undefined,
  { capacity, outdated, completed, total }: Pick<Census, 'capacity' | 'outdated' | 'completed' | 'total'>,
): Progress {
  if (rollback) {
    const remaining = Math.min(outdated, capacity);
    const share = capacity === 0 ? 0 : remaining / capacity;
    return {
      percentageComplete: Math.min(before?.percentageComplete ?? 0, Math.floor(100 * share)),
      instancesToUpdate: capacity - remaining,
    };
  }
  const share = total === 0 ? 1 : Math.min(1, completed / total);
  return {
    percentageComplete: Math.max(before?.percentageComplete ?? 0, Math.floor(100 * share)),
    instancesToUpdate: outdated,
  };
}
