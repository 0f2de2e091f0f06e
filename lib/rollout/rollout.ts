import { Aws, Duration, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import { PREFLIGHT_ACTIONS } from '../preflight/preflight';
import type { Release } from '../release/manifest';
import type { Gate } from './gates';
import { keepingLedger, observing, readingAlarms, readingConsoles, refreshing } from './permissions';
import type { Strategy } from './strategy';
import { waitingResources } from './timing';

export interface RolloutProps {
  /** Name of the Auto Scaling group, as a literal: the rollout runs before the group resource. */
  readonly groupName: string;
  readonly launchTemplateId: string;
  /** Number of the launch template version that the fleet is to run. */
  readonly targetVersion: string;
  /** Role of the machines' instance profile: whoever starts machines has to be allowed to pass it. */
  readonly machineRole: iam.IRole;
  /** Target group that says whether a machine serves. */
  readonly targetGroupArn: string;
  /** Alarms that turn the rollout back. @default none */
  readonly alarms?: readonly cloudwatch.IAlarm[];
  readonly strategy: Strategy;
  /**
   * How long the rollout goes on without a newly healthy machine before it turns back.
   * @default 15 minutes
   */
  readonly progressDeadline?: Duration;
  /**
   * How long the alarms are watched after the last machine was replaced; without alarms nothing is waited for.
   * @default no time
   */
  readonly bakeTime?: Duration;
  /** How long it may take in all; beyond an hour, further resources wait for it. @default 45 minutes */
  readonly timeout?: Duration;
  /** How long it is expected to take. @default not said */
  readonly expectedTime?: Duration;
  /** Where it stops until the gate is passed, in rising order. @default nowhere */
  readonly gates?: readonly Gate[];
  /** Function that answers whether the checks of a gate hold. @default alarms alone count */
  readonly gateFunctionArn?: string;
  /** AMI that the machines, or their image, are made from. */
  readonly baseImageId: string;
  /** The release that is rolled out. */
  readonly release: Release;
  /** Who releases it. @default not said */
  readonly deployedBy?: string;
  /** Commit that it was made from. @default not said */
  readonly commit?: string;
  /** Findings of a preflight that do not refuse it. @default none */
  readonly acceptFindings?: readonly string[];
  /** Name of the table that keeps the ledger. */
  readonly ledgerTable: string;
  /** Text of the stack's parameter that pins the fleet to a kept revision. */
  readonly pin: string;
  /** Text of the stack's parameter that asks for all machines to be replaced. */
  readonly restart: string;
}

/**
 * Brings a group's machines to a launch template version, and ends when the whole fleet runs it or is
 * back on what it ran before. It runs before the group resource, which takes its version from here: so
 * CloudFormation writes what Auto Scaling has already saved. Without a group there is nothing to do.
 * A rollout that may take longer than CloudFormation waits for one resource is several, one after the other.
 */
export class Rollout extends Construct {
  /** Launch template version for the group: the one that its machines run. */
  readonly launchTemplateVersion: string;
  /** Application and version that the fleet runs. */
  readonly releaseName: string;

  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const timeout = props.timeout ?? Duration.minutes(45);
    const parts = 1 + waitingResources(timeout.toSeconds());
    let last = this.part(0, parts, timeout, props);
    for (let part = 1; part < parts; part++) {
      const next = this.part(part, parts, timeout, props);
      next.node.addDependency(last);
      last = next;
    }
    this.launchTemplateVersion = last.attribute('LaunchTemplateVersion');
    this.releaseName = last.attribute('Release');
  }

  private part(part: number, parts: number, timeout: Duration, props: RolloutProps): LongRunningResource {
    const stack = Stack.of(this);
    const { release } = props;
    return new LongRunningResource(this, part === 0 ? 'Resource' : `Part${part}`, {
      kind: { id: 'Rollout', resourceType: 'Custom::Rollout', step: 'rollout' },
      properties: {
        GroupName: props.groupName,
        LaunchTemplateId: props.launchTemplateId,
        TargetVersion: props.targetVersion,
        TargetGroupArn: props.targetGroupArn,
        AlarmNames: (props.alarms ?? []).map((alarm) => alarm.alarmName),
        ...props.strategy.properties,
        BakeTimeSeconds: props.alarms?.length ? (props.bakeTime?.toSeconds() ?? 0) : 0,
        ProgressDeadlineSeconds: (props.progressDeadline ?? Duration.minutes(15)).toSeconds(),
        TimeoutSeconds: timeout.toSeconds(),
        ForecastSeconds: props.expectedTime?.toSeconds(),
        Part: part,
        Parts: parts,
        Gates: (props.gates ?? []).map(({ percentage, minutes }) =>
          minutes === undefined ? String(percentage) : `${percentage}:${minutes}m`,
        ),
        GateFunctionArn: props.gateFunctionArn,
        BaseImageId: props.baseImageId,
        Application: release.application,
        Version: release.version,
        ReleaseDigest: release.digest,
        ChangeCause: release.changeCause,
        LivesBeside: release.livesBeside,
        HealthPath: release.service.healthPath,
        DeployedBy: props.deployedBy,
        Commit: props.commit,
        LedgerTable: props.ledgerTable,
        AcceptFindings: props.acceptFindings ?? [],
        Pin: props.pin,
        Restart: props.restart,
      },
      permissions:
        part > 0
          ? []
          : [
              observing(PREFLIGHT_ACTIONS),
              ...readingAlarms(
                stack,
                (props.alarms ?? []).map(({ alarmName }) => alarmName),
              ),
              readingConsoles(stack, props.groupName),
              keepingLedger(stack, props.ledgerTable),
              { actions: ['cloudformation:DescribeStacks'], resources: [Aws.STACK_ID] },
              ...(props.gateFunctionArn
                ? [{ actions: ['lambda:InvokeFunction'], resources: [props.gateFunctionArn] }]
                : []),
              ...refreshing(stack, props),
            ],
    });
  }
}
