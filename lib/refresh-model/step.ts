import type { Pools } from './census';
import { progressOf, takeCensus } from './census';
import { count, noteSizes, resume } from './counting';
import type { RefreshEvent } from './events';
import { transitions } from './events';
import { inState, obstacle, waiting } from './reasons';
import type { Replacement } from './replacement';
import { planReplacement, shortfall } from './replacement';
import { rollBack } from './requests';
import { planRootVolumes } from './root-volume';
import type { Machine, Observation, Progress, Refresh, RefreshStatus } from './types';
import { countOf, isActive, oneByOne } from './types';

/** How long a refresh goes on trying without a newly ready replacement. */
export const retryMs = 3_600_000;
/** The longest that a refresh replaces machines. */
export const longestMs = 14 * 24 * 3_600_000;

/** What to do next. */
export interface Step {
  /** The refresh as it is now. */
  readonly refresh: Refresh;
  /** Machines to launch, at the version that `launchTemplate(refresh)` names. */
  readonly launch: number;
  /** Machines to end; one that stands for several is named as often as one of them is to go. */
  readonly terminate: readonly string[];
  /** Machines whose root volume is to be replaced, by that of the image that the configuration names. */
  readonly replaceRoot: readonly string[];
  /** More live machines than this are to be scaled in. */
  readonly maxLive: number;
  /** The same for the warm pool, when the group has one; `terminate` names its machines too. */
  readonly warm?: { readonly launch: number; readonly maxLive: number };
  /** Unless something is seen to change, there is nothing to do before; milliseconds since the epoch. */
  readonly wakeAt?: number;
  readonly events: readonly RefreshEvent[];
}

/**
 * The next step of an instance refresh. Calling it again with the same arguments changes nothing.
 * @param now milliseconds since the epoch
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
 */
export function stepRefresh(refresh: Refresh, observation: Observation, now: number): Step {
  const { pools, ...step } = advance(refresh, observation, now);
  return {
    ...step,
    refresh: { ...step.refresh, progress: progressNow(refresh, step.refresh, observation, now, pools) },
    events: [...transitions(refresh.status, step.refresh.status), ...step.events],
  };
}

/** A refresh that was given up shows what it had reached until then, and one that has ended what it had then. */
function progressNow(
  before: Refresh,
  refresh: Refresh,
  observation: Observation,
  now: number,
  pools?: Pools,
): Progress {
  switch (refresh.status) {
    case 'Cancelling':
    case 'Cancelled':
    case 'Failed':
      return refresh.progress;
    default:
      return isActive(before.status)
        ? progressOf(refresh, pools ?? takeCensus(refresh, observation, now))
        : refresh.progress;
  }
}

/** A step, with the census that it was decided on: taking it costs most, so it is taken once. */
type Decision = Step & { readonly pools?: Pools };

function advance(refresh: Refresh, observation: Observation, now: number): Decision {
  switch (refresh.status) {
    case 'Pending':
    case 'InProgress':
    case 'Baking':
    case 'RollbackInProgress':
      return replace(refresh, observation, now);
    case 'Cancelling':
      return cancel(refresh, observation, now);
    default:
      return idle(refresh, observation);
  }
}

function replace(waitingRefresh: Refresh, observation: Observation, now: number): Decision {
  const forward = !waitingRefresh.rollback;
  const firing = forward ? inState(observation.alarms, waitingRefresh, 'ALARM') : [];
  const isPaused = observation.group.suspended.includes('InstanceRefresh');
  const sized = noteSizes(waitingRefresh, observation, now);
  const refresh = isPaused ? sized : resume(sized, now);
  if (firing.length > 0 && refresh.status !== 'Pending') {
    return fail(refresh, `CloudWatch alarm in ALARM state: ${firing.join(', ')}.`, observation, now);
  }
  const latest = (refresh.rollback?.startedAt ?? refresh.startedAt) + longestMs;
  if (now >= latest) {
    return fail(refresh, 'The instance refresh has not ended within 14 days.', observation, now);
  }
  if (isPaused) {
    const statusReason = 'The process InstanceRefresh is suspended.';
    return { ...idle({ ...refresh, statusReason, isSuspended: true }, observation), wakeAt: latest };
  }

  const pools = takeCensus(refresh, observation, now);
  const { refresh: counted, events, allowed, finished, holding } = count(refresh, pools, now);
  if (finished) return { ...finish(counted, observation, now), events, pools };
  const deadline = deadlineOf(counted, pools);
  if (now >= deadline) return fail(counted, `${timeUp} ${obstacle(pools)}`, observation, now);

  const unknown = forward ? inState(observation.alarms, refresh, 'INSUFFICIENT_DATA') : [];
  const statusReason =
    unknown.length > 0
      ? `Waiting for the CloudWatch alarm ${unknown.join(', ')}, which has too little data.`
      : holding
        ? `Waiting at the checkpoint until ${new Date(holding).toISOString()}.`
        : waiting(pools);
  return {
    ...plan(counted, pools, observation, { allowed, isPaused: unknown.length > 0 }),
    refresh: { ...counted, statusReason },
    events,
    wakeAt: nextChange(counted, pools, Math.min(deadline, latest), now),
    pools,
  };
}

