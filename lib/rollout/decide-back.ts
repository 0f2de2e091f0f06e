import type { Round } from '../custom-resource/step';
import type { OpenRollout, Outcome } from '../ledger/types';
import type { Action } from './action';
import { succeed } from './endings';
import type { Observed } from './observe';
import { hasCompletedOther, openRevision } from './opening';
import type { RolloutSpec } from './properties';
import { decideEnded, type Settled, start } from './settled';
import { refreshesOfRollout } from './timing';

/** No refresh goes on, and the deployment is given up: the fleet is to be where it was. */
export function decideBack(settled: Settled, open: OpenRollout | undefined): Action {
  const { round, observed } = settled;
  if (settled.isThere) return arrivedBack(settled, open);
  const [latest] = refreshesOfRollout(observed.refreshes, round, undefined, observed.contents);
  if (latest) return decideEnded(latest, settled, open, () => arrivedBack(settled, open));
  // What was given up had completed already: going back is a revision of its own.
  if (!open && hasCompletedOther(observed)) return openRevision(round, observed);
  return start(settled, { isReversible: false, skipMatching: true, open });
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
