import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Gate } from '../config';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import type { Permission } from '../custom-resource/permission';
import type { Release } from '../release/manifest';
import { DESCRIBE_REASON, readingAlarms } from '../rollout/permissions';
import type { Strategy } from '../rollout/strategy';
import type { FindingCode } from './finding';

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
  /** Text of the stack's parameter that pins the fleet to a kept revision. @default it is never pinned */
  readonly pin?: string;
}

/** What looking takes besides what a rollout observes. */
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
  constructor(scope: Construct, id: string, props: PreflightProps) {
    super(scope, id);
    const { release } = props;
    const { MinHealthyPercentage, MaxHealthyPercentage } = props.strategy.properties;
    new LongRunningResource(this, 'Resource', {
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
        ...(props.pin === undefined ? {} : { Pin: props.pin }),
      },
      permissions: looking(Stack.of(this), props),
    });
  }
}

function looking(
  stack: Stack,
  { ledgerTable, alarmNames }: Pick<PreflightProps, 'ledgerTable' | 'alarmNames'>,
): readonly Permission[] {
  return [
    {
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeInstanceRefreshes',
        'ec2:DescribeLaunchTemplateVersions',
        ...PREFLIGHT_ACTIONS,
        'elasticloadbalancing:DescribeTargetGroups',
      ],
      resources: ['*'],
      wildcardReason: DESCRIBE_REASON,
    },
    ...readingAlarms(stack, alarmNames),
    {
      actions: ['dynamodb:Query'],
      resources: [stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: ledgerTable })],
    },
  ];
}
