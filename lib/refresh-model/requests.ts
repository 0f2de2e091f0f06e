import { RefreshFault } from './faults';
import { isUpToDate } from './matching';
import type { PreferenceDefaults, RequestedPreferences } from './preferences';
import { resolvePreferences } from './preferences';
import { refuseRootVolumes } from './root-volume';
import type { AlarmView, Configuration, Observation, Refresh, Strategy } from './types';
import { countOf, isActive } from './types';

/** A group's or a desired configuration, as the user wrote it and as it resolves now. */
export interface ConfiguredTemplate extends Configuration {
  /** `$Latest`, `$Default`, or the number itself. */
  readonly writtenVersion: string;
  /** Whether its AMI is an SSM parameter, which could resolve to another image later. */
  readonly imageFromParameter?: boolean;
  /** Whether it chooses instance types by InstanceRequirements. */
  readonly byRequirements?: boolean;
}

/** What a refresh is to bring. */
export type DesiredTemplate = Configuration &
  Partial<Pick<ConfiguredTemplate, 'writtenVersion' | 'byRequirements'>>;

export interface StartRequest {
  readonly groupName: string;
  readonly group: PreferenceDefaults & {
    readonly template: ConfiguredTemplate;
    /** Whether a load balancer sends it requests. */
    readonly isLoadBalanced?: boolean;
  };
  /** Rolling unless given. */
  readonly strategy?: Strategy;
  readonly preferences: RequestedPreferences;
  readonly desired?: DesiredTemplate;
  readonly active?: Refresh;
  readonly observation: Observation;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * StartInstanceRefresh: the new refresh, Pending.
 * @throws RefreshFault
 */
export function startRefresh(request: StartRequest): Refresh {
  const { groupName, group, desired, active, observation, now } = request;
  if (active && isActive(active.status)) {
    throw new RefreshFault(
      'InstanceRefreshInProgress',
      `An Instance Refresh is already in progress and blocks the execution of this Instance Refresh. ` +
        `The Auto Scaling group ${groupName} has one with the status ${active.status}.`,
    );
  }
  const preferences = resolvePreferences(request.preferences, group);
  if (preferences.autoRollback) {
    if (!desired) {
      throw new RefreshFault(
        'ValidationError',
        'AutoRollback needs a DesiredConfiguration: without one there is nothing to roll back to.',
      );
    }
    const obstacle = obstacleToRollback(group.template);
    if (obstacle) throw new RefreshFault('ValidationError', `AutoRollback is not possible: ${obstacle}.`);
  }
  const isByRequirements = group.template.byRequirements || desired?.byRequirements;
  if (isByRequirements && (desired || preferences.skipMatching)) {
    throw new RefreshFault(
      'ValidationError',
      'A group that chooses instance types by InstanceRequirements has no instance refresh with SkipMatching or a DesiredConfiguration.',
    );
  }
  const strategy = request.strategy ?? 'Rolling';
  if (strategy === 'ReplaceRootVolume') refuseRootVolumes(request);
  for (const name of preferences.alarms) refuseAlarm(name, observation.alarms);

  const { machines } = observation;
  const target = desired ?? group.template;
  const matching = machines.filter((machine) => isUpToDate(machine, target, strategy));
  const { skipMatching } = preferences;
  return {
    status: 'Pending',
    strategy,
    preferences,
    desired: desired && configurationOf(desired),
    saved: configurationOf(group.template),
    startedAt: now,
    progress: { percentageComplete: 0, instancesToUpdate: countOf(machines) },
    replaced: idsOf(skipMatching ? [] : machines),
    kept: idsOf(skipMatching ? matching : []),
    capacity: observation.group.desiredCapacity,
    warmCapacity: observation.group.warmCapacity ?? 0,
    completed: 0,
    progressedAt: now,
    checkpoint: 0,
    checkpointTotal: 0,
  };
}

/**
 * CancelInstanceRefresh.
 * @param wait WaitForTransitioningInstances; true unless given
 * @throws RefreshFault ActiveInstanceRefreshNotFound
 */
export function cancelRefresh(
  groupName: string,
  refresh: Refresh | undefined,
  wait: boolean,
  now: number,
): Refresh {
  if (!refresh || !isActive(refresh.status)) throw noneActive(groupName);
  const statusReason = 'Cancelled due to user request.';
  return wait
    ? { ...refresh, status: 'Cancelling', statusReason, progressedAt: now }
    : { ...refresh, status: 'Cancelled', statusReason, endedAt: now };
}

/**
 * RollbackInstanceRefresh.
 * @param template the group's own template, which the rollback restores
 * @throws RefreshFault ActiveInstanceRefreshNotFound, IrreversibleInstanceRefresh, ValidationError
 */
export function rollbackRefresh(
  groupName: string,
  refresh: Refresh | undefined,
  template: ConfiguredTemplate,
  observation: Observation,
  now: number,
): Refresh {
  if (!refresh || !isActive(refresh.status)) throw noneActive(groupName);
  if (refresh.status !== 'InProgress' && refresh.status !== 'Baking') {
    throw new RefreshFault(
      'ValidationError',
      `An instance refresh can be rolled back while it is InProgress or Baking; that of the Auto Scaling group ${groupName} is ${refresh.status}.`,
    );
  }
  if (!refresh.desired) {
    throw new RefreshFault(
      'IrreversibleInstanceRefresh',
      'The instance refresh cannot be rolled back: it has no desired configuration.',
    );
  }
  const obstacle = obstacleToRollback(template);
  if (obstacle) {
    throw new RefreshFault(
      'IrreversibleInstanceRefresh',
      `The instance refresh cannot be rolled back: ${obstacle}.`,
    );
  }
  return rollBack(refresh, 'Rollback initiated by user.', observation, now);
}

/** Turns a refresh round: what it replaced is replaced again, by what the group has saved. */
export function rollBack(refresh: Refresh, reason: string, observation: Observation, now: number): Refresh {
  const { saved, strategy } = refresh;
  const kept = observation.machines.filter((machine) => isUpToDate(machine, saved, strategy));
  return {
    ...refresh,
    status: 'RollbackInProgress',
    statusReason: reason,
    rollback: { reason, startedAt: now, ...refresh.progress },
    replaced: new Set(),
    kept: idsOf(kept),
    completed: 0,
    progressedAt: now,
    checkpointUntil: undefined,
    bakeUntil: undefined,
  };
}

function configurationOf({ id, version, overrides }: Configuration): Configuration {
  return { id, version, overrides };
}

function idsOf(machines: readonly { readonly id: string }[]): ReadonlySet<string> {
  return new Set(machines.map(({ id }) => id));
}

function obstacleToRollback(template: ConfiguredTemplate): string | undefined {
  if (template.writtenVersion === '$Latest' || template.writtenVersion === '$Default') {
    return `the group's launch template version is ${template.writtenVersion}, and would have to be a number`;
  }
  if (template.imageFromParameter) {
    return "the group's launch template takes its AMI from a Systems Manager parameter";
  }
  return undefined;
}

function refuseAlarm(name: string, alarms: readonly AlarmView[]): void {
  const alarm = alarms.find((each) => each.name === name);
  if (alarm?.state === 'OK') return;
  throw new RefreshFault(
    'ValidationError',
    alarm
      ? `The CloudWatch alarm ${name} is in the state ${alarm.state}; an instance refresh starts only while its alarms are OK.`
      : `The CloudWatch alarm ${name} does not exist.`,
  );
}

function noneActive(groupName: string): RefreshFault {
  return new RefreshFault(
    'ActiveInstanceRefreshNotFound',
    `No in progress or pending Instance Refresh found for Auto Scaling group ${groupName}`,
  );
}
