import type { Round } from '../custom-resource/step';
import { currentRevision } from '../ledger/history';
import type { OpenRollout, Outcome } from '../ledger/types';
import type { Action, Entry } from './action';
import { standAtGate } from './decide-gate';
import { fail, minutes, succeed } from './endings';
import { isSameContent, type Refresh } from './fleet';
import { checkpointFor, isReached, nextGate } from './gates';
import { hindranceOf } from './hindrance';
import type { Observed } from './observe';
import { isCurrent, NEVER_ENDED, openRestart, openRevision, superseded } from './opening';
import type { RolloutSpec } from './properties';
import { decideEnded, type Settled, start } from './settled';
import { isCancelled, isFiringAlarm, isInFleet } from './statuses';
import { refreshesOfRollout, turnBackAt } from './timing';

/** No refresh goes on, and the deployment goes forward. */
export function decideSettled(settled: Settled, open: OpenRollout | undefined): Action {
  return open ? decideOpened(settled, open) : decideUnopened(settled);
}

function decideUnopened(settled: Settled): Action {
  const { round, saved, observed } = settled;
  const { spec } = round;
  if (spec.part > 0) return decideLate(settled);
  const answered = answeredBefore(round, observed);
  if (answered) {
    return answered.kind === 'Complete'
      ? succeed(round, saved, answered.reason)
      : { kind: 'fail', reason: answered.reason };
  }
  const current = currentRevision(observed.revisions ?? []);
  const isRestart = wantsRestart(round, observed) && isSameContent(observed.contents, saved, spec.target);
  if (settled.isThere && !isRestart) {
    if (!isCurrent(observed)) return openRevision(round, observed);
    return succeed(round, saved, `The fleet already runs ${spec.release}.`, leftOpen(round, observed));
  }
  const hindrance = hindranceOf(settled, undefined);
  if (hindrance) return hindrance;
  return isRestart && current ? openRestart(round, observed, current) : openRevision(round, observed);
}

/** A rollout of this stack that was never brought to an end, not even on the way back. */
function leftOpen(round: Round<RolloutSpec>, observed: Observed): Entry | undefined {
  const open = observed.head?.open;
  if (open?.stackId !== round.stackId) return undefined;
  const outcome = superseded(round, observed) ?? { kind: 'Failed', reason: NEVER_ENDED, at: round.now };
  return { kind: 'close', open, outcome };
}

/** A waiting resource that comes when there is nothing to wait for any more. */
function decideLate({ round, saved, observed }: Settled): Action {
  if (isSameContent(observed.contents, saved, round.spec.target))
    return succeed(round, saved, `The fleet runs ${round.spec.release}.`);
  const ended = observed.revisions?.findLast(
    ({ software, stackId }) => stackId === round.stackId && software.content === observed.target?.content,
  );
  return { kind: 'fail', reason: ended?.outcome?.reason ?? `No rollout of ${round.spec.release} goes on.` };
}

/** A function that died after it had written the end, and before it had said so. */
function answeredBefore(round: Round<RolloutSpec>, { revisions, head }: Observed): Outcome | undefined {
  const restarted = head?.restarted;
  if (restarted && restarted.order === round.spec.restart && restarted.outcome.at >= round.startedAt)
    return restarted.outcome;
  return revisions?.findLast(({ requestId }) => requestId === round.requestId)?.outcome;
}

function wantsRestart({ spec, oldSpec }: Round<RolloutSpec>, { head }: Observed): boolean {
  return (
    spec.restart !== '' &&
    oldSpec !== undefined &&
    oldSpec.restart !== spec.restart &&
    head?.restarted?.order !== spec.restart
  );
}

function decideOpened(settled: Settled, open: OpenRollout): Action {
  const { round, saved, observed } = settled;
  const { spec } = round;
  const [latest] = refreshesOfRollout(observed.refreshes, round, open, observed.contents);
  const isInterrupted = latest && isCancelled(latest.status) && latest.id === open.cancelled;
  if (latest && !isInterrupted)
    return decideEnded(latest, settled, open, (status) => arrived(settled, open, status));
  if (settled.isThere && !open.isRestart) {
    const reason = `The fleet was found to run ${spec.release}.`;
    const outcome: Outcome = { kind: 'Complete', reason, at: round.now };
    return succeed(round, saved, reason, { kind: 'close', open, outcome });
  }
  return decideOn(settled, open, isInterrupted ? latest : undefined);
}

