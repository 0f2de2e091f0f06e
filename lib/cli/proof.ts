import type { Revision } from '../ledger/types';
import { isAvailableImage } from '../preflight/statuses';
import { nameOf } from '../rollout/fleet-status';
import { releaseOf } from './fleet-view';
import type { Login, Logins } from './logins';
import type { Answer } from './machine-answers';

/** A machine: what EC2, Auto Scaling and the machine itself say of it. */
export interface ProvenMachine {
  readonly id: string;
  /** Whether it belongs to the Auto Scaling group. */
  readonly isInGroup: boolean;
  /** Whether the load balancer sends requests to it, or is going to. */
  readonly isTarget: boolean;
  /** Whether it serves, or is going to; one that is on its way out has no say. */
  readonly isInFleet: boolean;
  readonly lifecycleState: string;
  readonly health: string;
  readonly launchedAt?: string;
  readonly imageId?: string;
  readonly imageName?: string;
  /** State of the AMI: `available`; absent when it is gone. */
  readonly imageState?: string;
  /** A key pair that opens it. */
  readonly keyName?: string;
  readonly launchTemplateVersion?: string;
  /** Revision that has the same content as its launch template version. */
  readonly revision?: number;
  readonly release?: string;
  readonly answer?: Answer;
  /**
   * What was changed on it since it had booted, as it says itself: files, folders from which something is gone,
   * and `/` when it is writable again. Absent when that is not known.
   */
  readonly changed?: readonly string[];
  /** How many changes there are besides. */
  readonly changedBesides?: number;
  /** Whether its root file system, which its image makes read-only, can be written to. */
  readonly isWritable?: boolean;
}

/** The proof of what a fleet runs, to be kept. */
export interface Proof {
  /** ISO 8601, by the services' clock. */
  readonly at: string;
  /** Who had it made. */
  readonly by: string;
  readonly region: string;
  readonly stack: string;
  readonly stackId: string;
  readonly fleet: string;
  readonly url: string;
  /** What the fleet is to run. */
  readonly revision?: Revision;
  /** Number of the revision that is being rolled out meanwhile. */
  readonly rollingOut?: number;
  /** How many machines the group is to have; absent when there is no group. */
  readonly desiredMachines?: number;
  /** Revision that the group starts new machines from. */
  readonly savedRevision?: number;
  readonly machines: readonly ProvenMachine[];
  readonly unattributed: readonly Answer[];
  readonly logins: Logins;
  /** What is off, a sentence each. */
  readonly findings: readonly string[];
  /** What could not be looked at, and why. */
  readonly notLookedAt: readonly string[];
  readonly isProven: boolean;
}

/** What was read, before it is judged. */
export type Evidence = Omit<Proof, 'findings' | 'notLookedAt' | 'isProven'> & {
  /** Why no answer came through the load balancer; empty when one did. */
  readonly askingFailed: string;
  /** Why consoles could not be read; empty when they could. */
  readonly consolesFailed: string;
};

/** Holds what was found against what the fleet is to run. */
export function judge({ askingFailed, consolesFailed, ...evidence }: Evidence): Proof {
  const findings = [
    ...fleetFindings(evidence),
    ...evidence.machines.flatMap((machine) => machineFindings(machine, evidence)),
    ...evidence.unattributed.flatMap((answer) =>
      answerFindings('Through the load balancer', answer, evidence),
    ),
    ...loginFindings(evidence.logins),
    ...(askingFailed && evidence.machines.some(({ isInFleet }) => isInFleet)
      ? [`No machine could be asked for its version: ${askingFailed}.`]
      : []),
  ];
  return {
    ...evidence,
    findings,
    notLookedAt: notLookedAt(evidence, askingFailed, consolesFailed),
    isProven: findings.length === 0,
  };
}

type Found = Omit<Evidence, 'askingFailed' | 'consolesFailed'>;

function fleetFindings(found: Found): readonly string[] {
  const { fleet, revision, rollingOut, savedRevision, desiredMachines = 0, machines } = found;
  if (!revision) return [`No revision of ${fleet} has completed yet: there is nothing to hold it against.`];
  const present = machines.filter(({ isInGroup, isInFleet }) => isInGroup && isInFleet).length;
  const missing =
    rollingOut === undefined && present < desiredMachines
      ? [`The group ${fleet} is to have ${desiredMachines} machines, and has ${present}.`]
      : [];
  return [
    ...(rollingOut === undefined
      ? []
      : [`The rollout of revision ${rollingOut} goes on: until its end the fleet may hold two revisions.`]),
    ...(savedRevision === revision.number
      ? []
      : [
          `The group starts new machines from ${savedRevision === undefined ? 'something that the ledger does not know' : `revision ${savedRevision}`}, and not from ${nameOf(revision)}.`,
        ]),
    ...(machines.some(({ isInGroup }) => isInGroup) ? missing : [`The group ${fleet} has no machines.`]),
  ];
}

