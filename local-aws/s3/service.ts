import * as sdk from '@aws-sdk/client-s3';
import type { Core } from '../core/core';
import type { Operation, ResourceType, Service } from '../core/service';
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
  readonly operations: Readonly<Record<string, Operation>>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::S3::Bucket': bucketResourceType,
    'AWS::S3::BucketPolicy': bucketPolicyResourceType,
  };

  constructor(core: Core) {
    const buckets = new Buckets(core);
    this.operations = {
      ...bucketOperations(buckets),
      ...listOperations(buckets),
      ...objectOperations(buckets),
      ...multipartOperations(buckets),
    };
  }
}
