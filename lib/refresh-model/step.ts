import type { Census } from './census';
import { isServing, progressOf, takeCensus, warmAt } from './census';
import { planReplacement } from './replacement';
import { rollBack } from './requests';
import type { AlarmView, Observation, Progress, Refresh, RefreshStatus } from './types';
import { isActive } from './types';

/** How long a refresh goes on trying without a newly ready replacement. */
export const retryMs = 3_600_000;
/** The longest that a refresh replaces machines. */
export const longestMs = 14 * 24 * 3_600_000;

/** What EventBridge hears: the end of AWS's detail type, `EC2 Auto Scaling Instance Refresh Started`. */
export interface RefreshEvent {
  readonly name:
    | 'Started'
    | 'Checkpoint Reached'
    | 'Succeeded'
    | 'Failed'
    | 'Cancelled'
    | 'Rollback Started'
    | 'Rollback Succeeded'
    | 'Rollback Failed';
  readonly checkpointPercentage?: number;
}

/** What to do next. */
export interface Step {
  /** The refresh as it is now. */
  readonly refresh: Refresh;
  /** Machines to launch, at the version that `launchTemplate(refresh)` names. */
  readonly launch: number;
  /** Machines to end. */
  readonly terminate: readonly string[];
  /** More live machines than this are to be scaled in. */
  readonly maxLive: number;
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
  const { census, ...step } = advance(refresh, observation, now);
  return {
    ...step,
    refresh: { ...step.refresh, progress: progressNow(step.refresh, observation, now, census) },
    events: [...transitions(refresh.status, step.refresh.status), ...step.events],
  };
}

/** A refresh that was given up shows what it had reached until then. */
function progressNow(refresh: Refresh, observation: Observation, now: number, census?: Census): Progress {
  switch (refresh.status) {
    case 'Cancelling':
    case 'Cancelled':
    case 'Failed':
      return refresh.progress;
    default:
      return progressOf(refresh, census ?? takeCensus(refresh, observation, now));
  }
}

/** A step, with the census that it was decided on: taking it costs most, so it is taken once. */
type Decision = Step & { readonly census?: Census };

