import { isStackGoingBack } from '../custom-resource/entry';
import type { Round } from '../custom-resource/step';
import type { RolloutClients } from './clients';
import {
  type Contents,
  type Findings,
  type Fleet,
  findingsOf,
  isSameContent,
  key,
  lastProgressAt,
  type Machine,
  type Refresh,
  strays,
} from './fleet';
import { isFinalNote } from './notes';
import type { RolloutSpec } from './properties';
import { readActivities, readContents, readGroup, readRefreshes, withTargetHealth } from './read-fleet';
import { isActive, stageOf } from './statuses';
import { isGlanceDue, isLookDue, refreshOfRequest } from './timing';

/** What a decision rests on. What the present phase does not need was not read. */
export interface Observed {
  /** Newest first. */
  readonly refreshes: readonly Refresh[];
  readonly group: Fleet | 'absent' | 'unread';
  readonly contents: Contents;
  /** When a machine of the release last became healthy; absent when there is none, or it was not looked for. */
  readonly lastProgressAt?: number;
  /** Why machines do not become healthy; absent when it was not looked for. */
  readonly findings?: Findings;
  /** Read when a refresh would be started that could be rolled back. */
  readonly alarms?: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  /** Read when a refresh would be started. */
  readonly isStackGoingBack?: boolean;
}

const NO_CONTENTS: Contents = new Map();

/**
 * Reads what the next decision needs and no more: a refresh that runs as it should costs one call a
 * round.
 */
export async function observe(round: Round<RolloutSpec>, clients: RolloutClients): Promise<Observed> {
  const { spec } = round;
  const refreshes = await readRefreshes(clients, spec.groupName);
  const active = refreshes.find(({ status }) => isActive(status));
  if (round.requestType === 'Delete') return { refreshes, group: 'unread', contents: NO_CONTENTS };
  if (active && !needsGroup(active, round)) return { refreshes, group: 'unread', contents: NO_CONTENTS };
  const group = await readGroup(clients, spec.groupName);
  if (!group) return { refreshes, group: 'absent', contents: NO_CONTENTS };
  return active
    ? observeRefreshing(round, clients, refreshes, active, group)
    : observeSettled(round, clients, refreshes, group);
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

async function observeRefreshing(
  round: Round<RolloutSpec>,
  clients: RolloutClients,
  refreshes: readonly Refresh[],
  active: Refresh,
  group: Fleet,
): Promise<Observed> {
  const { spec } = round;
  const contents =
    active.desired && key(active.desired) !== key(spec.target)
      ? await readContents(clients, [active.desired, spec.target])
      : NO_CONTENTS;
  const isForward = stageOf(active.status) === 'forward';
  const isLook = !isForward || isLookDue(active, round);
  if (!isLook && !isGlanceDue(active, round)) return { refreshes, group, contents };
  const fleet = await withTargetHealth(clients, group, spec.targetGroupArn);
  const activities = isLook ? await readActivities(clients, spec.groupName, active.startedAt) : [];
  const isNew = (machine: Machine) =>
    Boolean(machine.version && active.desired && key(machine.version) === key(active.desired));
  return {
    refreshes,
    group: fleet,
    contents,
    lastProgressAt: lastProgressAt(fleet, activities, isNew),
    findings: findingsOf(fleet, activities, isNew),
  };
}

async function observeSettled(
  round: Round<RolloutSpec>,
  clients: RolloutClients,
  refreshes: readonly Refresh[],
  group: Fleet,
): Promise<Observed> {
  const { spec } = round;
  const contents = await readContents(clients, [
    spec.target,
    group.saved,
    ...group.machines.map((machine) => machine.version),
    ...refreshes.filter(({ startedAt }) => startedAt >= round.startedAt - 1000).map(({ desired }) => desired),
  ]);
  const settled: Observed = { refreshes, group, contents };
  const ended = refreshOfRequest(refreshes, round, contents);
  const isSaved = isSameContent(contents, group.saved, spec.target);
  const isStable = isSaved && strays(group, spec.target, contents).length === 0;
  if (ended && stageOf(ended.status) !== 'successful' && round.note === '') {
    const activities = await readActivities(clients, spec.groupName, ended.startedAt);
    return { ...settled, findings: findingsOf(group, activities, () => true) };
  }
  if (ended || isStable) return settled;
  return {
    ...settled,
    isStackGoingBack: await readIsStackGoingBack(clients, round.stackId),
    alarms: round.isGoingBack || isSaved ? [] : await readAlarms(clients, spec.alarmNames),
  };
}

async function readIsStackGoingBack(clients: RolloutClients, stackId: string): Promise<boolean> {
  const { Stacks } = await clients.cloudFormation.describeStacks({ StackName: stackId });
  return isStackGoingBack(Stacks?.[0]?.StackStatus ?? '');
}

/** An alarm that is not there is reported as one without data. */
async function readAlarms(clients: RolloutClients, names: readonly string[]) {
  if (names.length === 0) return [];
  const { MetricAlarms = [], CompositeAlarms = [] } = await clients.cloudWatch.describeAlarms({
    AlarmNames: [...names],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  });
  return names.map((name) => {
    const alarm = [...MetricAlarms, ...CompositeAlarms].find(({ AlarmName }) => AlarmName === name);
    return {
      name,
      state: alarm?.StateValue ?? 'INSUFFICIENT_DATA',
      reason: alarm ? (alarm.StateReason ?? '') : 'There is no such alarm.',
    };
  });
}
