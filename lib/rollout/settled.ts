import type { Round } from '../custom-resource/step';
import type { OpenRollout } from '../ledger/types';
import type { Action } from './action';
import { fail } from './endings';
import { type Fleet, isSameContent, key, type Refresh, sentences, strays, textOf } from './fleet';
import { isFinalNote } from './notes';
import type { Observed } from './observe';
import type { RolloutSpec, TemplateVersion } from './properties';
import { statusOf } from './status';
import { isInFleet, stageOf } from './statuses';

/** How long the group may take to show what a refresh that has just succeeded has saved. */
const SETTLING_MS = 2 * 60_000;

/** What decisions about a fleet at rest have in common. */
export interface Settled {
  readonly group: Fleet;
  readonly saved: TemplateVersion;
  readonly round: Round<RolloutSpec>;
  readonly observed: Observed;
  /** Whether the group has saved the wanted content, and every machine has it. */
  readonly isThere: boolean;
}

/** A fleet at rest; undefined when the group names no numbered version, with which nothing can be done. */
export function settle(group: Fleet, round: Round<RolloutSpec>, observed: Observed): Settled | undefined {
  const { saved } = group;
  if (!saved || !/^\d+$/.test(saved.version)) return undefined;
  const { spec } = round;
  const { contents } = observed;
  const isThere =
    isSameContent(contents, saved, spec.target) && strays(group, spec.target, contents).length === 0;
  return { group, saved, round, observed, isThere };
}

/** What is said of a group that names its launch template version otherwise than by a number. */
export function unnumbered({ saved }: Fleet): string {
  return `the group is to name a numbered launch template version; found ${saved ? saved.version : 'no launch template'}.`;
}

/** Why a refresh that has failed did so: as the rounds noted it, as the ledger has it, or as it is to be seen. */
function reasonOf({ round, observed }: Settled, open: OpenRollout | undefined): string {
  if (isFinalNote(round.note)) return round.note;
  const trouble = round.isGoingBack ? '' : open?.trouble;
  return trouble || round.note || textOf(observed.findings);
}

/**
 * The refresh of this rollout has ended by itself.
 * @param arrived what to do when the fleet runs what was wanted
 */
export function decideEnded(
  refresh: Refresh,
  settled: Settled,
  open: OpenRollout | undefined,
  arrived: (status: string) => Action,
): Action {
  const { round, saved, observed } = settled;
  const status = statusOf(refresh).message;
  const stage = stageOf(refresh.status);
  if (stage !== 'successful')
    return fail(round, sentences(reasonOf(settled, open), status), open, stage === 'rolledBack');
  const isSaved = isSameContent(observed.contents, saved, round.spec.target);
  if (isSaved) return arrived(status);
  if (round.now < Math.min((refresh.endedAt ?? round.now) + SETTLING_MS, round.answerBy))
    return { kind: 'wait', seconds: 10, message: 'The group is about to save the launch template version.' };
  return fail(
    round,
    `${status} Yet the group names version ${saved.version}, which has other content.`,
    open,
  );
}

/** Starts a refresh towards the wanted content. */
export function start(settled: Settled, how: Omit<Action & { kind: 'start' }, 'kind' | 'version'>): Action {
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
