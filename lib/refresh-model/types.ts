/** A launch template version, by the template's id and a version number. */
export interface TemplateVersion {
  readonly id: string;
  readonly version: string;
}

/** One override of a mixed instances policy. */
export interface Override {
  readonly instanceType: string;
  /** Undefined: the policy's own launch template version. */
  readonly template?: TemplateVersion;
  /** Undefined: the launch template's. */
  readonly imageId?: string;
}

/** What machines are launched from: what a group has saved, or what a refresh desires. */
export interface Configuration extends TemplateVersion {
  /** The overrides of a mixed instances policy; undefined: there is none. */
  readonly overrides?: readonly Override[];
}

/** How a refresh updates machines: by others in their place, or by another root volume. */
export type Strategy = 'Rolling' | 'ReplaceRootVolume';

/** A machine of the group, as an instance refresh sees it. Times are milliseconds since the epoch. */
export interface Machine {
  readonly id: string;
  /**
   * How many machines this stands for, alike in all that a refresh looks at: whoever asks for no single one
   * may take them together, and a step then costs as much as there are kinds of machines. @default 1
   */
  readonly count?: number;
  readonly template: TemplateVersion;
  /** Looked at where a configuration has overrides. */
  readonly instanceType?: string;
  /** Looked at where an override names an image. */
  readonly imageId?: string;
  /**
   * Transitioning to or from standby is `Standby` here. A machine that a launch lifecycle hook holds
   * (`Pending:Wait`, `Pending:Proceed`) is `Pending`, one that a termination hook holds is `Terminating`.
   * In the warm pool, `InService` is a machine that has reached its pool state (`Warmed:Running`).
   */
  readonly lifecycle: 'Pending' | 'InService' | 'ReplacingRootVolume' | 'Standby' | 'Terminating';
  /** Whether it is in the group's warm pool. */
  readonly warm?: boolean;
  /** Whether it passes every health check of its group now. */
  readonly healthy: boolean;
  /** When it became InService, or came back with another root volume: its warmup begins then. */
  readonly inServiceAt?: number;
  readonly launchedAt: number;
  /** When its root volume was last replaced. */
  readonly rootReplacedAt?: number;
  readonly zone?: string;
  readonly protectedFromScaleIn: boolean;
}

export interface Group {
  readonly desiredCapacity: number;
  /** How many machines the warm pool is to hold; undefined: there is none. */
  readonly warmCapacity?: number;
  /** What the group has saved: launches use it when no refresh has a desired configuration. */
  readonly template: Configuration;
  /** Suspended processes: `InstanceRefresh`, `Launch` and `Terminate` matter. */
  readonly suspended: readonly string[];
}

/** State of one of the alarms of a refresh. */
export interface AlarmView {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
}

/** What AWS is like at one moment. */
export interface Observation {
  readonly group: Group;
  readonly machines: readonly Machine[];
  readonly alarms: readonly AlarmView[];
}

/** A refresh's preferences, all defaults applied. */
export interface Preferences {
  readonly minHealthyPercentage: number;
  /** Undefined when it was omitted: that is not the same as 100. */
  readonly maxHealthyPercentage?: number;
  readonly instanceWarmupSeconds: number;
  readonly checkpointPercentages: readonly number[];
  readonly checkpointDelaySeconds: number;
  readonly bakeTimeSeconds: number;
  readonly skipMatching: boolean;
  readonly autoRollback: boolean;
  readonly scaleInProtectedInstances: 'Refresh' | 'Ignore' | 'Wait';
  readonly standbyInstances: 'Terminate' | 'Ignore' | 'Wait';
  readonly alarms: readonly string[];
}

export type RefreshStatus =
  | 'Pending'
  | 'InProgress'
  | 'Baking'
  | 'Successful'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled'
  | 'RollbackInProgress'
  | 'RollbackSuccessful'
  | 'RollbackFailed';

/** What DescribeInstanceRefreshes shows of the work done. */
export interface Progress {
  readonly percentageComplete: number;
  readonly instancesToUpdate: number;
  /** The same, apart, for a group that has a warm pool. */
  readonly pools?: { readonly live: Progress; readonly warm: Progress };
}

/** Why and from where a refresh was rolled back. */
export interface RollbackDetails extends Progress {
  readonly reason: string;
  readonly startedAt: number;
}

/** A refresh with everything that its next step depends on. */
export interface Refresh {
  readonly status: RefreshStatus;
  readonly statusReason?: string;
  readonly strategy: Strategy;
  readonly preferences: Preferences;
  /** The desired configuration, when the refresh has one. */
  readonly desired?: Configuration;
  /** What the group had saved when the refresh began. */
  readonly saved: Configuration;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly progress: Progress;
  readonly rollback?: RollbackDetails;
  /** Machines that are replaced whatever they were started from. */
  readonly replaced: ReadonlySet<string>;
  /** Machines that matched from the beginning: as long as they do, they are not counted as replacements. */
  readonly kept: ReadonlySet<string>;
  /** Sizes of the group and its warm pool at the last step: what they grow by is more to do. */
  readonly capacity: number;
  readonly warmCapacity: number;
  /** Whether the process InstanceRefresh was suspended at the last step. */
  readonly isSuspended?: boolean;
  /** Replacements that were ready at the last step, and when their number last grew. */
  readonly completed: number;
  readonly progressedAt: number;
  /** Index of the next checkpoint, and how many replacements there were to be when the last was reached. */
  readonly checkpoint: number;
  readonly checkpointTotal: number;
  /** End of the present checkpoint's delay. */
  readonly checkpointUntil?: number;
  readonly bakeUntil?: number;
}

export function isActive(status: RefreshStatus): boolean {
  switch (status) {
    case 'Pending':
    case 'InProgress':
    case 'Baking':
    case 'Cancelling':
    case 'RollbackInProgress':
      return true;
    case 'Successful':
    case 'Failed':
    case 'Cancelled':
    case 'RollbackSuccessful':
    case 'RollbackFailed':
      return false;
  }
}

/** How many machines there are. */
export function countOf(machines: readonly Pick<Machine, 'count'>[]): number {
  return machines.reduce((sum, { count = 1 }) => sum + count, 0);
}

/** Machines that are taken together, as often as they are. */
export function oneByOne<T extends Pick<Machine, 'count'>>(machines: readonly T[]): readonly T[] {
  return machines.flatMap((machine) => new Array<T>(machine.count ?? 1).fill(machine));
}

export function sameTemplate(a: TemplateVersion, b: TemplateVersion): boolean {
  return a.id === b.id && a.version === b.version;
}

/** The configuration that launches use while the refresh is active. */
export function launchTemplate(refresh: Refresh): Configuration {
  switch (refresh.status) {
    case 'Pending':
    case 'InProgress':
    case 'Baking':
    case 'Successful':
      return refresh.desired ?? refresh.saved;
    default:
      return refresh.saved;
  }
}
