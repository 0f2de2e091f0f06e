import type { Round } from '../custom-resource/step';
import { currentRevision } from '../ledger/history';
import type { OpenRollout, Outcome } from '../ledger/types';
import { report } from '../preflight/finding';
import type { Action, Entry } from './action';
import { fail, minutes, succeed } from './endings';
import { type Fleet, isSameContent, key, type Refresh, sentences, strays, textOf } from './fleet';
import { checkpointFor, nextGate } from './gates';
import { isFinalNote } from './notes';
import type { Observed } from './observe';
import {
  hasCompletedOther,
  isCurrent,
  lockedUntil,
  NEVER_ENDED,
  openRestart,
  openRevision,
  superseded,
} from './opening';
import type { RolloutSpec, TemplateVersion } from './properties';
import { statusOf } from './status';
import { isCancelled, isInFleet, isQuietAlarm, stageOf } from './statuses';
import { PATIENCE_MS, refreshesOfRollout, turnBackAt } from './timing';

/** How long the group may take to show what a refresh that has just succeeded has saved. */
const SETTLING_MS = 2 * 60_000;

/** No refresh goes on, and the deployment goes forward. */
export function decideSettled(
  group: Fleet,
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout | undefined,
): Action {
  const { saved } = group;
  if (!isNumbered(saved)) return refuseUnnumbered(round, saved, open);
  const settled: Settled = { group, saved, round, observed, isThere: isThere(group, saved, round, observed) };
  return open ? decideOpened(settled, open) : decideUnopened(settled);
}

/** No refresh goes on, and the deployment is given up: the fleet is to be where it was. */
export function decideBack(
  group: Fleet,
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout | undefined,
): Action {
  const { saved } = group;
  if (!isNumbered(saved)) return refuseUnnumbered(round, saved, open);
  const settled: Settled = { group, saved, round, observed, isThere: isThere(group, saved, round, observed) };
  if (settled.isThere) return arrivedBack(settled, open);
  const [latest] = refreshesOfRollout(observed.refreshes, round, undefined, observed.contents);
  if (latest) return decideEnded(latest, settled, open);
  // What was given up had completed already: going back is a revision of its own.
  if (!open && hasCompletedOther(observed)) return openRevision(round, observed);
  return start(settled, { isReversible: false, skipMatching: true, open });
}

/** What decisions about a fleet at rest have in common. */
interface Settled {
  readonly group: Fleet;
  readonly saved: TemplateVersion;
  readonly round: Round<RolloutSpec>;
  readonly observed: Observed;
  /** Whether the group has saved the wanted content, and every machine has it. */
  readonly isThere: boolean;
}

function isNumbered(saved: TemplateVersion | undefined): saved is TemplateVersion {
  return saved !== undefined && /^\d+$/.test(saved.version);
}

function refuseUnnumbered(
  round: Round<RolloutSpec>,
  saved: TemplateVersion | undefined,
  open: OpenRollout | undefined,
): Action {
  return fail(
    round,
    `the group is to name a numbered launch template version; found ${saved ? saved.version : 'no launch template'}.`,
    open,
  );
}

function isThere(
  group: Fleet,
  saved: TemplateVersion,
  { spec }: Round<RolloutSpec>,
  { contents }: Observed,
): boolean {
  return isSameContent(contents, saved, spec.target) && strays(group, spec.target, contents).length === 0;
}

/** The fleet is back: whatever was open has ended, and the ledger says as what. */
function arrivedBack(settled: Settled, open: OpenRollout | undefined): Action {
  const { round, saved, observed } = settled;
  const message = `The fleet runs ${round.spec.release}.`;
  if (open) {
    const outcome = outcomeOfWayBack(open, observed, round);
    return succeed(round, saved, message, { kind: 'close', open, outcome });
  }
  return hasCompletedOther(observed) ? openRevision(round, observed) : succeed(round, saved, message);
}

function outcomeOfWayBack(
  open: OpenRollout,
  { target }: Observed,
  { now, spec }: Round<RolloutSpec>,
): Outcome {
  if (!open.isRestart && open.content === target?.content)
    return { kind: 'Complete', reason: `The fleet is back on ${spec.release}.`, at: now };
  const reason = open.trouble ?? 'The deployment that it belongs to was given up.';
  return { kind: open.isRestart ? 'Failed' : 'RolledBack', reason, at: now };
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
  if (round.requestType === 'Update' && spec.part > open.part) {
    const change = { part: spec.part, until: lockedUntil(round) };
    return { kind: 'amend', open, change, message: `Waiting resource ${spec.part} goes on.` };
  }
  const [latest] = refreshesOfRollout(observed.refreshes, round, open, observed.contents);
  const isInterrupted = latest && isCancelled(latest.status) && latest.id === open.cancelled;
  if (latest && !isInterrupted) return decideEnded(latest, settled, open);
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
  const hindrance = hindranceOf(settled, open);
  if (hindrance) return hindrance;
  const { contents } = observed;
  const isReversible = !open.isRestart && !isSameContent(contents, settled.saved, spec.target);
  const skipMatching = !open.isRestart && (interrupted !== undefined || spec.skipMatching);
  return start(settled, { isReversible, skipMatching, checkpoint: checkpoint(settled, open), open });
}

/** While a rollout stands still no refresh watches the alarms: the rollout does. */
function decidePaused(by: string, settled: Settled, open: OpenRollout): Action {
  const { round, observed } = settled;
  const firing = observed.alarms?.find(({ state }) => state === 'ALARM');
  if (firing) return fail(round, `alarm ${firing.name} fired while it was paused (${firing.reason}).`, open);
  return {
    kind: 'wait',
    seconds: 60,
    message: `Paused by ${by}; "rollout resume" goes on. Machines that the group starts meanwhile are of the release before.`,
  };
}

