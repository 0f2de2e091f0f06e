import type { Round } from '../custom-resource/step';
import type { OpenRollout, Outcome } from '../ledger/types';
import type { Action, Entry } from './action';
import type { RolloutSpec, TemplateVersion } from './properties';

/** The fleet has it; the group is to name this launch template version. */
export function succeed(
  { spec }: Round<RolloutSpec>,
  version: TemplateVersion,
  message: string,
  entry?: Entry,
): Action {
  return {
    kind: 'succeed',
    data: { LaunchTemplateVersion: version.version, Release: spec.release },
    message,
    entry,
  };
}

/**
 * The deployment fails. How its revision ended is written on the way back, unless the fleet is back
 * already; a restart ends here.
 */
export function fail(
  round: Round<RolloutSpec>,
  what: string,
  open: OpenRollout | undefined,
  isBack = false,
): Action {
  const { release, groupName } = round.spec;
  const reason = `The rollout of ${release} to ${groupName} failed: ${what}`.trim();
  return { kind: 'fail', reason, entry: open && entryOf(round, open, reason, isBack) };
}

function entryOf(round: Round<RolloutSpec>, open: OpenRollout, reason: string, isBack: boolean): Entry {
  const outcome = (kind: Outcome['kind']): Entry => ({
    kind: 'close',
    open,
    outcome: { kind, reason, at: round.now },
  });
  // A further part is created while the stack is updated, which has a way back.
  const isFirst = round.requestType === 'Create' && round.spec.part === 0;
  if (open.isRestart || isFirst) return outcome('Failed');
  if (isBack && !round.isGoingBack) return outcome('RolledBack');
  return { kind: 'amend', open, change: { trouble: open.trouble ?? reason } };
}

/** Milliseconds as words: `15 minutes`. */
export function minutes(ms: number): string {
  const count = Math.round(ms / 60_000);
  return `${count} ${count === 1 ? 'minute' : 'minutes'}`;
}

/** A moment as AWS writes it. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}
