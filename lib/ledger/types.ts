/** What a revision runs, as its release said of itself. */
export interface ReleaseFacts {
  readonly application: string;
  readonly version: string;
  /** SHA-256 of the release's identity. */
  readonly digest: string;
  readonly changeCause: string;
  /** Semver range of the versions that it can serve beside. */
  readonly livesBeside: string;
  readonly healthPath: string;
  /** Commit that the release was made from. */
  readonly commit?: string;
}

/** What a revision's machines start from. */
export interface Software {
  readonly launchTemplateId: string;
  /** Number of a launch template version. */
  readonly launchTemplateVersion: string;
  /** SHA-256 of that version's data: what makes two revisions the same, whatever their numbers. */
  readonly content: string;
  readonly imageId: string;
}

/** Why there is a revision. */
export type Origin =
  | { readonly kind: 'release' }
  /** Someone went back to a kept revision. */
  | { readonly kind: 'undo'; readonly of: number }
  /** A deployment was given up after its rollout had completed; the stack went back. */
  | { readonly kind: 'back'; readonly of?: number };

/** How a revision's rollout ended; there is one for each, and it never changes. */
export interface Outcome {
  readonly kind: /** Every machine runs it. */
    | 'Complete'
    /** It was given up, and every machine runs what it ran before. */
    | 'RolledBack'
    /** It ended otherwise: the fleet may hold two releases. */
    | 'Failed';
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A revision of a fleet: something that its machines were to run, and what came of it. */
export interface Revision {
  /** Name of the Auto Scaling group. */
  readonly fleet: string;
  /** From 1. */
  readonly number: number;
  readonly origin: Origin;
  readonly release: ReleaseFacts;
  readonly software: Software;
  /** AMI that the machines, or their image, are made from. Absent in revisions of before November 2026. */
  readonly baseImageId?: string;
  /** Who asked for it: a person, or a role's session. */
  readonly by: string;
  /** How machines are replaced, in words: `rolling, 100 to 150% healthy`. */
  readonly strategy: string;
  /** Shares at which the rollout stops until they are passed, in percent. */
  readonly gates: readonly number[];
  /** How long the rollout was forecast to take. */
  readonly forecastSeconds?: number;
  readonly stackId: string;
  /** Request of CloudFormation's that opened it. */
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** Absent while its rollout goes on. */
  readonly outcome?: Outcome;
}

/** Something that happened to a revision's rollout. */
export interface LedgerEvent {
  readonly fleet: string;
  readonly revision: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind:
    | 'Started'
    | 'Paused'
    | 'Resumed'
    | 'Holding'
    | 'Promoted'
    | 'Aborted'
    | 'Restarted'
    | 'Evidence'
    | 'Trouble';
  /** Who did it; `rollout` for the controller itself. */
  readonly by: string;
  readonly message: string;
}

/** A word of an operator, by whom and when. */
export interface Order {
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The rollout that goes on: of a new revision, or of all machines of the current one. */
export interface OpenRollout {
  readonly revision: number;
  /** Whether it replaces all machines of a revision that the fleet already runs. */
  readonly isRestart: boolean;
  /** What asked for the restart: the stack's parameter. */
  readonly order?: string;
  /** How long a restart is expected to take; of a revision, the revision says it. */
  readonly forecastSeconds?: number;
  readonly content: string;
  /** Number of the launch template version that it goes to. */
  readonly launchTemplateVersion: string;
  readonly stackId: string;
  /** Request of CloudFormation's that opened it. */
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** From then on another stack's rollout may take the fleet over. */
  readonly until: number;
  /** Part of the deployment that the rollout has reached, from 0. */
  readonly part: number;
  /** Set while the operator wants it to stand still. */
  readonly paused?: Order;
  /** Set when the operator gave it up. */
  readonly aborted?: Order & { readonly reason: string };
  /** Gates up to this share are passed, in percent. */
  readonly passed: number;
  /** The gate that it stands at, in percent, and since when its checks have held without a break. */
  readonly holding?: { readonly at: number; readonly since: number; readonly heldSince?: number };
  /** Refresh that the rollout itself cancelled, to go on with another one. */
  readonly cancelled?: string;
  /** Why it is being given up, once that is known. */
  readonly trouble?: string;
}

/** The state of a fleet in the ledger. */
export interface Head {
  readonly fleet: string;
  /** Number of the newest revision; 0 when there is none. */
  readonly newest: number;
  /** The last restart that ended: what asked for it, and how it ended. */
  readonly restarted?: { readonly order: string; readonly outcome: Outcome };
  /** At most one rollout goes on at a time. */
  readonly open?: OpenRollout;
}

export const NO_HEAD = (fleet: string): Head => ({ fleet, newest: 0 });
