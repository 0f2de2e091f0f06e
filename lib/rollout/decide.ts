import type { Ending } from '../custom-resource/protocol';
import type { Round } from '../custom-resource/step';
import { type Fleet, isSameContent, key, type Refresh, sentences, strays, textOf } from './fleet';
import { noteOfGlance, noteOfWayBack } from './notes';
import type { Observed } from './observe';
import type { RolloutSpec, TemplateVersion } from './properties';
import { statusOf } from './status';
import { isActive, isBaking, isInFleet, isPending, isQuietAlarm, stageOf } from './statuses';
import { isTurnBackDue, PATIENCE_MS, pollSeconds, refreshOfRequest } from './timing';

/** What to do next. */
export type Action =
  | Ending
  | { readonly kind: 'wait'; readonly seconds: number; readonly message: string; readonly note?: string }
  /** Start a refresh; it is irreversible on the way back and where the group has saved the content already. */
  | { readonly kind: 'start'; readonly version: TemplateVersion; readonly isReversible: boolean }
  | { readonly kind: 'rollBack'; readonly refreshId: string; readonly reason: string }
  | { readonly kind: 'cancel'; readonly refreshId: string; readonly reason: string };

/** How long the group may take to show what a refresh that has just succeeded has saved. */
const SETTLING_MS = 2 * 60_000;

/** The next action, from what was observed and the time alone. */
export function decide(round: Round<RolloutSpec>, observed: Observed): Action {
  const active = observed.refreshes.find(({ status }) => isActive(status));
  if (round.requestType === 'Delete') return decideDelete(active);
  if (observed.group === 'absent')
    return succeed(round.spec.target, 'There is no group yet; it will start with the release.');
  if (active) return decideActive(active, round, observed);
  if (observed.group === 'unread') throw new Error('No refresh is active, and the group was not read.');
  return decideSettled(observed.group, round, observed);
}

/** The group is not touched: it goes by itself, or stays as it is. */
function decideDelete(active: Refresh | undefined): Action {
  if (active && stageOf(active.status) === 'forward')
    return { kind: 'cancel', refreshId: active.id, reason: 'The rollout is being deleted.' };
  return { kind: 'succeed', data: {}, message: 'No refresh is going on.' };
}

function decideActive(refresh: Refresh, round: Round<RolloutSpec>, observed: Observed): Action {
  const { message } = statusOf(refresh);
  const wait = { kind: 'wait', seconds: pollSeconds(refresh, round), message } as const;
  switch (stageOf(refresh.status)) {
    case 'forward':
      return decideForward(refresh, round, observed, wait);
    case 'back': {
      const note = noteOfWayBack(round.note, observed.findings);
      if (round.now < round.answerBy) return { ...wait, note };
      return fail(round, `it is still being rolled back. ${note} ${message}`);
    }
    case 'cancelling':
      if (round.now < round.answerBy) return wait;
      return fail(round, `it is still being cancelled. ${round.note} ${message}`);
    default:
      throw new Error(`A refresh that is ${refresh.status} is not active.`);
  }
}

function decideForward(
  refresh: Refresh,
  round: Round<RolloutSpec>,
  observed: Observed,
  wait: Action & { kind: 'wait' },
): Action {
  const { spec } = round;
  const isWanted = isSameContent(observed.contents, refresh.desired, spec.target);
  if (round.isGoingBack) {
    if (!isWanted) return turnBack(refresh, 'The deployment that it belongs to was given up.');
    if (round.now < round.answerBy) return wait;
    return fail(round, `the way back is not finished yet and goes on. ${statusOf(refresh).message}`);
  }
  const isOurs = refreshOfRequest([refresh], round, observed.contents) !== undefined;
  if (!isOurs) {
    const patience = isWanted ? round.answerBy : round.startedAt + PATIENCE_MS;
    if (round.now < Math.min(patience, round.answerBy)) return wait;
    const towards = refresh.desired ? ` towards launch template version ${refresh.desired.version}` : '';
    return fail(
      round,
      `instance refresh ${refresh.id}${towards}, started ${iso(refresh.startedAt)} by somebody else, is still going on. Wait for its end or cancel it, then deploy again.`,
    );
  }
  const trouble = troubleOf(refresh, round, observed);
  if (trouble) return turnBack(refresh, trouble);
  return observed.findings ? { ...wait, note: noteOfGlance(observed.findings) } : wait;
}

