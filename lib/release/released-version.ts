import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import type { Release } from './manifest';

export interface ReleasedVersionProps {
  /** The release that is deployed. */
  readonly release: Release;
}

const RECORDS_REASON =
  'The records of all versions of one application: a policy that named a single version would change in the very deployment that uses it.';

/**
 * Refuses a version that was released before with other content, by a record in SSM Parameter Store
 * that the stacks of an account and region share and that outlives them. Whatever a deployment changes
 * has to depend on it.
 */
export class ReleasedVersion extends Construct {
  constructor(scope: Construct, id: string, props: ReleasedVersionProps) {
    super(scope, id);
    const { application, version, digest, changeCause } = props.release;
    const folder = `image-rollouts/${application}/releases`;
    const records = Stack.of(this).formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: `${folder}/*`,
    });
    new LongRunningResource(this, 'Resource', {
      kind: { id: 'Release', resourceType: 'Custom::Release', step: 'release' },
      properties: {
        ParameterName: `/${folder}/${version}`,
        Application: application,
        Version: version,
        Digest: digest,
        ...(changeCause ? { ChangeCause: changeCause } : {}),
      },
      permissions: [
        { actions: ['ssm:GetParameter'], resources: [records], wildcardReason: RECORDS_REASON },
        {
          actions: ['ssm:PutParameter'],
          resources: [records],
          // A record is written once.
          conditions: { StringNotEquals: { 'ssm:Overwrite': 'true' } },
          wildcardReason: RECORDS_REASON,
        },
      ],
    });
  }
}
