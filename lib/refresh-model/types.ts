/** A launch template version, by the template's id and a version number. */
export interface TemplateVersion {
  readonly id: string;
  readonly version: string;
}

/** A machine of the group, as an instance refresh sees it. Times are milliseconds since the epoch. */
export interface Machine {
  readonly id: string;
  readonly template: TemplateVersion;
  /**
   * Transitioning to or from standby is `Standby` here; a machine that a launch lifecycle hook holds
   * (`Pending:Wait`, `Pending:Proceed`) is `Pending`.
   */
  readonly lifecycle: 'Pending' | 'InService' | 'Standby' | 'Terminating';
  /** Whether it passes every health check of its group now. */
  readonly healthy: boolean;
  /** When it became InService: its warmup begins then. */
  readonly inServiceAt?: number;
  readonly launchedAt: number;
  readonly zone?: string;
  readonly protectedFromScaleIn: boolean;
}

export interface Group {
  readonly desiredCapacity: number;
  /** What the group has saved: launches use it when no refresh has a desired configuration. */
  readonly template: TemplateVersion;
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
}

/** Why and from where a refresh was rolled back. */
export interface RollbackDetails extends Progress {
  readonly reason: string;
  readonly startedAt: number;
}

/** A refresh with everything that its next step depends on. It is plain data. */
export interface Refresh {
  readonly status: RefreshStatus;
  readonly statusReason?: string;
  readonly preferences: Preferences;
  /** Template version of the desired configuration, when the refresh has one. */
  readonly desired?: TemplateVersion;
  /** What the group had saved when the refresh began. */
  readonly saved: TemplateVersion;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly progress: Progress;
  readonly rollback?: RollbackDetails;
  /** Machines that are replaced whatever they were started from. */
  readonly replaced: readonly string[];
  /** Machines that need no replacement, and are not counted as one. */
  readonly kept: readonly string[];
  /** Replacements that were ready at the last step, and when their number last grew. */
  readonly completed: number;
  readonly progressedAt: number;
  /** Index of the next checkpoint. */
  readonly checkpoint: number;
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

export function sameTemplate(a: TemplateVersion, b: TemplateVersion): boolean {
  return a.id === b.id && a.version === b.version;
}

/** The template version that launches use while the refresh is active. */
export function launchTemplate(refresh: Refresh): TemplateVersion {
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