/** Why a refresh has to turn back; empty when it goes on as it should. */
function troubleOf(refresh: Refresh, round: Round<RolloutSpec>, observed: Observed): string {
  const { spec } = round;
  const found = textOf(observed.findings);
  // Only the bake time is left: it ends by itself, and what it watches for are alarms.
  const deadlineMs = spec.progressDeadlineSeconds * 1000;
  const lastProgress = Math.max(refresh.startedAt, observed.lastProgressAt ?? 0);
  if (
    !isBaking(refresh.status) &&
    observed.group !== 'unread' &&
    round.now - refresh.startedAt >= deadlineMs &&
    round.now - lastProgress >= deadlineMs
  )
    return sentences(`For ${minutes(deadlineMs)} no further machine became healthy.`, found);
  if (isTurnBackDue(refresh, round))
    return sentences(
      `After ${minutes(round.now - refresh.startedAt)} it was ${refresh.percentageComplete}% done, and the way back would not have fitted in what is left of the hour.`,
      found,
    );
  return '';
}

/** A refresh that has replaced nothing yet can't be rolled back. */
function turnBack(refresh: Refresh, reason: string): Action {
  return { kind: isPending(refresh.status) ? 'cancel' : 'rollBack', refreshId: refresh.id, reason };
}

function decideSettled(group: Fleet, round: Round<RolloutSpec>, observed: Observed): Action {
  const { spec } = round;
  const { saved } = group;
  if (!saved || !/^\d+$/.test(saved.version)) {
    return fail(
      round,
      `the group is to name a numbered launch template version; found ${saved ? saved.version : 'no launch template'}.`,
    );
  }
  const isSaved = isSameContent(observed.contents, saved, spec.target);
  const ended = refreshOfRequest(observed.refreshes, round, observed.contents);
  if (ended) return decideEnded(ended, saved, isSaved, round, observed);
  const left = strays(group, spec.target, observed.contents);
  if (isSaved && left.length === 0) return succeed(saved, `The fleet already runs ${spec.release}.`);
  return decideStart(group, saved, round, observed);
}

function decideEnded(
  refresh: Refresh,
  saved: TemplateVersion,
  isSaved: boolean,
  round: Round<RolloutSpec>,
  observed: Observed,
): Action {
  const status = statusOf(refresh).message;
  if (stageOf(refresh.status) !== 'successful')
    return fail(round, sentences(round.note || textOf(observed.findings), status));
  if (isSaved) return succeed(saved, `The fleet runs ${round.spec.release}. ${status}`);
  if (round.now < Math.min((refresh.endedAt ?? round.now) + SETTLING_MS, round.answerBy))
    return { kind: 'wait', seconds: 10, message: 'The group is about to save the launch template version.' };
  return fail(round, `${status} Yet the group names version ${saved.version}, which has other content.`);
}

function decideStart(
  group: Fleet,
  saved: TemplateVersion,
  round: Round<RolloutSpec>,
  observed: Observed,
): Action {
  const { spec } = round;
  if (observed.isStackGoingBack && !round.isGoingBack)
    return fail(round, 'the deployment was given up before it began.');
  if (round.now >= round.answerBy) return fail(round, 'the time was up before it could begin.');
  // Without something to go back to, an alarm could only keep the fleet from being cured.
  const isReversible = !round.isGoingBack && !isSameContent(observed.contents, saved, spec.target);
  const hindrance = isReversible ? decideAlarms(round, observed) : undefined;
  if (hindrance) return hindrance;
  return {
    kind: 'start',
    version: versionToStart(group, saved, spec, observed),
    isReversible,
  };
}

/**
 * No refresh starts while one of its alarms fires, or has too little data. Both may pass: an alarm that a
 * failed rollout set off goes out some minutes after its machines are gone.
 */
function decideAlarms(round: Round<RolloutSpec>, observed: Observed): Action | undefined {
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
  );
}

/**
 * Skip matching goes by the version's number. Of the versions with the wanted content, the one that
 * most machines run already is therefore the one to refresh to, or they would be replaced for nothing.
 */
function versionToStart(
  group: Fleet,
  saved: TemplateVersion,
  spec: RolloutSpec,
  observed: Observed,
): TemplateVersion {
  const candidates = [spec.target, saved, ...group.machines.map(({ version }) => version)].filter(
    (version): version is TemplateVersion => isSameContent(observed.contents, version, spec.target),
  );
  const runs = (version: TemplateVersion) =>
    group.machines.filter(
      (machine) =>
        isInFleet(machine.lifecycleState) && machine.version && key(machine.version) === key(version),
    ).length;
  return candidates.reduce((best, version) => (runs(version) > runs(best) ? version : best));
}

function succeed(version: TemplateVersion, message: string): Action {
  return { kind: 'succeed', data: { LaunchTemplateVersion: version.version }, message };
}

function fail(round: Round<RolloutSpec>, what: string): Action {
  const { release, groupName } = round.spec;
  return { kind: 'fail', reason: `The rollout of ${release} to ${groupName} failed: ${what}`.trim() };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function minutes(ms: number): string {
  const count = Math.round(ms / 60_000);
  return `${count} ${count === 1 ? 'minute' : 'minutes'}`;
}