/** Nothing moves: the rollout has not begun, or was interrupted by itself. */
function decideOn(settled: Settled, open: OpenRollout, interrupted: Refresh | undefined): Action {
  const { round, observed } = settled;
  const { spec } = round;
  if (open.aborted) {
    const why = open.aborted.reason ? `: ${open.aborted.reason}` : '.';
    return fail(round, `it was given up by ${open.aborted.by}${why}`, open);
  }
  if (round.now >= turnBackAt(round, open))
    return fail(
      round,
      `it was not complete after ${minutes(round.now - open.openedAt)}, which is all that it may take.`,
      open,
    );
  if (open.paused) return decidePaused(open.paused.by, settled, open);
  const standing = standStill(settled, open);
  if (standing) return standing;
  const hindrance = hindranceOf(settled, open);
  if (hindrance) return hindrance;
  const { contents } = observed;
  const isReversible = !open.isRestart && !isSameContent(contents, settled.saved, spec.target);
  const skipMatching = !open.isRestart && (interrupted !== undefined || spec.skipMatching);
  return start(settled, { isReversible, skipMatching, checkpoint: checkpoint(settled, open), open });
}

/** After a pause a gate may have been reached without the checkpoint of a refresh. */
function standStill(settled: Settled, open: OpenRollout): Action | undefined {
  if (open.isRestart) return undefined;
  const { round, observed, group } = settled;
  const gate = nextGate(round.spec.gates, open.passed);
  const isAtGate = gate && isReached(gate, group.desiredCapacity, alreadyNew(settled));
  const standing = standAtGate(isAtGate ? gate : undefined, round, observed, open);
  if (standing) return firing(settled, open, `it stood at the gate at ${gate?.percentage}%`) ?? standing;
  // What it stood at is passed: it will not be taken for the next one.
  return (
    open.holding && { kind: 'amend', open, change: { holding: undefined }, message: 'The gate is passed.' }
  );
}

/** While a rollout stands still no refresh watches the alarms: the rollout does. */
function decidePaused(by: string, settled: Settled, open: OpenRollout): Action {
  const wait: Action = {
    kind: 'wait',
    seconds: 60,
    message: `Paused by ${by}; "rollout resume" goes on. Machines that the group starts meanwhile are of the release before.`,
  };
  return firing(settled, open, 'it was paused') ?? wait;
}

/** An alarm that fires while no refresh watches gives the rollout up. */
function firing({ round, observed }: Settled, open: OpenRollout, what: string): Action | undefined {
  const alarm = observed.alarms?.find(({ state }) => isFiringAlarm(state));
  return alarm && fail(round, `alarm ${alarm.name} fired while ${what} (${alarm.reason}).`, open);
}

/** Machines in the fleet that have the wanted content. */
function alreadyNew({ group, round, observed }: Settled): number {
  return group.machines.filter(
    ({ lifecycleState, version }) =>
      isInFleet(lifecycleState) && isSameContent(observed.contents, version, round.spec.target),
  ).length;
}

/** Where the next refresh is to stop: at the first gate that is neither passed nor behind it. */
function checkpoint(settled: Settled, open: OpenRollout): number | undefined {
  if (open.isRestart) return undefined;
  const gate = nextGate(settled.round.spec.gates, open.passed);
  return gate && checkpointFor(gate, settled.group.desiredCapacity, alreadyNew(settled));
}

/** The revision is complete when the verification has found so; a restart has none that could. */
function arrived({ round, saved }: Settled, open: OpenRollout | undefined, status: string): Action {
  const message = `The fleet runs ${round.spec.release}. ${status}`;
  if (!open?.isRestart) return succeed(round, saved, message);
  const outcome: Outcome = { kind: 'Complete', reason: 'All machines were replaced.', at: round.now };
  return succeed(round, saved, message, { kind: 'close', open, outcome });
}
