import { only } from '../core/accepts';

/** A launch template in a request. */
export const TEMPLATE = { LaunchTemplateId: true, LaunchTemplateName: true, Version: true } as const;

const NO_SPOT = 'all machines are On-Demand Instances';

/** A mixed instances policy in a request. */
export const POLICY = {
  LaunchTemplate: {
    LaunchTemplateSpecification: TEMPLATE,
    Overrides: { InstanceType: true, LaunchTemplateSpecification: TEMPLATE, ImageId: true },
  },
  InstancesDistribution: {
    OnDemandAllocationStrategy: only('prioritized'),
    OnDemandBaseCapacity: NO_SPOT,
    OnDemandPercentageAboveBaseCapacity: only(100),
    SpotAllocationStrategy: NO_SPOT,
    SpotInstancePools: NO_SPOT,
    SpotMaxPrice: NO_SPOT,
  },
} as const;

/** A lifecycle hook in a request. */
export const HOOK = {
  LifecycleHookName: true,
  LifecycleTransition: true,
  HeartbeatTimeout: true,
  DefaultResult: true,
  NotificationMetadata: true,
} as const;

/** Why what belongs to scaling by policies has no effect. */
export const NO_SCALING = 'there are no scaling policies';

/** What groups are made and changed with. */
export const GROUP_SETTINGS = {
  MinSize: true,
  MaxSize: true,
  DesiredCapacity: true,
  DesiredCapacityType: only('units'),
  DefaultCooldown: NO_SCALING,
  LaunchTemplate: TEMPLATE,
  MixedInstancesPolicy: POLICY,
  AvailabilityZones: true,
  VPCZoneIdentifier: true,
  AvailabilityZoneDistribution: { CapacityDistributionStrategy: only('balanced-best-effort') },
  CapacityReservationSpecification: { CapacityReservationPreference: only('default', 'none') },
  HealthCheckType: true,
  HealthCheckGracePeriod: true,
  DefaultInstanceWarmup: true,
  InstanceMaintenancePolicy: { MinHealthyPercentage: true, MaxHealthyPercentage: true },
  InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: only('terminate') } },
  NewInstancesProtectedFromScaleIn: true,
  TerminationPolicies: only('Default'),
  MaxInstanceLifetime: only(0),
  CapacityRebalance: NO_SPOT,
  DeletionProtection: only('none'),
  ServiceLinkedRoleARN: 'groups act as AWS itself',
  Context: 'AWS reserves it',
} as const;
