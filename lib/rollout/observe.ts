import { isDeploymentOver } from '../custom-resource/deployment';
import { expectTold, type Round } from '../custom-resource/step';
import type { Head, Revision, Software } from '../ledger/types';
import { type Finding, without } from '../preflight/finding';
import { findings } from '../preflight/findings';
import { lastLook } from '../preflight/last-look';
import { observePreflight } from '../preflight/observe';
import type { RolloutClients } from './clients';
import {
  type Contents,
  type Findings,
  type Fleet,
  findingsOf,
  isSameContent,
  isSick,
  isSilent,
  key,
  lastProgressAt,
  type Machine,
  machineInTrouble,
  type Refresh,
} from './fleet';
import { type Check, checkGate } from './gate-check';
import { failedInstallation } from './machine-console';
import { isFinalNote } from './notes';
import type { RolloutSpec } from './properties';
import { readFleetConsole } from './read-console';
import {
  readActivities,
  readContents,
  readGroup,
  readRefreshes,
  readSoftware,
  withTargetHealth,
} from './read-fleet';
import { isActive, isAtCheckpoint, stageOf } from './statuses';
import { isGlanceDue, isLookDue } from './timing';

/** State of an alarm that a rollout heeds. */
export interface Alarm {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
}

/** What a decision rests on. What the present phase does not need was not read. */
export interface Observed {
  /** Newest first. */
  readonly refreshes: readonly Refresh[];
  readonly group: Fleet | 'absent' | 'unread';
  readonly contents: Contents;
  /** The fleet's state in the ledger; not read while a refresh goes back. */
  readonly head?: Head;
  /** All revisions, oldest first; read when no refresh is active. */
  readonly revisions?: readonly Revision[];
  /** What the wanted launch template version has; read with the revisions. */
  readonly target?: Software;
  /** Whether progress was looked for. */
  readonly hasLooked?: boolean;
  /** When a machine of the release last became healthy; absent when there is none, or it was not looked for. */
  readonly lastProgressAt?: number;
  /** Why machines do not become healthy; absent when it was not looked for. */
  readonly findings?: Findings;
  /** Console of a machine in trouble, when it was seen first, and when it says anew that the installation failed. */
  readonly console?: string;
  /** Read when a refresh would be started that could be rolled back. */
  readonly alarms?: readonly Alarm[];
  /** Whether the stack's deployment was given up; read when a refresh would be started. */
  readonly isStackGoingBack?: boolean;
  /** What a preflight finds against it; looked for when a rollout is to begin. */
  readonly refusals?: readonly Finding[];
  /** Read while the rollout stands at a gate that passes by itself. */
  readonly check?: Check;
}

const NO_CONTENTS: Contents = new Map();

/**
 * Reads what the next decision needs and no more: a refresh that runs as it should costs two calls a round.
 * @param known the ledger's head, when it was read already
 */
export async function observe(
  round: Round<RolloutSpec>,
  clients: RolloutClients,
  known?: Head,
): Promise<Observed> {
  const { spec } = round;
  const refreshes = await readRefreshes(clients, spec.groupName);
  const active = refreshes.find(({ status }) => isActive(status));
  const head =
    known ??
    (needsHead(active, round) ? await clients.ledger(spec.ledgerTable).head(spec.groupName) : undefined);
  const glance: Observed = { refreshes, group: 'unread', contents: NO_CONTENTS, head };
  if (round.requestType === 'Delete') return glance;
  if (active && !needsGroup(active, round))
    return { ...glance, check: isAtCheckpoint(active) ? await readCheck(round, head, clients) : undefined };
  const group = await readGroup(clients, spec.groupName);
  if (group && active) return observeRefreshing(round, clients, glance, active, group);
  return observeSettled(round, clients, glance, group);
}

/** While a refresh goes back, whatever an operator wants comes too late. */
function needsHead(active: Refresh | undefined, round: Round<RolloutSpec>): boolean {
  if (!active || round.requestType === 'Delete' || round.now >= round.answerBy) return true;
  if (round.isGoingBack) return false;
  // Once more when the way back has just begun: what is found of the sick machine belongs to its revision.
  return stageOf(active.status) === 'forward' || !isFinalNote(round.note);
}

/** A refresh towards the very version that is wanted needs a closer look only when it takes too long. */
function needsGroup(active: Refresh, round: Round<RolloutSpec>): boolean {
  switch (stageOf(active.status)) {
    case 'back':
      // The sick machines are still there when it has just begun.
      return !isFinalNote(round.note);
    case 'forward':
      if (!active.desired || key(active.desired) !== key(round.spec.target)) return true;
      return isLookDue(active, round) || isGlanceDue(active, round);
    default:
      return false;
  }
}

