import type { Round } from '../custom-resource/step';
import type { OpenRollout, Outcome } from '../ledger/types';
import { report } from '../preflight/finding';
import type { Action } from './action';
import { fail, iso, minutes } from './endings';
import type { Observed } from './observe';
import type { RolloutSpec } from './properties';
import type { Settled } from './settled';
import { isQuietAlarm } from './statuses';
import { LATE_ALARM_MS, PATIENCE_MS } from './timing';

/** What keeps a rollout from beginning; some of it passes. */
export function hindranceOf(settled: Settled, open: OpenRollout | undefined): Action | undefined {
  const { round, observed } = settled;
  if (observed.isStackGoingBack) return fail(round, 'the deployment was given up before it began.', open);
  return (
    foreignRollout(round, observed) ??
    refusal(round, observed) ??
    firingAlarm(settled, open) ??
    lateAlarm(round, observed)
  );
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

/** An alarm that is OK may still fire because of the rollout before, and would roll this one back. */
function lateAlarm(
  { spec, now }: Round<RolloutSpec>,
  { alarms = [], revisions = [], head }: Observed,
): Action | undefined {
  if (alarms.length === 0) return undefined;
  const message = lateAlarmText([...revisions.map(({ outcome }) => outcome), head?.restarted?.outcome], now);
  return message === '' ? undefined : { kind: 'wait', seconds: 15, message: `${spec.release}: ${message}` };
}

/**
 * Why a rollout that watches alarms does not start yet; empty when nothing keeps it.
 * @param ended how rollouts of the fleet and its last restart ended
 */
export function lateAlarmText(ended: readonly (Outcome | undefined)[], now: number): string {
  const failedAt = Math.max(
    ...ended.flatMap((outcome) => (outcome && outcome.kind !== 'Complete' ? [outcome.at] : [])),
  );
  if (now >= failedAt + LATE_ALARM_MS) return '';
  return `The rollout before failed at ${iso(failedAt)}, and metrics of its machines may arrive late and would roll the next one back: that one starts at ${iso(failedAt + LATE_ALARM_MS)} at the earliest, unless it watches no alarms.`;
}