function machineFindings(machine: ProvenMachine, found: Found): readonly string[] {
  const { id, isInGroup, isTarget, isInFleet, imageId, imageState, answer } = machine;
  const { revision, fleet } = found;
  if (!isInGroup)
    return [
      `Machine ${id} ${isTarget ? 'is behind the load balancer' : "was started from the fleet's launch template"}, and does not belong to the group ${fleet}.`,
    ];
  // A machine that is about to go has nothing to prove.
  if (!isInFleet || !revision) return [];
  const stray =
    machine.revision === revision.number
      ? []
      : [
          `Machine ${id} is a stray: it was started from ${describeOrigin(machine)}, and not from ${nameOf(revision)}.`,
        ];
  const image =
    imageId === undefined
      ? [`EC2 does not know machine ${id}.`]
      : stray.length === 0 && imageId !== revision.software.imageId
        ? [
            `Machine ${id} runs the AMI ${imageId}, and not ${revision.software.imageId} of ${nameOf(revision)}.`,
          ]
        : imageState === undefined || !isAvailableImage(imageState)
          ? [
              `The AMI ${imageId} of machine ${id} is ${imageState ?? 'gone'}: no further machine can start from it.`,
            ]
          : [];
  return [
    ...stray,
    ...image,
    ...(answer ? answerFindings(`Machine ${id}`, answer, found) : []),
    ...changeFindings(machine),
  ];
}

function changeFindings({ id, changed = [], changedBesides, isWritable }: ProvenMachine): readonly string[] {
  if (changed.length === 0) return [];
  // As in addresses: a file's name may have anything in it, and this goes to a terminal.
  const names = changed.map((path) => (path === '/' && isWritable ? '/ (writable again)' : encodeURI(path)));
  const besides = changedBesides === undefined ? '' : ` and ${changedBesides} more`;
  return [`Machine ${id} was changed since it started: ${names.join(', ')}${besides}.`];
}

function describeOrigin({ revision, release, launchTemplateVersion }: ProvenMachine): string {
  if (revision !== undefined) return `revision ${revision} (${release})`;
  return launchTemplateVersion === undefined
    ? 'no launch template'
    : `launch template version ${launchTemplateVersion}, which the ledger does not know`;
}

function answerFindings(who: string, answer: Answer, { revision, machines }: Found): readonly string[] {
  if (!revision) return [];
  const { application, version, instance } = answer;
  const said = `${application} ${version}`;
  const isOutsider = instance?.startsWith('i-') && !machines.some(({ id }) => id === instance);
  return [
    ...(said === releaseOf(revision)
      ? []
      : [
          `${who} ${who.startsWith('Machine') ? 'answers' : 'comes the answer'} that it is ${said}, and not ${releaseOf(revision)}.`,
        ]),
    ...(isOutsider ? [`${who} comes an answer from ${instance}, which is no machine of the fleet.`] : []),
  ];
}

function loginFindings(logins: Logins): readonly string[] {
  if (!logins.lookedAt) return [];
  return logins.events.map(
    ({ machine, event, by, at }: Login) => `Machine ${machine} was entered by ${by} at ${at} (${event}).`,
  );
}

function notLookedAt(
  { machines, logins }: Found,
  askingFailed: string,
  consolesFailed: string,
): readonly string[] {
  const members = machines.filter(({ isInGroup, isInFleet }) => isInGroup && isInFleet);
  const silent = members.filter(({ answer }) => !answer);
  const wordless = members.filter(({ changed }) => !changed);
  const keys = machines.filter(({ keyName }) => keyName !== undefined);
  return [
    ...(logins.lookedAt ? [] : [`Whether machines were logged into: ${logins.reason}`]),
    ...(silent.length > 0 && !askingFailed
      ? [
          `What is answered by ${silent.map(({ id }) => id).join(', ')}: not reachable, and no request came there.`,
        ]
      : []),
    ...(wordless.length > 0
      ? [
          `What was changed on ${wordless.map(({ id }) => id).join(', ')}: ${consolesFailed || 'no word of it on the console.'}`,
        ]
      : []),
    ...keys.map(
      ({ id, keyName }) => `Logins with the key pair ${keyName} into ${id}: they leave no trace in AWS.`,
    ),
  ];
}
