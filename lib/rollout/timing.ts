import type { Round } from '../custom-resource/step';
import { type Contents, isSameContent, type Refresh } from './fleet';
import type { RolloutSpec } from './properties';

/** What turning back may take beyond the time spent so far. */
const WAY_BACK_MARGIN_MS = 4 * 60_000;

/** How long a rollout waits for others: a refresh that somebody else started, alarms without data. */
export const PATIENCE_MS = 10 * 60_000;

/**
 * Whether a refresh has run so long that its machines have to be looked at: no progress can be missing
 * for as long as the progress deadline before that much time has passed.
 */
export function isLookDue(refresh: Refresh, round: Round<RolloutSpec>): boolean {
  return (
    round.now - refresh.startedAt >= round.spec.progressDeadlineSeconds * 1000 ||
    isTurnBackDue(refresh, round)
  );
}

/** How often the machines of a refresh that runs as it should are glanced at. */
const GLANCE_EVERY_MS = 2 * 60_000;

/**
 * Whether to glance at the machines, so that a sick one is known by name before it is replaced. Only
 * reasons and messages depend on it; a glance that is missed does no harm.
 */
export function isGlanceDue(refresh: Refresh, round: Round<RolloutSpec>): boolean {
  const elapsed = round.now - refresh.startedAt;
  return elapsed >= GLANCE_EVERY_MS && elapsed % GLANCE_EVERY_MS < 25_000;
}

/** Whether the way back, as long as the way so far and some more, would just fit before the answer. */
export function isTurnBackDue(refresh: Refresh, round: Round<RolloutSpec>): boolean {
  return round.now + (round.now - refresh.startedAt) + WAY_BACK_MARGIN_MS >= round.answerBy;
}

/** Seconds until the next round: often at first, then so that half an hour is at most some 130 calls. */
export function pollSeconds(refresh: Refresh, round: Round<RolloutSpec>): number {
  if (round.now - refresh.startedAt < 60_000) return 10;
  return isLookDue(refresh, round) ? 60 : 20;
}

/**
 * The refresh that this request started, by what AWS tells: towards the wanted content, and since the
 * request came. So it is found again by a function that knows nothing of the start.
 */
export function refreshOfRequest(
  refreshes: readonly Refresh[],
  round: Round<RolloutSpec>,
  contents: Contents,
): Refresh | undefined {
  // Auto Scaling's times may be in whole seconds.
  const since = Math.floor(round.startedAt / 1000) * 1000;
  return refreshes.find(
    (refresh) => refresh.startedAt >= since && isSameContent(contents, refresh.desired, round.spec.target),
  );
}
