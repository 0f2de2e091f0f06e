import { currentRevision } from '../ledger/history';
import type { Head, Revision } from '../ledger/types';
import {
  type Fleet,
  findingsOf,
  healthyMachines,
  isSameContent,
  key,
  type Machine,
  strays,
} from '../rollout/fleet';
import { type FleetSituation, fleetStatus, isUnderWay } from '../rollout/fleet-status';
import { PIN_PARAMETER, parsePin } from '../rollout/pin';
import type { TemplateVersion } from '../rollout/properties';
import { readActivities, readRefreshes } from '../rollout/read-fleet';
import type { Phase } from '../rollout/status';
import { isFiringAlarm, isHealthyTarget, isInFleet, isQuietAlarm } from '../rollout/statuses';
import type { OperatorClients } from './clients';
import { parametersOf, readStack } from './find-fleet';
import {
  type FleetParts,
  type FleetView,
  readFleetView,
  releaseOf,
  revisionOf,
  templateVersionOf,
} from './fleet-view';
import type { FleetContext } from './on-fleet';

/** How a fleet is: what `rollout status --json` prints. */
export interface StatusReport {
  /** ISO 8601, by the services' clock. */
  readonly at: string;
  readonly stack: string;
  readonly stackStatus: string;
  readonly fleet: string;
  readonly phase: Phase;
  readonly message: string;
  /** Whether something goes on that ends by itself, or when an operator lets it. */
  readonly isUnderWay: boolean;
  readonly machines: { readonly desired: number; readonly present: number; readonly healthy: number };
  readonly rollout?: RolloutReport;
  /** Present while the fleet runs a kept revision in the place of the template's release. */
  readonly pinned?: PinReport;
  /** Newest revision first. */
  readonly versions: readonly VersionReport[];
  /** Alarms and machines that hold it up, a sentence each. */
  readonly heldUpBy: readonly string[];
}

/** The kept revision that somebody went back to. */
export interface PinReport {
  readonly revision: number;
  readonly release: string;
  readonly by: string;
}

/** The rollout that goes on. */
export interface RolloutReport {
  readonly revision: number;
  readonly release: string;
  readonly changeCause: string;
  readonly by: string;
  readonly isRestart: boolean;
  /** Machines in the fleet that run the revision. */
  readonly updated: number;
  readonly secondsPassed: number;
  /** By the forecast; absent without one. */
  readonly secondsLeft?: number;
  /** Shares in percent at which it stops, and up to where they are passed. */
  readonly gates: readonly number[];
  readonly passed: number;
}

/** Machines that start from the same launch template version. */
export interface VersionReport {
  /** Absent when the ledger does not know the version. */
  readonly revision?: number;
  readonly release?: string;
  readonly launchTemplateVersion?: string;
  readonly role: 'desired' | 'stable' | 'other';
  readonly machines: readonly {
    readonly id: string;
    readonly lifecycleState: string;
    /** What the target group says; empty while it does not know the machine. */
    readonly health: string;
    readonly reason: string;
  }[];
}

/** Reads how a fleet is. */
export async function readStatus(context: FleetContext, parts: FleetParts): Promise<StatusReport> {
  const { clients, fleet } = context;
  const stack = await readStack(clients, fleet.stackId);
  const view = await readFleetView(context, parts);
  const { head, revisions, group, contents } = view;
  const newest = revisions.at(-1);
  const current = currentRevision(revisions);
  const refresh = (await readRefreshes(clients, fleet.groupName))[0];
  const now = context.now();
  const situation: FleetSituation = {
    head,
    newest,
    current,
    refresh,
    fleet: group,
    strays: group && current ? strays(group, templateVersionOf(current.software), contents).length : 0,
    stackStatus: stack?.StackStatus ?? 'DELETE_COMPLETE',
    now,
  };
  const healthy = group ? healthyMachines(group).length : 0;
  const goesOn = isUnderWay(situation);
  const isWell = !goesOn && group !== undefined && healthy >= group.desiredCapacity;
  return {
    at: new Date(now).toISOString(),
    stack: fleet.stackName,
    stackStatus: situation.stackStatus,
    fleet: fleet.groupName,
    ...fleetStatus(situation),
    isUnderWay: goesOn,
    machines: {
      desired: group?.desiredCapacity ?? 0,
      present: group?.machines.length ?? 0,
      healthy,
    },
    rollout: rolloutReport(view, now),
    pinned: current && pinReport(parametersOf(stack).get(PIN_PARAMETER) ?? '', current),
    versions: versionReports(view),
    heldUpBy: [
      ...(await firingAlarms(clients, parts.alarmNames, head.open !== undefined)),
      ...(isWell || !group ? [] : await troubledMachines(context, group, head)),
    ],
  };
}

