import type {
  AutoScalingGroup,
  AutoScalingInstanceDetails,
  Instance,
  InstanceRefresh,
  LaunchTemplateSpecification,
} from '@aws-sdk/client-auto-scaling';
import type { Progress } from '../../lib/refresh-model';
import type { Group, GroupInstance, GroupTemplate, RefreshRecord } from './state';
import { isPooled } from './state';

/** A group as DescribeAutoScalingGroups answers it. */
export function describeGroup(group: Group): AutoScalingGroup {
  const { settings } = group;
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    LaunchTemplate: group.template.policy
      ? undefined
      : specification(group.template, group.template.writtenVersion),
    MixedInstancesPolicy: group.template.policy,
    MinSize: settings.MinSize,
    MaxSize: settings.MaxSize,
    DesiredCapacity: group.desiredCapacity,
    DefaultCooldown: settings.DefaultCooldown ?? 300,
    AvailabilityZones: [...new Set(group.subnets.map(({ zone }) => zone))],
    LoadBalancerNames: [],
    TargetGroupARNs: group.targetGroupArns,
    HealthCheckType: settings.HealthCheckType ?? 'EC2',
    HealthCheckGracePeriod: settings.HealthCheckGracePeriod ?? 0,
    Instances: [...group.instances.values()].filter((each) => !isPooled(each)).map(describeInstance),
    WarmPoolConfiguration: group.warmPool,
    WarmPoolSize: group.warmPool && [...group.instances.values()].filter(isPooled).length,
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: [...group.suspended].map((ProcessName) => ({
      ProcessName,
      SuspensionReason: 'User suspended',
    })),
    VPCZoneIdentifier: settings.VPCZoneIdentifier ?? '',
    EnabledMetrics: [...group.metrics].map((Metric) => ({ Metric, Granularity: '1Minute' })),
    Status: group.deleting ? 'Delete in progress' : undefined,
    Tags: [...group.tags.values()],
    TerminationPolicies: settings.TerminationPolicies ?? ['Default'],
    NewInstancesProtectedFromScaleIn: settings.NewInstancesProtectedFromScaleIn ?? false,
    ServiceLinkedRoleARN: settings.ServiceLinkedRoleARN,
    MaxInstanceLifetime: settings.MaxInstanceLifetime,
    CapacityRebalance: settings.CapacityRebalance,
    // -1 is how a warmup is taken back.
    DefaultInstanceWarmup:
      (settings.DefaultInstanceWarmup ?? -1) < 0 ? undefined : settings.DefaultInstanceWarmup,
    InstanceMaintenancePolicy: settings.InstanceMaintenancePolicy,
    TrafficSources: group.targetGroupArns.map((Identifier) => ({ Identifier, Type: 'elbv2' })),
  };
}

/** A machine as DescribeAutoScalingGroups and DescribeWarmPool answer it. */
export function describeInstance(instance: GroupInstance): Instance {
  return {
    InstanceId: instance.id,
    InstanceType: instance.instanceType,
    AvailabilityZone: instance.zone,
    LifecycleState: instance.lifecycle,
    HealthStatus: instance.healthStatus,
    LaunchTemplate: specification(instance.template, instance.template.version),
    ProtectedFromScaleIn: instance.protectedFromScaleIn,
  };
}

/** DescribeAutoScalingInstances writes the health in capitals. */
export function describeInstanceDetails(group: Group, instance: GroupInstance): AutoScalingInstanceDetails {
  return {
    ...describeInstance(instance),
    LifecycleState: instance.lifecycle,
    HealthStatus: instance.healthStatus.toUpperCase(),
    AutoScalingGroupName: group.name,
  };
}

/** A refresh as DescribeInstanceRefreshes answers it. */
export function describeRefresh(group: Group, record: RefreshRecord): InstanceRefresh {
  const { model } = record;
  const { pools } = model.progress;
  return {
    InstanceRefreshId: record.id,
    AutoScalingGroupName: group.name,
    Status: model.status,
    StatusReason: model.statusReason,
    StartTime: new Date(model.startedAt),
    EndTime: model.endedAt === undefined ? undefined : new Date(model.endedAt),
    ...progressOf(model.progress),
    ProgressDetails: pools && {
      LivePoolProgress: progressOf(pools.live),
      WarmPoolProgress: progressOf(pools.warm),
    },
    Preferences: {
      ...record.preferences,
      MinHealthyPercentage: model.preferences.minHealthyPercentage,
      MaxHealthyPercentage: model.preferences.maxHealthyPercentage,
      InstanceWarmup: model.preferences.instanceWarmupSeconds,
      SkipMatching: model.preferences.skipMatching,
      AutoRollback: model.preferences.autoRollback,
      BakeTime: model.preferences.bakeTimeSeconds,
      ScaleInProtectedInstances: model.preferences.scaleInProtectedInstances,
      StandbyInstances: model.preferences.standbyInstances,
    },
    DesiredConfiguration: record.desiredConfiguration,
    RollbackDetails: model.rollback && {
      RollbackReason: model.rollback.reason,
      RollbackStartTime: new Date(model.rollback.startedAt),
      PercentageCompleteOnRollback: model.rollback.percentageComplete,
      InstancesToUpdateOnRollback: model.rollback.instancesToUpdate,
    },
    Strategy: model.strategy,
  };
}

function progressOf({ percentageComplete, instancesToUpdate }: Progress) {
  return { PercentageComplete: percentageComplete, InstancesToUpdate: instancesToUpdate };
}

function specification(template: GroupTemplate, version: string): LaunchTemplateSpecification {
  return { LaunchTemplateId: template.id, LaunchTemplateName: template.name, Version: version };
}