/** Read while the rollout stands at a gate that passes by itself. */
async function readCheck(
  round: Round<RolloutSpec>,
  head: Head | undefined,
  clients: RolloutClients,
): Promise<Check | undefined> {
  const holding = head?.open?.holding;
  if (!holding) return undefined;
  const gate = round.spec.gates.find(({ percentage }) => percentage === holding.at);
  if (gate?.minutes === undefined) return undefined;
  return checkGate(round, gate, await readAlarms(clients, round.spec.alarmNames), clients.functions);
}

async function observeRefreshing(
  round: Round<RolloutSpec>,
  clients: RolloutClients,
  glance: Observed,
  active: Refresh,
  group: Fleet,
): Promise<Observed> {
  const { spec } = round;
  const contents =
    active.desired && key(active.desired) !== key(spec.target)
      ? await readContents(clients, [active.desired, spec.target])
      : NO_CONTENTS;
  const check = isAtCheckpoint(active) ? await readCheck(round, glance.head, clients) : undefined;
  const isForward = stageOf(active.status) === 'forward';
  const isLook = !isForward || isLookDue(active, round);
  if (!isLook && !isGlanceDue(active, round)) return { ...glance, group, contents, check };
  const fleet = await withTargetHealth(clients, group, spec.targetGroupArn);
  const activities = isLook ? await readActivities(clients, spec.groupName, active.startedAt) : [];
  const isNew = (machine: Machine) =>
    Boolean(machine.version && active.desired && key(machine.version) === key(active.desired));
  const trouble = machineInTrouble(fleet, isNew);
  const console = await consoleOf(trouble, round.note, clients);
  return {
    ...glance,
    group: fleet,
    contents,
    check,
    hasLooked: isLook,
    lastProgressAt: lastProgressAt(fleet, activities, isNew),
    findings: findingsOf(fleet, activities, isNew, console),
    console: console && isNews(console, round.note) ? console : undefined,
  };
}

/** A sick machine's console tells nothing new later; one that was silent before, too, may have failed since. */
async function consoleOf(
  machine: Machine | undefined,
  note: string,
  clients: RolloutClients,
): Promise<string | undefined> {
  if (!machine || !(isSick(machine) || isSilent(machine))) return undefined;
  if (note !== '' && (isSick(machine) || !note.includes(machine.id))) return undefined;
  return readFleetConsole(clients, machine.id);
}

/** Whether a console says what is not known yet. */
function isNews(console: string, note: string): boolean {
  const failed = failedInstallation(console);
  return note === '' || (failed !== '' && !note.includes(failed));
}

async function observeSettled(
  round: Round<RolloutSpec>,
  clients: RolloutClients,
  glance: Observed,
  group: Fleet | undefined,
): Promise<Observed> {
  const { spec } = round;
  const known: Observed = {
    ...glance,
    group: group ?? 'absent',
    revisions: await clients.ledger(spec.ledgerTable).revisions(spec.groupName),
    target: await readSoftware(clients, spec.target),
  };
  // Taken for other content, a version that EC2 does not tell of yet would replace every machine for nothing.
  expectTold(known.target !== undefined, `launch template version ${spec.target.version}`, round);
  if (!group) return known;
  const contents = await readContents(clients, [
    spec.target,
    group.saved,
    ...group.machines.map((machine) => machine.version),
    ...glance.refreshes.slice(0, 3).map(({ desired }) => desired),
  ]);
  const newest = glance.refreshes[0];
  const isFailed = newest && newest.startedAt >= round.startedAt && stageOf(newest.status) !== 'successful';
  const activities =
    isFailed && round.note === '' ? await readActivities(clients, spec.groupName, newest.startedAt) : [];
  const isSaved = isSameContent(contents, group.saved, spec.target);
  const isToBegin = !round.isGoingBack && glance.head?.open?.requestId !== round.requestId && spec.part === 0;
  return {
    ...known,
    contents,
    refusals: isToBegin && !isSaved ? await refusals(round, clients) : [],
    findings: findingsOf(group, activities, () => true),
    check: round.isGoingBack ? undefined : await readCheck(round, glance.head, clients),
    isStackGoingBack: round.isGoingBack || (await isDeploymentOver(clients.cloudFormation, round)),
    alarms: round.isGoingBack || isSaved ? [] : await readAlarms(clients, spec.alarmNames),
  };
}

async function refusals(
  { spec, now }: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<readonly Finding[]> {
  const subject = lastLook(spec);
  return without(spec.acceptedFindings, findings(subject, await observePreflight(clients, subject), now));
}

/** An alarm that is not there is reported as one without data. */
async function readAlarms(clients: RolloutClients, names: readonly string[]): Promise<readonly Alarm[]> {
  if (names.length === 0) return [];
  const { MetricAlarms = [] } = await clients.cloudWatch.describeAlarms({ AlarmNames: [...names] });
  return names.map((name) => {
    const alarm = MetricAlarms.find(({ AlarmName }) => AlarmName === name);
    return {
      name,
      state: alarm?.StateValue ?? 'INSUFFICIENT_DATA',
      reason: alarm ? (alarm.StateReason ?? '') : 'There is no such alarm.',
    };
  });
}
