import { RefreshFault } from './faults';
import type { Preferences } from './types';

/** Preferences as they stand in a request: AWS's RefreshPreferences. */
export interface RequestedPreferences {
  readonly MinHealthyPercentage?: number;
  readonly MaxHealthyPercentage?: number;
  readonly InstanceWarmup?: number;
  readonly CheckpointPercentages?: readonly number[];
  readonly CheckpointDelay?: number;
  readonly BakeTime?: number;
  readonly SkipMatching?: boolean;
  readonly AutoRollback?: boolean;
  readonly ScaleInProtectedInstances?: 'Refresh' | 'Ignore' | 'Wait';
  readonly StandbyInstances?: 'Terminate' | 'Ignore' | 'Wait';
  readonly AlarmSpecification?: { readonly Alarms?: readonly string[] };
}

/** The group's settings that preferences default to. */
export interface PreferenceDefaults {
  readonly healthCheckGracePeriodSeconds: number;
  /** Undefined or -1: not set. */
  readonly defaultInstanceWarmupSeconds?: number;
  readonly maintenancePolicy?: {
    readonly minHealthyPercentage?: number;
    readonly maxHealthyPercentage?: number;
  };
}

const twoDays = 172_800;
const maximumAlarms = 10;
const widestSpan = 100;

/**
 * Applies AWS's defaults to a request's preferences.
 * @throws RefreshFault ValidationError
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
 */
export function resolvePreferences(requested: RequestedPreferences, group: PreferenceDefaults): Preferences {
  inRange('MinHealthyPercentage', requested.MinHealthyPercentage, 0, 100);
  inRange('MaxHealthyPercentage', requested.MaxHealthyPercentage, 100, 200);
  inRange('InstanceWarmup', requested.InstanceWarmup, 0, Number.MAX_SAFE_INTEGER);
  inRange('CheckpointDelay', requested.CheckpointDelay, 0, twoDays);
  inRange('BakeTime', requested.BakeTime, 0, twoDays);
  if (requested.MaxHealthyPercentage !== undefined && requested.MinHealthyPercentage === undefined) {
    throw invalid('MaxHealthyPercentage needs MinHealthyPercentage beside it');
  }
  const policy = group.maintenancePolicy;
  const min = requested.MinHealthyPercentage ?? set(policy?.minHealthyPercentage) ?? 90;
  const max = requested.MaxHealthyPercentage ?? set(policy?.maxHealthyPercentage);
  if (requested.MaxHealthyPercentage !== undefined && requested.MaxHealthyPercentage - min > widestSpan) {
    throw invalid(
      `the difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than ${widestSpan}; ` +
        `found ${requested.MaxHealthyPercentage} and ${min}`,
    );
  }
  const alarms = requested.AlarmSpecification?.Alarms ?? [];
  if (alarms.length > maximumAlarms) {
    throw invalid(`a refresh watches ${maximumAlarms} alarms at most; found ${alarms.length}`);
  }
  return {
    minHealthyPercentage: min,
    maxHealthyPercentage: max,
    instanceWarmupSeconds:
      requested.InstanceWarmup ??
      set(group.defaultInstanceWarmupSeconds) ??
      group.healthCheckGracePeriodSeconds,
    ...checkpoints(requested),
    bakeTimeSeconds: requested.BakeTime ?? 0,
    skipMatching: requested.SkipMatching ?? false,
    autoRollback: requested.AutoRollback ?? false,
    scaleInProtectedInstances: requested.ScaleInProtectedInstances ?? 'Wait',
    standbyInstances: requested.StandbyInstances ?? 'Wait',
    alarms,
  };
}

function checkpoints(
  requested: RequestedPreferences,
): Pick<Preferences, 'checkpointPercentages' | 'checkpointDelaySeconds'> {
  const percentages = requested.CheckpointPercentages ?? [];
  if (percentages.length === 0 && requested.CheckpointDelay !== undefined) {
    throw invalid('CheckpointDelay needs CheckpointPercentages beside it');
  }
  percentages.forEach((percentage, index) => {
    inRange('each of CheckpointPercentages', percentage, 1, 100);
    if (index > 0 && percentage <= (percentages[index - 1] ?? 0)) {
      throw invalid(`CheckpointPercentages must be unique and ascending; found ${percentages.join(', ')}`);
    }
  });
  return { checkpointPercentages: percentages, checkpointDelaySeconds: requested.CheckpointDelay ?? 3600 };
}

/** AWS writes -1 for "not set" where 0 is a value. */
function set(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value;
}

function inRange(name: string, value: number | undefined, from: number, to: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return;
  const upTo = to === Number.MAX_SAFE_INTEGER ? `from ${from} up` : `from ${from} to ${to}`;
  throw invalid(`${name} is a whole number ${upTo}; found ${value}`);
}

function invalid(what: string): RefreshFault {
  return new RefreshFault('ValidationError', `The refresh's preferences are not valid: ${what}.`);
}