function rolloutReport(
  { head, revisions, group, contents }: FleetView,
  now: number,
): RolloutReport | undefined {
  const { open } = head;
  const revision = revisions.find(({ number }) => number === open?.revision);
  if (!open || !revision) return undefined;
  const secondsPassed = Math.max(0, Math.round((now - open.openedAt) / 1000));
  const forecastSeconds = open.forecastSeconds ?? revision.forecastSeconds;
  const wanted = templateVersionOf(revision.software);
  return {
    revision: revision.number,
    release: releaseOf(revision),
    changeCause: revision.release.changeCause,
    by: revision.by,
    isRestart: open.isRestart,
    updated: (group?.machines ?? []).filter(
      ({ version, lifecycleState }) => isInFleet(lifecycleState) && isSameContent(contents, version, wanted),
    ).length,
    secondsPassed,
    secondsLeft: forecastSeconds === undefined ? undefined : Math.max(0, forecastSeconds - secondsPassed),
    gates: revision.gates,
    passed: open.passed,
  };
}

/** A pin that a newer release has overridden is still there, and says nothing. */
function pinReport(text: string, current: Revision): PinReport | undefined {
  const pin = parsePin(text);
  if (pin?.launchTemplateVersion !== current.software.launchTemplateVersion) return undefined;
  const { revision, release, by } = pin;
  return { revision, release, by };
}

function versionReports({ head, revisions, group, contents }: FleetView): readonly VersionReport[] {
  const desired = revisions.find(({ number }) => number === head.open?.revision);
  const stable = currentRevision(revisions);
  const byVersion = new Map<string, { revision?: Revision; version?: string; machines: Machine[] }>();
  const place = (revision: Revision | undefined, version: TemplateVersion | undefined) => {
    const name = revision ? `revision ${revision.number}` : version ? key(version) : '';
    const found = byVersion.get(name) ?? {
      revision,
      version: revision?.software.launchTemplateVersion ?? version?.version,
      machines: [],
    };
    byVersion.set(name, found);
    return found.machines;
  };
  if (desired) place(desired, undefined);
  for (const machine of group?.machines ?? [])
    place(revisionOf(machine.version, revisions, contents), machine.version).push(machine);
  return [...byVersion.values()]
    .sort((a, b) => (b.revision?.number ?? 0) - (a.revision?.number ?? 0))
    .map(({ revision, version, machines }) => ({
      revision: revision?.number,
      release: revision && releaseOf(revision),
      launchTemplateVersion: version,
      role:
        revision && revision === desired ? 'desired' : revision && revision === stable ? 'stable' : 'other',
      machines: machines.map(({ id, lifecycleState, target }) => ({
        id,
        lifecycleState,
        health: target?.state ?? '',
        reason: [target?.reason, target?.description].filter(Boolean).join(', '),
      })),
    }));
}

async function firingAlarms(
  clients: OperatorClients,
  names: readonly string[],
  isRollingOut: boolean,
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const { MetricAlarms = [], CompositeAlarms = [] } = await clients.cloudWatch.describeAlarms({
    AlarmNames: [...names],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  });
  return (
    [...MetricAlarms, ...CompositeAlarms]
      .filter(({ StateValue = '' }) => !isQuietAlarm(StateValue))
      // An alarm without data keeps a refresh from starting, and nothing else.
      .filter(({ StateValue = '' }) => isFiringAlarm(StateValue) || isRollingOut)
      .map(({ AlarmName, StateValue, StateReason }) => `Alarm ${AlarmName} is ${StateValue}: ${StateReason}`)
  );
}

async function troubledMachines(
  { clients, fleet }: FleetContext,
  group: Fleet,
  { open }: Head,
): Promise<readonly string[]> {
  const activities = open ? await readActivities(clients, fleet.groupName, open.openedAt) : [];
  const isSettled = (machine: Machine) => isHealthyTarget(machine.target?.state);
  const { machine, activity } = findingsOf(group, activities, (each) => !isSettled(each));
  return [machine, activity].filter((text) => text !== '');
}
