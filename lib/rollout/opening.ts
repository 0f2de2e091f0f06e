import type { Round } from '../custom-resource/step';
import { currentRevision } from '../ledger/history';
import type { OpenRollout, Origin, Outcome, ReleaseFacts, Revision, Software } from '../ledger/types';
import type { Action } from './action';
import type { Observed } from './observe';
import type { RolloutSpec } from './properties';

/** How much longer than its request a rollout keeps other stacks away. */
const LOCK_MARGIN_MS = 5 * 60_000;

/** Begins the rollout of a revision that the fleet has not: a release, one that is gone back to. */
export function openRevision(round: Round<RolloutSpec>, observed: Observed): Action {
  const { spec } = round;
  const { head, revisions = [], target } = observed;
  if (!head) throw new Error('The ledger was not read.');
  const software = target ?? gone(spec);
  const origin = originOf(round, revisions, software);
  const number = head.newest + 1;
  return {
    kind: 'open',
    head,
    rollout: { ...rolloutOf(round, software), revision: number, isRestart: false },
    revision: {
      fleet: spec.groupName,
      number,
      origin,
      release: releaseFacts(spec, origin, revisions),
      software,
      baseImageId: baseImageOf(spec, origin, revisions),
      by: askedBy(round),
      strategy: strategyWords(spec),
      gates: spec.gates.map(({ percentage }) => percentage),
      forecastSeconds: expectedSeconds(round, false),
      stackId: round.stackId,
      requestId: round.requestId,
      openedAt: round.startedAt,
    },
    superseded: superseded(round, observed),
  };
}

/** The forecast is of a release: an undo, a restart and a stack's rollback watch no alarms, and so have no bake time. */
function expectedSeconds({ spec, isGoingBack }: Round<RolloutSpec>, isRestart: boolean): number | undefined {
  const isWatched = !isRestart && !isGoingBack && spec.alarmNames.length > 0;
  return spec.forecastSeconds === undefined || isWatched
    ? spec.forecastSeconds
    : spec.forecastSeconds - spec.bakeTimeSeconds;
}

/** Begins the replacement of all machines of the revision that the fleet has. */
export function openRestart(round: Round<RolloutSpec>, observed: Observed, current: Revision): Action {
  const { head, target } = observed;
  if (!head) throw new Error('The ledger was not read.');
  return {
    kind: 'open',
    head,
    rollout: {
      ...rolloutOf(round, target ?? gone(round.spec)),
      revision: current.number,
      isRestart: true,
      order: round.spec.restart,
      forecastSeconds: expectedSeconds(round, true),
    },
    superseded: superseded(round, observed),
  };
}

function rolloutOf(round: Round<RolloutSpec>, software: Software) {
  return {
    content: software.content,
    launchTemplateVersion: software.launchTemplateVersion,
    stackId: round.stackId,
    requestId: round.requestId,
    openedAt: round.startedAt,
    until: lockedUntil(round),
    part: round.requestType === 'Update' ? round.spec.part : 0,
    passed: 0,
  } satisfies Omit<OpenRollout, 'revision' | 'isRestart'>;
}

/** Until when a rollout keeps other stacks away, unless it is heard of again. */
export function lockedUntil(round: Round<RolloutSpec>): number {
  return round.answerBy + LOCK_MARGIN_MS;
}

function originOf(round: Round<RolloutSpec>, revisions: readonly Revision[], software: Software): Origin {
  if (!round.isGoingBack) return round.spec.origin;
  const of = revisions.findLast(
    (revision) => revision.outcome?.kind === 'Complete' && revision.software.content === software.content,
  );
  return { kind: 'back', of: of?.number };
}

/** What a revision that is gone back to was when it was released. */
function releaseFacts(spec: RolloutSpec, origin: Origin, revisions: readonly Revision[]): ReleaseFacts {
  const of = origin.kind === 'release' ? undefined : origin.of;
  return revisions.find(({ number }) => number === of)?.release ?? spec.releaseFacts;
}

/** What a revision is made from that is gone back to, or that the template has. */
function baseImageOf(spec: RolloutSpec, origin: Origin, revisions: readonly Revision[]): string | undefined {
  if (origin.kind === 'release') return spec.baseImageId;
  return revisions.find(({ number }) => number === origin.of)?.baseImageId;
}

/** The stack keeps its parameters: who restarted a fleet once has not asked for the releases after that. */
function askedBy({ isGoingBack, spec, oldSpec }: Round<RolloutSpec>): string {
  if (isGoingBack) return 'CloudFormation';
  const isOperator = spec.origin.kind === 'undo' || (oldSpec && oldSpec.restart !== spec.restart);
  return isOperator ? spec.by : spec.deployedBy;
}

/** What is said of a rollout that another one finds open. */
export const NEVER_ENDED = 'It was never brought to an end; another deployment took its place.';

/** Whatever was open belongs to a deployment that is over: CloudFormation carries out one at a time. */
export function superseded(
  round: Round<RolloutSpec>,
  { head, revisions = [] }: Observed,
): Outcome | undefined {
  const open = head?.open;
  if (!open || open.isRestart) return undefined;
  const isEnded = revisions.some(({ number, outcome }) => number === open.revision && outcome);
  if (isEnded) return undefined;
  const why = open.trouble ? `${open.trouble} ` : '';
  return {
    kind: 'Failed',
    reason: `${why}${NEVER_ENDED}`,
    at: round.now,
  };
}

/** The launch template version was deleted: what is known is its number. */
function gone({ target }: RolloutSpec): Software {
  return {
    launchTemplateId: target.launchTemplateId,
    launchTemplateVersion: target.version,
    content: `gone:${target.launchTemplateId}:${target.version}`,
    imageId: '',
  };
}

function strategyWords({ minHealthyPercentage, maxHealthyPercentage }: RolloutSpec): string {
  if (minHealthyPercentage === 0 && maxHealthyPercentage === 100) return 'recreate';
  return `rolling, ${minHealthyPercentage} to ${maxHealthyPercentage}% healthy`;
}

/** Whether the ledger has the wanted content as what the fleet runs. */
export function isCurrent(observed: Observed): boolean {
  const current = currentRevision(observed.revisions ?? []);
  return current !== undefined && current.software.content === observed.target?.content;
}

/** Whether the ledger has other content than the wanted as what the fleet runs. */
export function hasCompletedOther(observed: Observed): boolean {
  return currentRevision(observed.revisions ?? []) !== undefined && !isCurrent(observed);
}