function advance(refresh: Refresh, observation: Observation, now: number): Decision {
  switch (refresh.status) {
    case 'Pending':
      return isSuspended(observation)
        ? idle(refresh, observation)
        : advance({ ...refresh, status: 'InProgress' }, observation, now);
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

function replace(refresh: Refresh, observation: Observation, now: number): Decision {
  const forward = !refresh.rollback;
  const firing = forward ? inState(observation.alarms, refresh, 'ALARM') : [];
  if (firing.length > 0) {
    return fail(refresh, `CloudWatch alarm in ALARM state: ${firing.join(', ')}.`, observation, now);
  }
  if (now - (refresh.rollback?.startedAt ?? refresh.startedAt) >= longestMs) {
    return fail(refresh, 'The instance refresh has not ended within 14 days.', observation, now);
  }
  if (isSuspended(observation)) {
    const statusReason = 'The process InstanceRefresh is suspended.';
    return idle({ ...refresh, statusReason, progressedAt: now }, observation);
  }

  const census = takeCensus(refresh, observation, now);
  const { refresh: counted, events, allowed, finished, holding } = count(refresh, census, now);
  if (finished) return { ...finish(counted, observation, now), events, census };
  const deadline = deadlineOf(counted, census, now);
  if (now >= deadline) return fail(counted, `${timeUp} ${obstacle(census)}`, observation, now);

  const unknown = forward ? inState(observation.alarms, refresh, 'INSUFFICIENT_DATA') : [];
  const suspended = (process: string) => observation.group.suspended.includes(process);
  const plan = planReplacement(census, refresh.preferences, {
    allowed,
    paused: unknown.length > 0,
    launchSuspended: suspended('Launch'),
    terminateSuspended: suspended('Terminate'),
  });
  const statusReason =
    unknown.length > 0
      ? `Waiting for the CloudWatch alarm ${unknown.join(', ')}, which has too little data.`
      : holding
        ? `Waiting at the checkpoint until ${new Date(holding).toISOString()}.`
        : waiting(census, counted, now);
  const wakeAt = nextChange(counted, census, now);
  return { ...plan, refresh: { ...counted, statusReason }, events, wakeAt, census };
}

/** Brings progress and checkpoints up to date. */
function count(refresh: Refresh, census: Census, now: number) {
  const { checkpointPercentages: checkpoints, checkpointDelaySeconds } = refresh.preferences;
  const share = (percentage: number) => Math.ceil((census.total * percentage) / 100);
  const grown = census.completed > refresh.completed;
  let next: Refresh = grown ? { ...refresh, completed: census.completed, progressedAt: now } : refresh;
  const events: RefreshEvent[] = [];

  if (refresh.rollback || checkpoints.length === 0) {
    const finished = census.outdated.length === 0 && census.completed >= census.total;
    return { refresh: next, events, allowed: census.total, finished, holding: undefined };
  }
  // Several thresholds can be passed at once: only the highest counts.
  const reached = checkpoints.findLastIndex((percentage) => census.completed >= share(percentage));
  if (reached >= next.checkpoint) {
    const percentage = checkpoints[reached] ?? 100;
    if (percentage < 100) events.push({ name: 'Checkpoint Reached', checkpointPercentage: percentage });
    const last = reached === checkpoints.length - 1;
    const checkpointUntil = last ? undefined : now + checkpointDelaySeconds * 1000;
    next = { ...next, checkpoint: reached + 1, checkpointUntil };
  }
  const holding =
    next.checkpointUntil !== undefined && now < next.checkpointUntil ? next.checkpointUntil : undefined;
  // The hour of retries begins when the delay is over, however seldom the model is asked meanwhile.
  if (next.checkpointUntil !== undefined)
    next = { ...next, progressedAt: Math.max(next.progressedAt, Math.min(now, next.checkpointUntil)) };
  const final = share(checkpoints.at(-1) ?? 100);
  return {
    refresh: next,
    events,
    allowed: holding
      ? census.replacements.length
      : share(checkpoints[next.checkpoint] ?? checkpoints.at(-1) ?? 100),
    finished: next.checkpoint >= checkpoints.length && census.completed >= final && surplus(census) === 0,
    holding,
  };
}

/** Launched first, and what they replace is still there. */
function surplus(census: Census): number {
  return census.replaceable.length === 0 ? 0 : Math.max(0, census.live.length - census.desiredCapacity);
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
    ({ lifecycle }) => lifecycle === 'Pending' || lifecycle === 'Terminating',
  );
  if (inFlight && now < refresh.progressedAt + retryMs) return idle(refresh, observation);
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
  const live = machines.filter(
    ({ lifecycle }) => lifecycle === 'Pending' || lifecycle === 'InService',
  ).length;
  const launch = group.suspended.includes('Launch') ? 0 : Math.max(0, group.desiredCapacity - live);
  return { refresh, launch, terminate: [], maxLive: group.desiredCapacity, events: [] };
}

const timeUp = 'No replacement has become ready for an hour.';

/** An hour after the last progress; later while a healthy replacement is still warming up, within its warmup. */
function deadlineOf(refresh: Refresh, census: Census, now: number): number {
  let warmed = 0;
  for (const machine of census.replacements) {
    const at = isServing(machine) ? warmAt(machine, refresh) : 0;
    if (at > now) warmed = Math.max(warmed, at);
  }
  const hour = refresh.progressedAt + retryMs;
  const latest = hour + refresh.preferences.instanceWarmupSeconds * 1000;
  return Math.min(Math.max(hour, warmed), latest);
}

function nextChange(refresh: Refresh, census: Census, now: number): number {
  let next = deadlineOf(refresh, census, now);
  const consider = (at: number) => {
    if (at > now && at < next) next = at;
  };
  for (const machine of census.live) consider(warmAt(machine, refresh));
  if (refresh.checkpointUntil !== undefined) consider(refresh.checkpointUntil);
  consider(refresh.progressedAt + retryMs);
  return next;
}

function waiting(census: Census, refresh: Refresh, now: number): string | undefined {
  const warming = census.live.find((machine) => isServing(machine) && warmAt(machine, refresh) > now);
  if (warming) {
    return `Waiting for instances to warm up before continuing. For example: ${warming.id} is warming up.`;
  }
  return obstacle(census) || undefined;
}

/** What stands in the way, as AWS says it: with one machine as an example. */
function obstacle(census: Census): string {
  const sick = census.live.find((machine) => !isServing(machine));
  const example = sick ?? (census.replaceable.length === 0 ? census.blocked[0] : undefined);
  if (!example) return '';
  const why =
    example.lifecycle === 'Pending'
      ? 'is not in service yet.'
      : example.lifecycle === 'Standby'
        ? 'is in standby. End it or return it to service to go on.'
        : !example.healthy
          ? 'does not pass its health checks.'
          : 'is protected from scale in. Remove its protection to go on.';
  return `Waiting for remaining instances to be available. For example: ${example.id} ${why}`;
}

function inState(
  alarms: readonly AlarmView[],
  refresh: Refresh,
  state: AlarmView['state'],
): readonly string[] {
  return refresh.preferences.alarms.filter(
    // An alarm that was deleted tells nothing.
    (name) => (alarms.find((alarm) => alarm.name === name)?.state ?? 'INSUFFICIENT_DATA') === state,
  );
}

function isSuspended({ group }: Observation): boolean {
  return group.suspended.includes('InstanceRefresh');
}

function transitions(from: RefreshStatus, to: RefreshStatus): readonly RefreshEvent[] {
  const events: RefreshEvent[] = [];
  if (from === 'Pending' && to !== 'Pending') events.push({ name: 'Started' });
  const wasForward = from === 'Pending' || from === 'InProgress' || from === 'Baking';
  if (wasForward && to.startsWith('Rollback')) events.push({ name: 'Rollback Started' });
  if (isActive(from)) {
    if (to === 'Successful') events.push({ name: 'Succeeded' });
    if (to === 'Failed') events.push({ name: 'Failed' });
    if (to === 'Cancelled') events.push({ name: 'Cancelled' });
    if (to === 'RollbackSuccessful') events.push({ name: 'Rollback Succeeded' });
    if (to === 'RollbackFailed') events.push({ name: 'Rollback Failed' });
  }
  return events;
}
