import { failedInstallation } from './machine-console';
import type { TemplateVersion } from './properties';
import {
  isHealthyTarget,
  isHeldByHook,
  isInFleet,
  isInService,
  isLeavingTarget,
  isSickTarget,
} from './statuses';

/** An instance refresh, as far as a rollout cares. Times in milliseconds since the epoch. */
export interface Refresh {
  readonly id: string;
  readonly status: string;
  readonly statusReason: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly percentageComplete: number;
  readonly instancesToUpdate: number;
  /** Absent when it goes towards what the group has saved. */
  readonly desired?: TemplateVersion;
  readonly warmupSeconds?: number;
  readonly bakeTimeSeconds?: number;
  /** Why it goes back, or has gone. */
  readonly rollbackReason?: string;
  /** Its first checkpoint, in percent; absent when it stops nowhere before the end. */
  readonly checkpoint?: number;
}

export interface Machine {
  readonly id: string;
  readonly lifecycleState: string;
  /** Absent for a machine that was not started from a launch template. */
  readonly version?: TemplateVersion;
  /** Absent while it is not registered, and when the target group was not read. */
  readonly target?: { readonly state: string; readonly reason: string; readonly description: string };
}

/** An Auto Scaling group and its machines. */
export interface Fleet {
  /** What the group starts machines from. */
  readonly saved?: TemplateVersion;
  readonly desiredCapacity: number;
  readonly machines: readonly Machine[];
}

/** A launch or termination, by the group's scaling activities, newest first. */
export interface Activity {
  readonly description: string;
  readonly cause: string;
  readonly statusMessage: string;
  readonly endedAt?: number;
}

/** Digests of launch template data by `key(version)`; what is not there any more has none. */
export type Contents = ReadonlyMap<string, string>;

export function key(version: TemplateVersion): string {
  return `${version.launchTemplateId}:${version.version}`;
}

/**
 * Whether two launch template versions start the same machines. Numbers do not tell: the rollback of a
 * stack writes the old content as another version.
 */
export function isSameContent(
  contents: Contents,
  one: TemplateVersion | undefined,
  other: TemplateVersion | undefined,
): boolean {
  if (!one || !other) return false;
  if (key(one) === key(other)) return true;
  const content = contents.get(key(one));
  return content !== undefined && content === contents.get(key(other));
}

/** Machines that serve or are going to, but were started from something else. */
export function strays(fleet: Fleet, wanted: TemplateVersion, contents: Contents): readonly Machine[] {
  return fleet.machines.filter(
    (machine) => isInFleet(machine.lifecycleState) && !isSameContent(contents, machine.version, wanted),
  );
}

/** Machines in service that the target group finds healthy. */
export function healthyMachines(fleet: Fleet): readonly Machine[] {
  return fleet.machines.filter(
    (machine) => isInService(machine.lifecycleState) && isHealthyTarget(machine.target?.state),
  );
}

/**
 * When a machine of the wanted version last became healthy, as far as the activities tell: the moment at
 * which the youngest one that is healthy now came into service.
 */
export function lastProgressAt(
  fleet: Fleet,
  activities: readonly Activity[],
  isWanted: (machine: Machine) => boolean,
): number | undefined {
  let latest: number | undefined;
  for (const machine of healthyMachines(fleet).filter(isWanted)) {
    const launch = activities.find((activity) => isLaunchOf(activity, machine.id));
    if (launch?.endedAt !== undefined) latest = Math.max(latest ?? 0, launch.endedAt);
  }
  return latest;
}

function isLaunchOf(activity: Activity, machineId: string): boolean {
  return activity.description.startsWith('Launching') && activity.description.includes(machineId);
}

/**
 * The machine whose trouble says most: one that was found sick, before one whose service has not answered yet,
 * before one that is not healthy yet.
 */
export function machineInTrouble(fleet: Fleet, isWanted: (machine: Machine) => boolean): Machine | undefined {
  const wanted = fleet.machines.filter(isWanted);
  return (
    wanted.find(isSick) ??
    wanted.find(isSilent) ??
    wanted.find(({ target }) => target && !isHealthyTarget(target.state) && !isLeavingTarget(target.state))
  );
}

/** Whether the target group found a machine sick. */
export function isSick(machine: Machine): boolean {
  return isSickTarget(machine.target?.state);
}

/** Whether a machine's service has not answered yet. */
export function isSilent(machine: Machine): boolean {
  return isHeldByHook(machine.lifecycleState);
}

const SILENCE = 'its service has not answered yet';

/** Whether a text about a machine says no more than that its service has not answered yet. */
export function isSilence(text: string): boolean {
  return text.includes(SILENCE);
}

/** Why machines do not become healthy, in a sentence each; empty where nothing is known. */
export interface Findings {
  /** What the target group says about a sick machine that is still there. */
  readonly machine: string;
  /** What the group did about sick machines, or could not do. */
  readonly activity: string;
}

/** @param console of the machine in trouble, where it was read */
export function findingsOf(
  fleet: Fleet,
  activities: readonly Activity[],
  isWanted: (machine: Machine) => boolean,
  console = '',
): Findings {
  const failed = activities.find((activity) => activity.statusMessage !== '');
  const replaced = activities.find((activity) => /health ?check/i.test(activity.cause));
  return {
    machine: describe(machineInTrouble(fleet, isWanted), console),
    activity: failed
      ? `${failed.description}: ${shortened(failed.statusMessage)}`
      : replaced
        ? `${replaced.description}: ${shortened(replaced.cause)}`
        : '',
  };
}

/** Findings as one text. */
export function textOf(findings: Findings | undefined): string {
  return findings ? sentences(findings.machine, findings.activity) : '';
}

/** Joins what there is to say. */
export function sentences(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(' ');
}

function describe(machine: Machine | undefined, console: string): string {
  if (!machine) return '';
  const failed = isSilent(machine) ? failedInstallation(console) : '';
  if (failed || !machine.target)
    return `Machine ${machine.id} is ${machine.lifecycleState}: ${failed || SILENCE}. See its console: aws ec2 get-console-output --instance-id ${machine.id}`;
  const { state, reason, description } = machine.target;
  const why = [reason, description].filter(Boolean).join(', ');
  return `Machine ${machine.id} is ${state} in the target group${why ? `: ${why}` : ''}.`;
}

function shortened(text: string): string {
  const characters = [...text.trim()];
  return characters.length > 300 ? `${characters.slice(0, 299).join('')}…` : characters.join('');
}
