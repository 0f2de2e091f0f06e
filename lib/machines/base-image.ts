import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import type { Release } from '../release/manifest';

export interface BaseImageProps {
  /** The newest AMI, as CloudFormation looks it up at every update. */
  readonly newestImageId: string;
  readonly release: Release;
  /** Name of the Auto Scaling group, as a literal: it is the fleet's name in the ledger. */
  readonly groupName: string;
  readonly ledgerTable: string;
  /** Text of the stack's parameter that asks for all machines to be replaced. */
  readonly restart: string;
  /** Digest over how machines are started: what changes it has the choice made again. */
  readonly settings: string;
}

/**
 * The AMI that machines boot from, or that releases are baked upon, where none is configured: for the next release
 * the newest one, and for the release in service the one that it has. CloudFormation looks the newest one up
 * at every update, and what followed it would change with each.
 */
export class BaseImage extends Construct {
  readonly imageId: string;

  constructor(scope: Construct, id: string, props: BaseImageProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const resource = new LongRunningResource(this, 'Resource', {
      kind: { id: 'BaseImage', resourceType: 'Custom::BaseImage', step: 'base-image' },
      properties: {
        NewestImageId: props.newestImageId,
        GroupName: props.groupName,
        LedgerTable: props.ledgerTable,
        ReleaseDigest: props.release.digest,
        Restart: props.restart,
        MachineSettings: props.settings,
      },
      permissions: [
        {
          actions: ['ec2:DescribeImages'],
          resources: ['*'],
          wildcardReason: 'EC2 has no resource-level permissions for its describe calls.',
        },
        {
          actions: ['dynamodb:Query'],
          resources: [
            stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: props.ledgerTable }),
          ],
        },
      ],
    });
    this.imageId = resource.attribute('ImageId');
  }
}
