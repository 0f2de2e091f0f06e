import { Aws, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Gate } from '../config';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import type { Permission } from '../custom-resource/permission';
import type { Network } from '../fleet/network';
import type { Release } from '../release/manifest';
import { DESCRIBE_REASON, readingAlarms } from '../rollout/permissions';
import type { Strategy } from '../rollout/strategy';
import type { FindingCode } from './finding';
import type { LaunchSubject } from './launch';

export interface PreflightProps {
  /** The release that is deployed. */
  readonly release: Release;
  /** Name of the Auto Scaling group, as a literal: the preflight runs before all that it is made from. */
  readonly groupName: string;
  /** Names of the alarms that turn a rollout back, as literals. */
  readonly alarmNames: readonly string[];
  /** Name of the ledger's table. */
  readonly ledgerTable: string;
  readonly strategy: Strategy;
  /** @default the rollout stops nowhere */
  readonly gates?: readonly Gate[];
  /** What may be found without refusing the rollout. @default nothing */
  readonly acceptFindings?: readonly FindingCode[];
  /** Text of the stack's parameter that pins the fleet to a kept revision. */
  readonly pin: string;
  /** Text of the stack's parameter that asks for all machines to be replaced. */
  readonly restart: string;
  /** How machines are started. */
  readonly launch: Pick<
    LaunchSubject,
    'instanceType' | 'baseImage' | 'rootVolumeGiB' | 'kmsKeyArn' | 'capacity' | 'content'
  > & {
    readonly network: Network;
  };
}

/** What the last look before a rollout takes besides what a rollout observes. */
export const PREFLIGHT_ACTIONS: readonly string[] = [
  'ec2:DescribeImages',
  'ec2:DescribeInstanceTypes',
  'ec2:DescribeSubnets',
];

/**
 * Refuses a deployment whose rollout, or way back, would fail, with all that was found at once. Whatever a
 * deployment changes has to depend on it.
 */
export class Preflight extends Construct {
  /** Device at which the base image has its root volume. */
  readonly rootDeviceName: string;

  constructor(scope: Construct, id: string, props: PreflightProps) {
    super(scope, id);
    const { release } = props;
    const { MinHealthyPercentage, MaxHealthyPercentage } = props.strategy.properties;
    const resource = new LongRunningResource(this, 'Resource', {
      kind: { id: 'Preflight', resourceType: 'Custom::Preflight', step: 'preflight' },
      properties: {
        GroupName: props.groupName,
        LedgerTable: props.ledgerTable,
        Application: release.application,
        Version: release.version,
        ReleaseDigest: release.digest,
        LivesBeside: release.livesBeside,
        HealthPath: release.service.healthPath,
        Port: release.service.port,
        MinHealthyPercentage,
        MaxHealthyPercentage,
        IsMixed: props.strategy.isMixed(props.gates ?? []),
        AlarmNames: props.alarmNames,
        AcceptFindings: props.acceptFindings ?? [],
        Pin: props.pin,
        Restart: props.restart,
        ...launchProperties(props.launch),
      },
      permissions: looking(Stack.of(this), props),
    });
    this.rootDeviceName = resource.attribute('RootDeviceName');
  }
}

function launchProperties({ network, baseImage, ...launch }: PreflightProps['launch']) {
  const existing = (subnets: readonly ec2.ISubnet[]) =>
    network.isExisting ? subnets.map(({ subnetId }) => subnetId) : [];
  return {
    InstanceType: launch.instanceType,
    BaseImageId: baseImage.id,
    BaseImageKey: baseImage.key,
    IsBaseImageConfigured: baseImage.isConfigured,
    RootVolumeGiB: launch.rootVolumeGiB,
    KmsKeyArn: launch.kmsKeyArn,
    Zones: [...new Set(network.machineSubnets.map(({ availabilityZone }) => availabilityZone))],
    MachineSubnetIds: existing(network.machineSubnets),
    LoadBalancerSubnetIds: existing(network.loadBalancerSubnets),
    Capacity: launch.capacity,
    MachineContent: launch.content,
  };
}

function looking(
  stack: Stack,
  { ledgerTable, alarmNames, launch }: Pick<PreflightProps, 'ledgerTable' | 'alarmNames' | 'launch'>,
): readonly Permission[] {
  return [
    {
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeInstanceRefreshes',
        'elasticloadbalancing:DescribeTargetGroups',
      ],
      resources: ['*'],
      wildcardReason: DESCRIBE_REASON,
    },
    ...readingAlarms(stack, alarmNames),
    {
      actions: [
        'ec2:DescribeInstanceTypeOfferings',
        'ec2:DescribeLaunchTemplateVersions',
        'ec2:GetEbsDefaultKmsKeyId',
        ...PREFLIGHT_ACTIONS,
      ],
      resources: ['*'],
      wildcardReason: 'EC2 has no resource-level permissions for these calls, which only read.',
    },
    {
      actions: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListGrants'],
      resources: [
        stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' }),
        // It may be another account's.
        ...(launch.kmsKeyArn ? [launch.kmsKeyArn] : []),
      ],
      wildcardReason:
        'Which key the account encrypts volumes with by default is known to the account alone, and a kept revision may have another.',
    },
    // Its tags are its machines' tags.
    { actions: ['cloudformation:DescribeStacks'], resources: [Aws.STACK_ID] },
    {
      actions: ['dynamodb:Query'],
      resources: [stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: ledgerTable })],
    },
  ];
}
