import type { ReleaseFacts, Revision } from '../ledger/types';
import { isPinInForce, type Pin } from '../rollout/pin';
import type { TemplateVersion } from '../rollout/properties';
import type { LaunchFacts, LaunchSubject } from './launch';

/** What is to be rolled out, and how: what a preflight is about. */
export interface PreflightSubject {
  readonly groupName: string;
  readonly ledgerTable: string;
  /** The release that the deployment names. */
  readonly release: Pick<ReleaseFacts, 'application' | 'version' | 'digest' | 'livesBeside' | 'healthPath'>;
  /** Number of the kept revision that is to run in its place. */
  readonly pinnedRevision?: number;
  /** The pin that says so; it may have served its time. */
  readonly pin?: Pin;
  /** What machines are to start from; absent while it is not made yet, unless it is a kept revision's. */
  readonly target?: TemplateVersion;
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage: number;
  /** Whether machines of both releases serve for a while. */
  readonly isMixed: boolean;
  /** Where the target group will check machines; absent when it does so already. */
  readonly service?: { readonly port: number; readonly healthPath: string };
  /** Alarms that would turn the rollout back. */
  readonly alarmNames: readonly string[];
  /** How machines are to be started; absent when that was asked before. */
  readonly launch?: LaunchSubject;
}

/** What a preflight rests on. Times in milliseconds since the epoch. */
export interface PreflightObserved {
  /** What it is about, without a pin that has served its time. @default as it was given */
  readonly subject?: PreflightSubject;
  /** Absent: there is none yet, and nothing to fail. */
  readonly group?: GroupFacts;
  readonly isLedgerThere: boolean;
  /** By the ledger; absent when it does not know. */
  readonly inService?: RevisionFacts;
  /** The kept revision that is to run; absent when there is none, or the ledger does not know it. */
  readonly pinned?: RevisionFacts;
  /** What launch template versions start, by `key(version)`. */
  readonly templates: ReadonlyMap<string, TemplateFacts>;
  /** By id. */
  readonly images: ReadonlyMap<string, ImageFacts>;
  /** Architectures that an instance type runs, by its name. */
  readonly architectures: ReadonlyMap<string, readonly string[]>;
  readonly subnets: readonly { readonly id: string; readonly freeAddresses: number }[];
  /** The refresh that goes on. */
  readonly refresh?: { readonly id: string; readonly status: string; readonly startedAt: number };
  readonly alarms: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  readonly targetGroup?: { readonly port: number; readonly healthPath: string };
  /** Absent when it was not looked at. */
  readonly launch?: LaunchFacts;
}

export interface RevisionFacts {
  readonly number: number;
  readonly release: PreflightSubject['release'];
  /** AMI that its machines, or their image, are made from; absent when the ledger does not say. */
  readonly baseImageId?: string;
  readonly software: TemplateVersion & {
    /** Digest of what its machines start from. */
    readonly content?: string;
  };
}

export interface GroupFacts {
  /** What it starts machines from. */
  readonly saved?: TemplateVersion;
  readonly desiredCapacity: number;
  readonly machines: readonly MachineFacts[];
  /** Whether machines that it starts are protected from scale-in. */
  readonly protectsNewMachines: boolean;
  readonly suspendedProcesses: readonly string[];
  readonly zones: readonly string[];
  /** Keys of the tags that it gives to the machines that it starts. */
  readonly launchTagKeys: readonly string[];
  /** Account that it belongs to. */
  readonly account: string;
}

export interface MachineFacts {
  readonly id: string;
  readonly lifecycleState: string;
  readonly isProtected: boolean;
  readonly version?: TemplateVersion;
}

export interface TemplateFacts {
  /** Device of its first volume, which is the root volume. */
  readonly rootDeviceName?: string;
  /** Key that it is encrypted with; absent: the account's default. */
  readonly kmsKeyId?: string;
  /** An AMI's id, or `resolve:ssm:` with a parameter's name. */
  readonly imageId?: string;
  readonly instanceType?: string;
}

export interface ImageFacts {
  readonly state: string;
  readonly architecture: string;
  readonly ownerAccount: string;
  readonly deprecatedAt?: number;
}

/** The same without a pin that has served its time. */
export function inForce(subject: PreflightSubject, revisions: readonly Revision[]): PreflightSubject {
  if (!subject.pin || isPinInForce(subject.pin, revisions, false)) return subject;
  return { ...subject, pin: undefined, pinnedRevision: undefined };
}

/** What the fleet is to run, as far as it is known yet. */
export function targetOf(
  { target }: PreflightSubject,
  { pinned }: Pick<PreflightObserved, 'pinned'>,
): TemplateVersion | undefined {
  return target ?? pinned?.software;
}

/** Whether a launch template version is told by its number. */
export function isNumbered({ version }: TemplateVersion): boolean {
  return /^\d+$/.test(version);
}