/** Where the next refresh is to stop: at the first gate that is neither passed nor behind it. */
function checkpoint({ group, round, observed }: Settled, open: OpenRollout): number | undefined {
  if (open.isRestart) return undefined;
  const machines = group.machines.filter(({ lifecycleState }) => isInFleet(lifecycleState));
  const alreadyNew = machines.filter(({ version }) =>
    isSameContent(observed.contents, version, round.spec.target),
  ).length;
  const gate = nextGate(round.spec.gates, open.passed);
  return gate && checkpointFor(gate, group.desiredCapacity, alreadyNew);
}

/** Why a refresh that has failed did so: as the rounds noted it, as the ledger has it, or as it is to be seen. */
function reasonOf({ round, observed }: Settled, open: OpenRollout | undefined): string {
  if (isFinalNote(round.note)) return round.note;
  const trouble = round.isGoingBack ? '' : open?.trouble;
  return trouble || round.note || textOf(observed.findings);
}

function decideEnded(refresh: Refresh, settled: Settled, open: OpenRollout | undefined): Action {
  const { round, saved, observed } = settled;
  const status = statusOf(refresh).message;
  const stage = stageOf(refresh.status);
  if (stage !== 'successful')
    return fail(round, sentences(reasonOf(settled, open), status), open, stage === 'rolledBack');
  const isSaved = isSameContent(observed.contents, saved, round.spec.target);
  if (isSaved && round.isGoingBack) return arrivedBack(settled, open);
  if (isSaved) return arrived(settled, open, status);
  if (round.now < Math.min((refresh.endedAt ?? round.now) + SETTLING_MS, round.answerBy))
    return { kind: 'wait', seconds: 10, message: 'The group is about to save the launch template version.' };
  return fail(
    round,
    `${status} Yet the group names version ${saved.version}, which has other content.`,
    open,
  );
}

/** The revision is complete when the verification has found so; a restart has none that could. */
function arrived({ round, saved }: Settled, open: OpenRollout | undefined, status: string): Action {
  const message = `The fleet runs ${round.spec.release}. ${status}`;
  if (!open?.isRestart) return succeed(round, saved, message);
  const outcome: Outcome = { kind: 'Complete', reason: 'All machines were replaced.', at: round.now };
  return succeed(round, saved, message, { kind: 'close', open, outcome });
}

/** What keeps a rollout from beginning; some of it passes. */
function hindranceOf(settled: Settled, open: OpenRollout | undefined): Action | undefined {
  const { round, observed } = settled;
  if (observed.isStackGoingBack) return fail(round, 'the deployment was given up before it began.', open);
  return foreignRollout(round, observed) ?? refusal(round, observed) ?? firingAlarm(settled, open);
}

/** What a preflight has found: nothing was changed yet, and nothing will be. */
function refusal({ spec }: Round<RolloutSpec>, { refusals = [] }: Observed): Action | undefined {
  if (refusals.length === 0) return undefined;
  return {
    kind: 'fail',
    reason: `The rollout of ${spec.release} to ${spec.groupName} is refused, and nothing was changed. ${report(refusals)}`,
  };
}

/** One rollout at a time: another stack's goes on, unless it has not been heard of for long. */
function foreignRollout(round: Round<RolloutSpec>, { head }: Observed): Action | undefined {
  const other = head?.open;
  if (!other || other.stackId === round.stackId || other.until <= round.now) return undefined;
  const message = `The rollout of revision ${other.revision} by ${other.stackId} is still going on.`;
  if (round.now < round.startedAt + PATIENCE_MS) return { kind: 'wait', seconds: 30, message };
  return { kind: 'fail', reason: `${message} Nothing was changed. Deploy again when it has ended.` };
}

/**
 * No refresh starts while one of its alarms fires, or has too little data. Both may pass: an alarm that a
 * failed rollout set off goes out some minutes after its machines are gone. Without something to go back
 * to, an alarm could only keep the fleet from being cured.
 */
function firingAlarm({ round, observed }: Settled, open: OpenRollout | undefined): Action | undefined {
  const hindering = (observed.alarms ?? []).find(({ state }) => !isQuietAlarm(state));
  if (!hindering) return undefined;
  const { name, state, reason } = hindering;
  if (round.now < round.startedAt + PATIENCE_MS) {
    return {
      kind: 'wait',
      seconds: 15,
      message: `Alarm ${name} is in ${state}, with which no instance refresh starts.`,
    };
  }
  return fail(
    round,
    `alarm ${name} is in ${state}, with which no instance refresh starts, and has not become OK in ${minutes(PATIENCE_MS)} (${reason}). Nothing was changed. Bring the fleet to where the alarm is OK and deploy again; when this release is the cure, deploy it with -c ignoreAlarms=true.`,
    open,
  );
}

function start(settled: Settled, how: Omit<Action & { kind: 'start' }, 'kind' | 'version'>): Action {
  return { kind: 'start', version: versionToStart(settled), ...how };
}

/**
 * Skip matching goes by the version's number. Of the versions with the wanted content, the one that
 * most machines run already is therefore the one to refresh to, or they would be replaced for nothing.
 */
function versionToStart({ group, saved, round, observed }: Settled): TemplateVersion {
  const { target } = round.spec;
  const candidates = [target, saved, ...group.machines.map(({ version }) => version)].filter(
    (version): version is TemplateVersion => isSameContent(observed.contents, version, target),
  );
  const runs = (version: TemplateVersion) =>
    group.machines.filter(
      (machine: Fleet['machines'][number]) =>
        isInFleet(machine.lifecycleState) && machine.version && key(machine.version) === key(version),
    ).length;
  return candidates.reduce((best, version) => (runs(version) > runs(best) ? version : best));
}
