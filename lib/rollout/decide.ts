import type { Round } from '../custom-resource/step';
import type { OpenRollout } from '../ledger/types';
import type { Action } from './action';
import { decideBack } from './decide-back';
import { decideForward } from './decide-forward';
import { decideSettled } from './decide-settled';
import { fail, succeed } from './endings';
import { withFindings } from './evidence';
import type { Refresh } from './fleet';
import { isFinalNote, noteOfWayBack } from './notes';
import type { Observed } from './observe';
import { lockedUntil, openRevision } from './opening';
import type { RolloutSpec } from './properties';
import { settle, unnumbered } from './settled';
import { statusOf } from './status';
import { isActive, stageOf } from './statuses';
import { isLastPart, pollSeconds } from './timing';

/** The next action, from what was observed and the time alone. */
export function decide(round: Round<RolloutSpec>, observed: Observed): Action {
  const open = openRollout(round, observed);
  if (open && isNextPart(round, open)) {
    const change = { part: round.spec.part, until: lockedUntil(round) };
    return { kind: 'amend', open, change, message: `Waiting resource ${change.part} goes on.` };
  }
  return withinTheHour(decideFreely(round, observed, open), round, observed, open);
}

/** The open rollout, when it is this round's: of the same deployment, or on the way back the one that is given up. */
function openRollout(round: Round<RolloutSpec>, { head }: Observed): OpenRollout | undefined {
  const open = head?.open;
  if (open?.stackId !== round.stackId) return undefined;
  if (round.isGoingBack || round.requestType === 'Delete') return open;
  const isSame =
    round.spec.part === 0
      ? open.requestId === round.requestId
      : open.launchTemplateVersion === round.spec.target.version;
  return isSame ? open : undefined;
}

/** Whether the rollout has not been known to have come so far: the way back goes through as many parts. */
function isNextPart({ requestType, isGoingBack, spec }: Round<RolloutSpec>, open: OpenRollout): boolean {
  // One that is created now is deleted on the way back, and not asked to go back.
  return requestType === 'Update' && !isGoingBack && spec.part > open.part;
}

/** When the request's time is up: the next part goes on, or it fails with what was being waited for. */
function withinTheHour(
  action: Action,
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout | undefined,
): Action {
  if (round.now < round.answerBy || round.requestType === 'Delete' || !takesTime(action)) return action;
  const message = action.kind === 'wait' ? action.message : 'The refresh has not begun.';
  const saved = typeof observed.group === 'object' ? observed.group.saved : undefined;
  const note = (action.kind === 'wait' && action.note) || round.note;
  // What turns back fails now: the way back has waiting resources of its own.
  const isTurning = !round.isGoingBack && isFinalNote(note);
  if (!isLastPart(round, open) && !isTurning)
    return succeed(round, saved ?? round.spec.target, `Handed over. ${message}`);
  return fail(round, `the time is up. ${note ? `${note} ` : ''}${message}`, open);
}

/** Whether an action begins something, or leaves it to go on. */
function takesTime(action: Action): action is Action & { kind: 'wait' | 'start' | 'open' } {
  return action.kind === 'wait' || action.kind === 'start' || action.kind === 'open';
}

function decideFreely(round: Round<RolloutSpec>, observed: Observed, open: OpenRollout | undefined): Action {
  const active = observed.refreshes.find(({ status }) => isActive(status));
  if (round.requestType === 'Delete') return decideDelete(round, active, open);
  if (observed.group === 'absent') return decideWithoutGroup(round, observed, open);
  if (active) return decideActive(active, round, observed, open);
  if (observed.group === 'unread') throw new Error('No refresh is active, and the group was not read.');
  const settled = settle(observed.group, round, observed);
  if (!settled) return fail(round, unnumbered(observed.group), open);
  return round.isGoingBack ? decideBack(settled, open) : decideSettled(settled, open);
}

/** The group is not touched: it goes by itself, or stays as it is. */
function decideDelete(
  round: Round<RolloutSpec>,
  active: Refresh | undefined,
  open: OpenRollout | undefined,
): Action {
  // Only the first of several resources speaks for the rollout: a later one also goes when there are to be fewer.
  if (round.spec.part > 0) return { kind: 'succeed', data: {}, message: 'The rollout goes on without it.' };
  if (active && stageOf(active.status) === 'forward')
    return { kind: 'cancel', refreshId: active.id, reason: 'The rollout is being deleted.' };
  const reason = open?.trouble ?? 'The deployment that it belongs to was deleted.';
  return {
    kind: 'succeed',
    data: {},
    message: 'No refresh is going on.',
    entry: open && { kind: 'close', open, outcome: { kind: 'Failed', reason, at: round.now } },
  };
}

/** The machines are still to be started, by the group itself. */
function decideWithoutGroup(
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout | undefined,
): Action {
  if (open || round.isGoingBack || round.spec.part > 0)
    return succeed(round, round.spec.target, 'There is no group yet; it will start with the release.');
  return openRevision(round, observed);
}

function decideActive(
  refresh: Refresh,
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout | undefined,
): Action {
  const wait = {
    kind: 'wait',
    seconds: pollSeconds(refresh, round),
    message: statusOf(refresh).message,
  } as const;
  switch (stageOf(refresh.status)) {
    case 'forward':
      return decideForward(refresh, round, observed, open, wait);
    case 'back':
      return withFindings(
        { ...wait, note: noteOfWayBack(round.note, observed.findings, refresh.rollbackReason) },
        observed,
        open,
      );
    case 'cancelling':
      return wait;
    default:
      throw new Error(`A refresh that is ${refresh.status} is not active.`);
  }
}
