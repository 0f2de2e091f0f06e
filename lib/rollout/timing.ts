import { BUDGET_SECONDS, type Round } from '../custom-resource/step';
import type { OpenRollout } from '../ledger/types';
import { type Contents, isSameContent, type Refresh } from './fleet';
import type { RolloutSpec } from './properties';
import { isBaking, stageOf } from './statuses';

/** How long a rollout waits for others: a refresh that somebody else started, alarms without data. */
export const PATIENCE_MS = 10 * 60_000;

/**
 * How long after a rollout that failed an alarm may still fire because of it: the minute in which its last machine
 * left, three minutes until the load balancer's metrics of it arrive, and one until the alarm is evaluated.
 */
export const LATE_ALARM_MS = 5 * 60_000;

/** What is left of the time for turning back and answering, when the way forward has taken all it may. */
const TURNING_MS = 4 * 60_000;

/**
 * How many resources have to wait for a rollout besides the first: CloudFormation waits an hour for each.
 * @param timeoutSeconds how long the rollout may take in all
 */
export function waitingResources(timeoutSeconds: number): number {
  return Math.max(0, Math.ceil((timeoutSeconds + TURNING_MS / 1000) / BUDGET_SECONDS) - 1);
}

/** When the rollout of this round began: with its first request, which may not be this one. */
export function rolloutStart(round: Round<RolloutSpec>, open: OpenRollout | undefined): number {
  return open ? open.openedAt : round.startedAt;
}

/** When a rollout that goes forward has to turn back, finished or not. */
export function turnBackAt(round: Round<RolloutSpec>, open: OpenRollout | undefined): number {
  const end = rolloutStart(round, open) + round.spec.timeoutSeconds * 1000;
  return isLastPart(round, open) ? Math.min(end, round.answerBy - TURNING_MS) : end;
}

/**
 * Whether nobody goes on after this request. On the way there that is the last waiting resource; on the
 * way back the one that the rollout had reached, because CloudFormation takes back no more than that, in
 * the same order.
 */
export function isLastPart(round: Round<RolloutSpec>, open: OpenRollout | undefined): boolean {
  const { part, parts } = round.spec;
  return part >= (round.isGoingBack ? (open?.part ?? 0) : parts - 1);
}

/** How often the machines of a refresh are looked at that has run for as long as the progress deadline. */
const LOOK_EVERY_MS = 3 * 60_000;

/**
 * Whether the machines of a refresh have to be looked at: no progress can be missing for as long as the
 * progress deadline before that much time has passed.
 */
export function isLookDue(refresh: Refresh, round: Round<RolloutSpec>): boolean {
  const over = round.now - refresh.startedAt - round.spec.progressDeadlineSeconds * 1000;
  return over >= 0 && over % LOOK_EVERY_MS < FAR_SECONDS * 1000;
}

/** How often the machines of a refresh that runs as it should are glanced at. */
const GLANCE_EVERY_MS = 3 * 60_000;

/**
 * Whether to glance at the machines, so that a sick one is known by name before it is replaced. Only
 * reasons and messages depend on it; a glance that is missed does no harm.
 */
export function isGlanceDue(refresh: Refresh, round: Round<RolloutSpec>): boolean {
  const elapsed = round.now - refresh.startedAt;
  if (elapsed >= round.spec.progressDeadlineSeconds * 1000) return false;
  return elapsed >= GLANCE_EVERY_MS && elapsed % GLANCE_EVERY_MS < FAR_SECONDS * 1000;
}

/** Seconds until the next round: while the end is far, soon before it, and while a refresh goes back. */
const FAR_SECONDS = 60;
const NEAR_SECONDS = 15;
/** How long a way back goes on, AWS does not tell. */
const BACK_SECONDS = 18;

/** Seconds until the next round: often when the end may be near, so that half an hour is at most some 130 calls. */
export function pollSeconds(refresh: Refresh, round: Round<RolloutSpec>): number {
  if (round.now - refresh.startedAt < 60_000) return 10;
  if (stageOf(refresh.status) !== 'forward') return BACK_SECONDS;
  if (isBaking(refresh.status)) return bakingSeconds(refresh);
  return isEndFar(refresh, round) ? FAR_SECONDS : NEAR_SECONDS;
}

/**
 * Until soon after the bake time's end, by the seconds that the refresh's reason names. AWS promises no such text:
 * without it, a dozen times in the bake time.
 */
function bakingSeconds({ bakeTimeSeconds = 0, statusReason }: Refresh): number {
  const [, left] = /(\d+) seconds/.exec(statusReason) ?? [];
  const seconds = left === undefined ? Math.round(bakeTimeSeconds / 12) : Number(left) + 5;
  return Math.min(FAR_SECONDS, Math.max(NEAR_SECONDS, seconds));
}

/** While machines are still to be replaced, the end is a warmup away at the least, and goes by the pace so far. */
function isEndFar(refresh: Refresh, { now }: Round<RolloutSpec>): boolean {
  if (refresh.instancesToUpdate === 0) return false;
  const { percentageComplete: done, startedAt, warmupSeconds = 0 } = refresh;
  const leftMs = done === 0 ? 0 : ((now - startedAt) * (100 - done)) / done;
  return warmupSeconds >= FAR_SECONDS || leftMs > 3 * FAR_SECONDS * 1000;
}

/**
 * The refreshes that this rollout started, newest first, by what AWS tells: towards the wanted content, and
 * since the rollout began. So they are found again by a function that knows nothing of the start.
 */
export function refreshesOfRollout(
  refreshes: readonly Refresh[],
  round: Round<RolloutSpec>,
  open: OpenRollout | undefined,
  contents: Contents,
): readonly Refresh[] {
  // Auto Scaling's times may be in whole seconds.
  const since = Math.floor(rolloutStart(round, open) / 1000) * 1000;
  return refreshes.filter(
    (refresh) => refresh.startedAt >= since && isSameContent(contents, refresh.desired, round.spec.target),
  );
}
