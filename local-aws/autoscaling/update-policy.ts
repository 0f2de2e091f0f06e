import { isDeepStrictEqual } from 'node:util';
import {
  type InstanceMaintenancePolicy,
  type RefreshPreferences,
  RefreshPreferences$,
  RefreshStrategy,
} from '@aws-sdk/client-auto-scaling';
import type { Properties } from '../core/service';
import { templateInput } from '../core/template-input';
import { validationError } from './faults';

/** An Auto Scaling group's `UpdatePolicy`, as far as it is carried out. */
export interface GroupUpdatePolicy {
  /** Whether sizes that the template did not change stay as they are in the group, whoever changed them there. */
  readonly ignoresUnmodifiedSizes: boolean;
  /** Absent: an update replaces no machine. */
  readonly refresh?: RefreshPolicy;
}

/** `AutoScalingInstanceRefresh`, as the template has it. */
export interface RefreshPolicy {
  readonly strategy: RefreshStrategy;
  readonly preferences: RefreshPreferences;
}

/**
 * Properties whose change starts an instance refresh.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
 */
const TRIGGERS = [
  'LaunchTemplate',
  'MixedInstancesPolicy',
  'VPCZoneIdentifier',
  'AvailabilityZones',
  'AvailabilityZoneIds',
  'PlacementGroup',
] as const;

/** Healthy percentages where neither the policy nor the group says any. They are not those of the API. */
const HEALTHY_DEFAULTS: Readonly<Record<RefreshStrategy, { readonly min: number; readonly max: number }>> = {
  Rolling: { min: 100, max: 110 },
  ReplaceRootVolume: { min: 90, max: 100 },
};

const REFRESH = 'UpdatePolicy AutoScalingInstanceRefresh';

/**
 * Reads a group's `UpdatePolicy`, all intrinsic functions resolved. Its kinds are CloudFormation's to check.
 * @throws Fault ValidationError naming what is unknown, missing or of the wrong kind
 */
export function parseUpdatePolicy(policy: Properties | undefined): GroupUpdatePolicy {
  const scheduled = structure(policy?.AutoScalingScheduledAction, 'UpdatePolicy AutoScalingScheduledAction', [
    'IgnoreUnmodifiedGroupSizeProperties',
  ]);
  const refresh = structure(policy?.AutoScalingInstanceRefresh, REFRESH, ['Strategy', 'Preferences']);
  return {
    ignoresUnmodifiedSizes: String(scheduled?.IgnoreUnmodifiedGroupSizeProperties) === 'true',
    refresh: refresh && {
      strategy: strategy(refresh.Strategy),
      preferences: preferences(refresh.Preferences),
    },
  };
}

/** Whether an update of the group changes what its machines are made from, or where they are. */
export function needsRefresh(old: Properties, wanted: Properties): boolean {
  return TRIGGERS.some((name) => !isDeepStrictEqual(old[name], wanted[name]));
}

/**
 * Preferences that CloudFormation starts its refresh with: the policy's, then the group's maintenance policy,
 * then defaults of CloudFormation's own.
 * @param isRollback on the way back the alarms are left out: Auto Scaling starts no refresh while one of them is
 *   not OK, and an alarm that turned the update back would keep the group from being restored
 */
export function refreshPreferences(
  { strategy: kind, preferences: given }: RefreshPolicy,
  maintenance: InstanceMaintenancePolicy | undefined,
  isRollback: boolean,
): RefreshPreferences {
  const { AlarmSpecification, ...others } = given;
  const defaults = HEALTHY_DEFAULTS[kind];
  return {
    ...others,
    MinHealthyPercentage:
      given.MinHealthyPercentage ?? setPercentage(maintenance?.MinHealthyPercentage) ?? defaults.min,
    MaxHealthyPercentage:
      given.MaxHealthyPercentage ?? setPercentage(maintenance?.MaxHealthyPercentage) ?? defaults.max,
    SkipMatching: given.SkipMatching ?? true,
    ...(AlarmSpecification && !isRollback ? { AlarmSpecification } : {}),
  };
}

/** A maintenance policy says -1 for a bound that is not set. */
function setPercentage(percentage: number | undefined): number | undefined {
  return percentage === undefined || percentage < 0 ? undefined : percentage;
}

function strategy(value: unknown): RefreshStrategy {
  const found = Object.values(RefreshStrategy).find((each) => each === value);
  if (found !== undefined) return found;
  throw validationError(
    `${REFRESH} needs a Strategy, ${Object.values(RefreshStrategy).sort().join(' or ')}; found ${JSON.stringify(value) ?? 'none'}.`,
  );
}

/** The API's own preferences but for `AutoRollback`: going back is the stack's. */
function preferences(value: unknown): RefreshPreferences {
  const where = `${REFRESH}: Preferences`;
  const { AutoRollback, ...read } = templateInput<RefreshPreferences>(
    RefreshPreferences$,
    (value ?? {}) as Properties,
    where,
  );
  if (AutoRollback !== undefined) throw validationError(`${where} has no property AutoRollback.`);
  return read;
}

function structure(value: unknown, where: string, known: readonly string[]): Properties | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw validationError(`${where} must be an object; found ${JSON.stringify(value)}.`);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw validationError(`${where} has no property ${unknown}.`);
  return value as Properties;
}