/** What to launch, end and replace; the warm pool follows when nothing else can be replaced in the group. */
function plan(
  { strategy, preferences }: Refresh,
  { live, warm }: Pools,
  { group: { suspended } }: Observation,
  { allowed, isPaused }: { readonly allowed: number; readonly isPaused: boolean },
): Pick<Step, 'launch' | 'terminate' | 'maxLive' | 'replaceRoot' | 'warm'> {
  const launchSuspended = suspended.includes('Launch');
  const paused = isPaused || launchSuspended || suspended.includes('Terminate');
  const byRoot = strategy === 'ReplaceRootVolume';
  const replacement: Replacement = byRoot
    ? {
        launch: launchSuspended ? 0 : shortfall(live),
        terminate: paused ? [] : oneByOne(live.standby).map(({ id }) => id),
        maxLive: live.capacity,
      }
    : planReplacement(live, preferences, { allowed, paused, launchSuspended });
  const replaceRoot = byRoot && !paused ? planRootVolumes(live, preferences, allowed) : [];
  if (!warm) return { ...replacement, replaceRoot };
  const turn = live.outdated === countOf(live.blocked);
  const { terminate, ...pool } = planReplacement(warm, preferences, {
    allowed: turn ? warm.total : 0,
    paused,
    launchSuspended,
  });
  return { ...replacement, terminate: [...replacement.terminate, ...terminate], replaceRoot, warm: pool };
}

function finish(refresh: Refresh, observation: Observation, now: number): Step {
  if (refresh.rollback) return end(refresh, 'RollbackSuccessful', refresh.rollback.reason, observation, now);
  const bakeMs = refresh.preferences.bakeTimeSeconds * 1000;
  const bakeUntil = refresh.bakeUntil ?? now + bakeMs;
  if (now >= bakeUntil) return end(refresh, 'Successful', undefined, observation, now);
  const left = Math.ceil((bakeUntil - now) / 1000);
  const statusReason = `Baking: ${left} seconds of ${refresh.preferences.bakeTimeSeconds} are left.`;
  const baking: Refresh = { ...refresh, status: 'Baking', statusReason, bakeUntil, progressedAt: now };
  return { ...idle(baking, observation), wakeAt: bakeUntil };
}

function fail(refresh: Refresh, reason: string, observation: Observation, now: number): Decision {
  if (refresh.rollback) return end(refresh, 'RollbackFailed', reason, observation, now);
  const current = { ...refresh, progress: progressOf(refresh, takeCensus(refresh, observation, now)) };
  if (!refresh.preferences.autoRollback) return end(current, 'Failed', reason, observation, now);
  return advance(rollBack(current, reason, observation, now), observation, now);
}

/** In-flight launches and terminations come to their end first, but for no longer than an hour. */
function cancel(refresh: Refresh, observation: Observation, now: number): Step {
  const inFlight = observation.machines.some(
    ({ lifecycle }) => lifecycle !== 'InService' && lifecycle !== 'Standby',
  );
  const latest = refresh.progressedAt + retryMs;
  if (inFlight && now < latest) return { ...idle(refresh, observation), wakeAt: latest };
  return end(refresh, 'Cancelled', refresh.statusReason, observation, now);
}

function end(
  refresh: Refresh,
  status: RefreshStatus,
  statusReason: string | undefined,
  observation: Observation,
  now: number,
): Step {
  return idle({ ...refresh, status, statusReason, endedAt: now }, observation);
}

/** Nothing is replaced; what is missing is launched. */
function idle(refresh: Refresh, { group, machines }: Observation): Step {
  const { desiredCapacity, warmCapacity } = group;
  const missing = (warm: boolean, capacity: number) =>
    group.suspended.includes('Launch') ? 0 : shortfall({ capacity, live: liveOf(machines, warm) });
  return {
    refresh,
    launch: missing(false, desiredCapacity),
    terminate: [],
    replaceRoot: [],
    maxLive: desiredCapacity,
    ...(warmCapacity === undefined
      ? {}
      : { warm: { launch: missing(true, warmCapacity), maxLive: warmCapacity } }),
    events: [],
  };
}

function liveOf(machines: readonly Machine[], warm: boolean): readonly Machine[] {
  return machines.filter(
    (machine) =>
      machine.lifecycle !== 'Terminating' &&
      machine.lifecycle !== 'Standby' &&
      (machine.warm ?? false) === warm,
  );
}

const timeUp = 'No replacement has become ready for an hour.';

/**
 * An hour after the last progress; later when machines warm up after it: at most one that is in the way,
 * and then the one in its place.
 */
function deadlineOf(refresh: Refresh, { live, warm }: Pools): number {
  const warmedAt = Math.max(live.lastWarmAt, warm?.lastWarmAt ?? 0);
  const { progressedAt, preferences } = refresh;
  const latest = progressedAt + 2 * preferences.instanceWarmupSeconds * 1000;
  return Math.min(Math.max(progressedAt, warmedAt), latest) + retryMs;
}

function nextChange(refresh: Refresh, { live, warm }: Pools, deadline: number, now: number): number {
  const moments = [
    live.nextWarmAt,
    warm?.nextWarmAt ?? deadline,
    refresh.checkpointUntil ?? deadline,
    refresh.progressedAt + retryMs,
  ];
  return Math.min(deadline, ...moments.filter((at) => at > now));
}
