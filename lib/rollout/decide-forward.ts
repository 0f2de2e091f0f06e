import type { Round } from '../custom-resource/step';
import type { OpenRollout } from '../ledger/types';
import type { Action } from './action';
import { standAtGate } from './decide-gate';
import { fail, iso, minutes } from './endings';
import { withFindings } from './evidence';
import { isSameContent, type Refresh, sentences } from './fleet';
import { nextGate } from './gates';
import { noteOfGlance, reasonsSeen } from './notes';
import type { Observed } from './observe';
import type { RolloutSpec } from './properties';
import { isAtCheckpoint, isBaking, isPending } from './statuses';
import { PATIENCE_MS, refreshesOfRollout, turnBackAt } from './timing';

type Wait = Action & { kind: 'wait' };

/** A refresh replaces machines: it is ours or somebody else's, wanted or not, well or in trouble. */
export function decideForward(
  refresh: Refresh,
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout | undefined,
  wait: Wait,
): Action {
  const isWanted = isSameContent(observed.contents, refresh.desired, round.spec.target);
  if (round.isGoingBack)
    return isWanted ? wait : turnBack(refresh, 'The deployment that it belongs to was given up.');
  const isOurs =
    open !== undefined && refreshesOfRollout([refresh], round, open, observed.contents).length > 0;
  if (!isOurs) return isWanted ? wait : decideForeign(refresh, round, open, wait);
  if (open.cancelled === refresh.id) return interrupt(refresh, open, 'It is cancelled once more.');
  const trouble = troubleOf(refresh, round, observed, open);
  if (trouble) return { ...turnBack(refresh, trouble), open };
  if (open.paused) return interrupt(refresh, open, `Paused by ${open.paused.by}.`);
  if (isAtCheckpoint(refresh)) {
    const gate = nextGate(round.spec.gates, open.passed);
    return standAtGate(gate, round, observed, open) ?? interrupt(refresh, open, 'The gate is passed.');
  }
  const note = observed.findings && noteOfGlance(round.note, observed.findings);
  return withFindings(note === undefined ? wait : { ...wait, note }, observed, open);
}

function decideForeign(
  refresh: Refresh,
  round: Round<RolloutSpec>,
  open: OpenRollout | undefined,
  wait: Wait,
): Action {
  if (round.now < round.startedAt + PATIENCE_MS) return wait;
  const towards = refresh.desired ? ` towards launch template version ${refresh.desired.version}` : '';
  return fail(
    round,
    `instance refresh ${refresh.id}${towards}, started ${iso(refresh.startedAt)} by somebody else, is still going on. Wait for its end or cancel it, then deploy again.`,
    open,
  );
}

/** Why a refresh has to turn back; empty when it goes on as it should. */
function troubleOf(
  refresh: Refresh,
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout,
): string {
  const { spec } = round;
  if (open.aborted) {
    const why = open.aborted.reason ? `: ${open.aborted.reason}` : '.';
    return `It was given up by ${open.aborted.by}${why}`;
  }
  const found = observed.findings ? reasonsSeen(round.note, observed.findings) : '';
  if (round.now >= turnBackAt(round, open))
    return sentences(
      `After ${minutes(round.now - open.openedAt)}, which is all that it may take, ${
        isBaking(refresh.status)
          ? 'the bake time was not over.'
          : `the refresh was ${refresh.percentageComplete}% done.`
      }`,
      found,
    );
  // Only the bake time is left, or a gate is stood at: it moves by itself, and what it watches for are alarms.
  if (isBaking(refresh.status) || isAtCheckpoint(refresh) || !observed.hasLooked) return '';
  const deadlineMs = spec.progressDeadlineSeconds * 1000;
  // The refresh itself waits until the machine has warmed up, before it goes on.
  const warmedUp = (observed.lastProgressAt ?? 0) + (refresh.warmupSeconds ?? 0) * 1000;
  const lastProgress = Math.max(refresh.startedAt, warmedUp);
  if (round.now - lastProgress < deadlineMs) return '';
  const what =
    observed.lastProgressAt === undefined
      ? `${minutes(round.now - refresh.startedAt)} after its start no machine of the release is healthy.`
      : `For ${minutes(deadlineMs)} no further machine became healthy.`;
  return sentences(what, found);
}

function interrupt(refresh: Refresh, open: OpenRollout, message: string): Action {
  return { kind: 'interrupt', open, refreshId: refresh.id, message };
}

/** A refresh that has replaced nothing yet can't be rolled back. */
function turnBack(refresh: Refresh, reason: string): Action & { kind: 'rollBack' | 'cancel' } {
  return { kind: isPending(refresh.status) ? 'cancel' : 'rollBack', refreshId: refresh.id, reason };
}
