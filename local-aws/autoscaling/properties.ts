import type {
  LaunchTemplateSpecification,
  LifecycleHookSpecification,
  Tag,
} from '@aws-sdk/client-auto-scaling';
import { type AcceptedProperties, only } from '../core/accepts';
import type { Properties } from '../core/service';
import { HOOK, TEMPLATE } from './accepted';
import { validationError } from './faults';
import { hookSpecification } from './lifecycle-hook-resource';
import type { GroupSettings } from './state';

/** An `AWS::AutoScaling::AutoScalingGroup`'s properties, typed. */
export interface GroupProperties {
  readonly name?: string;
  readonly settings: GroupSettings;
  readonly desiredCapacity?: number;
  readonly template: LaunchTemplateSpecification;
  readonly targetGroupArns: readonly string[];
  readonly tags: readonly Tag[];
  readonly hooks: readonly LifecycleHookSpecification[];
  /** Undefined: metrics are not collected; empty: all are. */
  readonly metrics?: readonly string[];
  readonly notifications: readonly { readonly topicArn: string; readonly types: readonly string[] }[];
}

const numbers = [
  'MinSize',
  'MaxSize',
  'DesiredCapacity',
  'HealthCheckGracePeriod',
  'DefaultInstanceWarmup',
  'MaxInstanceLifetime',
] as const;
const booleans = ['NewInstancesProtectedFromScaleIn', 'CapacityRebalance'] as const;
const texts = ['HealthCheckType', 'ServiceLinkedRoleARN', 'Context', 'DesiredCapacityType'] as const;
const lists = ['AvailabilityZones', 'TerminationPolicies'] as const;

/** What each property means here. */
export const groupAccepts: AcceptedProperties = {
  AutoScalingGroupName: true,
  ...Object.fromEntries([...numbers, ...booleans, ...texts, ...lists].map((key) => [key, true])),
  Cooldown: true,
  InstanceMaintenancePolicy: { MinHealthyPercentage: true, MaxHealthyPercentage: true },
  LaunchTemplate: TEMPLATE,
  LifecycleHookSpecificationList: HOOK,
  MetricsCollection: { Granularity: only('1Minute'), Metrics: true },
  NotificationConfigurations: { TopicARN: true, NotificationTypes: true },
  TargetGroupARNs: true,
  Tags: { Key: true, Value: true, PropagateAtLaunch: true },
  VPCZoneIdentifier: true,
};

/** @throws Fault ValidationError naming what is missing or of the wrong kind */
export function parseGroupProperties(properties: Properties): GroupProperties {
  const settings: Record<string, unknown> = {};
  for (const key of numbers) settings[key] = number(key, properties[key]);
  for (const key of booleans) settings[key] = boolean(properties[key]);
  for (const key of [...texts, ...lists]) settings[key] = properties[key];
  settings.DefaultCooldown = number('Cooldown', properties.Cooldown);
  settings.VPCZoneIdentifier = (properties.VPCZoneIdentifier as string[] | undefined)?.join(',');
  const policy = properties.InstanceMaintenancePolicy as Properties | undefined;
  settings.InstanceMaintenancePolicy = policy && {
    MinHealthyPercentage: number('MinHealthyPercentage', policy.MinHealthyPercentage),
    MaxHealthyPercentage: number('MaxHealthyPercentage', policy.MaxHealthyPercentage),
  };
  for (const key of ['MinSize', 'MaxSize']) {
    if (settings[key] === undefined)
      throw validationError(`An Auto Scaling group needs the property ${key}.`);
  }
  const { DesiredCapacity: desiredCapacity, ...rest } = settings;
  return {
    name: properties.AutoScalingGroupName as string | undefined,
    settings: rest as unknown as GroupSettings,
    desiredCapacity: desiredCapacity as number | undefined,
    template: launchTemplate(properties.LaunchTemplate as Properties | undefined),
    targetGroupArns: (properties.TargetGroupARNs ?? []) as string[],
    tags: ((properties.Tags ?? []) as Properties[]).map((tag) => ({
      Key: String(tag.Key),
      Value: String(tag.Value ?? ''),
      PropagateAtLaunch: boolean(tag.PropagateAtLaunch) ?? false,
    })),
    hooks: ((properties.LifecycleHookSpecificationList ?? []) as Properties[]).map(hookSpecification),
    metrics: (properties.MetricsCollection as Properties[] | undefined)?.flatMap(
      (collection) => (collection.Metrics ?? []) as string[],
    ),
    notifications: ((properties.NotificationConfigurations ?? []) as Properties[]).map((each) => ({
      topicArn: Array.isArray(each.TopicARN) ? String(each.TopicARN[0]) : String(each.TopicARN),
      types: (each.NotificationTypes ?? []) as string[],
    })),
  };
}

/** What a setting goes back to when its property is taken out of the template. */
export const settingDefaults: GroupSettings = {
  MinSize: 0,
  MaxSize: 0,
  DefaultCooldown: 300,
  HealthCheckType: 'EC2',
  HealthCheckGracePeriod: 0,
  DefaultInstanceWarmup: -1,
  TerminationPolicies: ['Default'],
  NewInstancesProtectedFromScaleIn: false,
  CapacityRebalance: false,
  MaxInstanceLifetime: 0,
  InstanceMaintenancePolicy: { MinHealthyPercentage: -1, MaxHealthyPercentage: -1 },
};

function launchTemplate(specification: Properties | undefined): LaunchTemplateSpecification {
  if (!specification)
    throw validationError('The local AWS starts Auto Scaling groups from a LaunchTemplate.');
  const version = specification.Version === undefined ? undefined : String(specification.Version);
  if (version === undefined || version.startsWith('$')) {
    throw validationError(
      `CloudFormation needs a launch template version that is a number; found ${version ?? 'none'}.`,
    );
  }
  return {
    LaunchTemplateId: specification.LaunchTemplateId as string | undefined,
    LaunchTemplateName: specification.LaunchTemplateName as string | undefined,
    Version: version,
  };
}

function number(key: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (Number.isFinite(parsed) && value !== '') return parsed;
  throw validationError(`An Auto Scaling group's ${key} is a number; found '${String(value)}'.`);
}

function boolean(value: unknown): boolean | undefined {
  return value === undefined ? undefined : String(value) === 'true';
}
