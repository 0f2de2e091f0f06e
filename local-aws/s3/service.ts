import * as sdk from '@aws-sdk/client-s3';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Call, Operation, ResourceType, Service } from '../core/service';
import { bucketOperations } from './buckets';
import { listOperations } from './listing';
import { multipartOperations } from './multipart';
import { objectOperations } from './objects';
import { bucketPolicyResourceType, bucketResourceType } from './resources';
import { Buckets } from './store';

/**
 * Simple Storage Service: buckets and objects in memory. Bucket policies are kept, and not enforced:
 * only the policies of roles are.
 */
export class S3Service implements Service {
  readonly signingName = 's3';
  readonly sdk = sdk;
  readonly operations: Readonly<Record<string, Operation | undefined>>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::S3::Bucket': bucketResourceType,
    'AWS::S3::BucketPolicy': bucketPolicyResourceType,
  };

  constructor(core: Core) {
    const buckets = new Buckets(core);
    this.operations = withOwner(core, {
      ...bucketOperations(buckets),
      ...listOperations(buckets),
      ...objectOperations(buckets),
      ...multipartOperations(buckets),
    });
  }
}

interface Owned {
  readonly ExpectedBucketOwner?: string;
  readonly ExpectedSourceBucketOwner?: string;
}

/**
 * Lets every operation refuse a bucket that another account should own: there is one account here.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
function withOwner(
  core: Core,
  operations: Readonly<Record<string, Operation | undefined>>,
): Record<string, Operation> {
  const check = ({ ExpectedBucketOwner, ExpectedSourceBucketOwner }: Owned): void => {
    for (const owner of [ExpectedBucketOwner, ExpectedSourceBucketOwner])
      if (owner !== undefined && owner !== core.account)
        throw new Fault('AccessDenied', 'Access Denied', 403);
  };
  return Object.fromEntries(
    Object.entries(operations).flatMap(([name, operation]) =>
      operation
        ? [
            [
              name,
              {
                ...operation,
                run: (input: never, call: Call) => {
                  check(input);
                  return operation.run(input, call);
                },
              },
            ],
          ]
        : [],
    ),
  );
}
