import { isStackBack, isStackBusy, isStackStuck } from '../custom-resource/stack-status';
import type { Head, OpenRollout, Revision } from '../ledger/types';
import { type Fleet, healthyMachines, type Refresh, sentences } from './fleet';
import { lateAlarmText } from './hindrance';
import { type Phase, type RolloutStatus, statusOf } from './status';
import { isActive, stageOf } from './statuses';

/** Everything that tells how a fleet is. */
export interface FleetSituation {
  readonly head: Head;
  /** The newest revision in the ledger. */
  readonly newest?: Revision;
  /** What the fleet is to run while no rollout goes on. */
  readonly current?: Revision;
  /** The group's latest refresh. */
  readonly refresh?: Refresh;
  /** Absent when there is no such group. */
  readonly fleet?: Fleet;
  /** How many machines were started from something else than the current revision. */
  readonly strays: number;
  readonly stackStatus: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Phase and message of a fleet: of the rollout that goes on, or else of what it has come to. */
export function fleetStatus(situation: FleetSituation): RolloutStatus {
  const { open } = situation.head;
  return open ? statusOfOpen(open, situation) : statusAtRest(situation);
}

/** Whether something is going on that will end by itself, or when an operator lets it. */
export function isUnderWay({ head, stackStatus }: FleetSituation): boolean {
  return head.open !== undefined || isStackBusy(stackStatus);
}

/** `revision 4 (guestbook 1.1.0)` */
export function nameOf({ number, release }: Revision): string {
  return `revision ${number} (${release.application} ${release.version})`;
}

function statusOfOpen(open: OpenRollout, { newest, refresh }: FleetSituation): RolloutStatus {
  const known = newest?.number === open.revision ? nameOf(newest) : `revision ${open.revision}`;
  const what = open.isRestart ? `The restart at ${known}` : `The rollout of ${known}`;
  // The start is written to the ledger after the refresh was read, or the other way round.
  const own = refresh && refresh.startedAt >= open.openedAt - 1000 ? refresh : undefined;
  const how = own && own.id !== open.cancelled ? statusOf(own) : undefined;
  const detail = how?.message ?? '';
  if (open.aborted)
    return phase(
      'Degraded',
      `${what} was given up by ${open.aborted.by}: ${ended(open.aborted.reason)}`,
      detail,
    );
  if (open.trouble) return phase('Degraded', `${what} is being given up: ${ended(open.trouble)}`, detail);
  if (how && own && stageOf(own.status) !== 'forward' && how.phase === 'Degraded')
    return phase('Degraded', `${what} turns back.`, detail);
  if (open.paused) {
    const isStopping = own !== undefined && isActive(own.status);
    return phase(
      'Paused',
      `${what} was paused by ${open.paused.by} at ${iso(open.paused.at)}; "rollout resume" lets it go on.`,
      isStopping ? sentences('What it replaces at the moment is being finished.', detail) : '',
    );
  }
  if (open.holding && open.passed < open.holding.at)
    return phase(
      'Paused',
      `${what} has stood at its gate of ${open.holding.at}% since ${iso(open.holding.since)}; "rollout promote" lets it pass.`,
    );
  return phase('Progressing', `${what} goes on.`, detail || 'Its instance refresh is about to start.');
}

function statusAtRest(situation: FleetSituation): RolloutStatus {
  const { newest, current, refresh, fleet, strays, stackStatus } = situation;
  const history = newest && newest.number !== current?.number ? outcomeText(newest) : '';
  if (isStackStuck(stackStatus))
    return phase(
      'Degraded',
      `The stack is ${stackStatus}; "rollout retry" lets it go on from there.`,
      history,
    );
  if (isStackBusy(stackStatus)) {
    const ended = [newest?.outcome, situation.head.restarted?.outcome];
    return phase(
      isStackBack(stackStatus) ? 'Degraded' : 'Progressing',
      `The stack is ${stackStatus}, and no rollout is going on in it at the moment.`,
      sentences(isStackBack(stackStatus) ? '' : lateAlarmText(ended, situation.now), history),
    );
  }
  if (!fleet) return phase('Degraded', 'There is no Auto Scaling group yet: deploy the stack.', history);
  if (!current) return phase('Degraded', 'No revision has completed yet: deploy a release.', history);
  if (refresh && isActive(refresh.status))
    return phase('Progressing', 'An instance refresh goes on that is no rollout.', statusOf(refresh).message);
  const runs = `The fleet runs ${nameOf(current)}.`;
  if (strays > 0)
    return phase(
      'Degraded',
      `${count(strays, 'machine')} of ${fleet.machines.length} ${strays === 1 ? 'does' : 'do'} not run ${nameOf(current)}: "rollout restart" replaces all, "rollout verify" names them.`,
      history,
    );
  const healthy = healthyMachines(fleet).length;
  if (healthy < fleet.desiredCapacity)
    return phase(
      'Degraded',
      `${healthy} of ${count(fleet.desiredCapacity, 'machine')} ${healthy === 1 ? 'is' : 'are'} healthy. ${runs}`,
      history,
    );
  if (newest?.outcome?.kind === 'Failed') return phase('Degraded', runs, history);
  return phase('Healthy', runs, history);
}

function outcomeText(revision: Revision): string {
  const name = nameOf(revision).replace('revision', 'Revision');
  if (!revision.outcome) return `${name} has no outcome yet.`;
  const { kind, reason } = revision.outcome;
  switch (kind) {
    case 'Complete':
      return `${name} is complete.`;
    case 'RolledBack':
      return `${name} was rolled back: ${ended(reason)}`;
    case 'Failed':
      return `${name} failed: ${ended(reason)}`;
  }
}

function phase(name: Phase, ...texts: readonly string[]): RolloutStatus {
  return { phase: name, message: sentences(...texts) };
}

/** A reason as a sentence: AWS ends its own with or without a full stop. */
function ended(text: string): string {
  return /[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
