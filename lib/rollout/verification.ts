import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import { closingInLedger, observing, readingConsoles } from './permissions';

export interface VerificationProps {
  /** Name of the Auto Scaling group. The verification has to depend on the group resource. */
  readonly groupName: string;
  readonly launchTemplateId: string;
  /** Number of the launch template version that every machine is to have been started from. */
  readonly launchTemplateVersion: string;
  readonly targetGroupArn: string;
  /**
   * How long it waits without a newly healthy machine.
   * @default 15 minutes
   */
  readonly progressDeadline?: Duration;
  /** Application and version that the fleet is to run, as the rollout says. */
  readonly releaseName: string;
  /** Name of the table that keeps the ledger. */
  readonly ledgerTable: string;
}

/**
 * Proves that the fleet is complete, healthy, and that every machine in service was started from the
 * release. On the first deployment it waits for the fleet: a broken first release fails here, with the
 * reason of a sick machine.
 */
export class Verification extends Construct {
  constructor(scope: Construct, id: string, props: VerificationProps) {
    super(scope, id);
    const stack = Stack.of(this);
    new LongRunningResource(this, 'Resource', {
      kind: { id: 'Verification', resourceType: 'Custom::Verification', step: 'verification' },
      properties: {
        GroupName: props.groupName,
        LaunchTemplateId: props.launchTemplateId,
        LaunchTemplateVersion: props.launchTemplateVersion,
        TargetGroupArn: props.targetGroupArn,
        ProgressDeadlineSeconds: (props.progressDeadline ?? Duration.minutes(15)).toSeconds(),
        Release: props.releaseName,
        LedgerTable: props.ledgerTable,
      },
      permissions: [
        observing(),
        readingConsoles(stack, props.groupName),
        closingInLedger(stack, props.ledgerTable),
      ],
    });
  }
}
