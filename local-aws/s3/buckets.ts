import type * as sdk from '@aws-sdk/client-s3';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import type { Operation, Operations } from '../core/service';
import { UNCOMPARED } from './accepted';
import { allSettingOperations, DEFAULTS } from './settings';
import type { Buckets } from './store';

/** Operations on buckets and their settings. */
export function bucketOperations(buckets: Buckets): Record<string, Operation | undefined> {
  const { core } = buckets;
  const resources = ({ Bucket = '' }: { Bucket?: string }) => [core.arn('s3', Bucket)];
  const operations: Operations<typeof sdk> = {
    CreateBucket: {
      accepts: {
        Bucket: true,
        ACL: true,
        ObjectOwnership: true,
        CreateBucketConfiguration: { LocationConstraint: true, Tags: { Key: true, Value: true } },
        ObjectLockEnabledForBucket: only(false),
      },
      resources,
      run: ({
        Bucket,
        CreateBucketConfiguration,
        ObjectOwnership = 'BucketOwnerEnforced',
        ACL = 'private',
      }) => {
        if (ACL !== 'private')
          throw ObjectOwnership === 'BucketOwnerEnforced'
            ? new Fault(
                'InvalidBucketAclWithObjectOwnership',
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
              )
            : new Fault(
                'NotImplemented',
                'The local AWS does not serve access control lists of buckets.',
                501,
              );
        const wanted = CreateBucketConfiguration?.LocationConstraint ?? core.region;
        if (wanted !== core.region) {
          throw new Fault(
            'IllegalLocationConstraintException',
            `The local AWS is in ${core.region}; a bucket in ${wanted} cannot be made here.`,
          );
        }
        const bucket = buckets.create(Bucket);
        for (const [name, value] of Object.entries(DEFAULTS)) bucket.settings.set(name, value);
        bucket.settings.set('ownershipControls', { Rules: [{ ObjectOwnership }] });
        const TagSet = CreateBucketConfiguration?.Tags;
        if (TagSet?.length) bucket.settings.set('tagging', { TagSet });
        return { Location: `/${bucket.name}`, BucketArn: bucket.arn };
      },
    },
    HeadBucket: {
      accepts: { Bucket: true, ExpectedBucketOwner: true },
      action: 's3:ListBucket',
      resources,
      run: ({ Bucket = '' }) => {
        if (!buckets.all().some(({ name }) => name === Bucket))
          throw new Fault('NotFound', `There is no bucket ${Bucket}.`, 404);
        return { BucketRegion: core.region, BucketArn: core.arn('s3', Bucket) };
      },
    },
    DeleteBucket: {
      accepts: { Bucket: true, ExpectedBucketOwner: true },
      resources,
      run: ({ Bucket }) => {
        buckets.delete(Bucket);
        return {};
      },
    },
    ListBuckets: {
      accepts: { MaxBuckets: true, ContinuationToken: true, Prefix: true, BucketRegion: true },
      action: 's3:ListAllMyBuckets',
      run: ({ Prefix, MaxBuckets, ContinuationToken, BucketRegion = core.region }) => {
        const found = buckets
          .all()
          .filter(({ name }) => name.startsWith(Prefix ?? '') && BucketRegion === core.region);
        const invalid = () => new Fault('InvalidArgument', 'The continuation token provided is incorrect');
        const { items, next } = pageOf(found, { size: MaxBuckets, token: ContinuationToken, invalid });
        return {
          Owner: { ID: core.account },
          Prefix,
          ContinuationToken: next,
          Buckets: items.map(({ name, createdAt }) => ({
            Name: name,
            CreationDate: createdAt,
            BucketRegion: core.region,
            BucketArn: core.arn('s3', name),
          })),
        };
      },
    },
    GetBucketLocation: {
      accepts: { Bucket: true, ExpectedBucketOwner: true },
      resources,
      run: ({ Bucket }) => {
        buckets.get(Bucket);
        // S3's first region has no name here.
        return core.region === 'us-east-1'
          ? {}
          : { LocationConstraint: core.region as sdk.BucketLocationConstraint };
      },
    },
    GetBucketVersioning: {
      accepts: { Bucket: true, ExpectedBucketOwner: true },
      resources,
      run: ({ Bucket }) => ({ Status: buckets.get(Bucket).versioning }),
    },
    PutBucketVersioning: {
      accepts: {
        Bucket: true,
        ExpectedBucketOwner: true,
        ...UNCOMPARED,
        VersioningConfiguration: { Status: true, MFADelete: only('Disabled') },
      },
      resources,
      run: ({ Bucket, VersioningConfiguration }) => {
        const status = VersioningConfiguration?.Status;
        const bucket = buckets.get(Bucket);
        if (status !== 'Enabled' && status !== 'Suspended')
          throw new Fault(
            'IllegalVersioningConfigurationException',
            'The Versioning element must be specified',
          );
        bucket.versioning = status;
        return {};
      },
    },
  };
  return { ...operations, ...allSettingOperations(buckets) };
}
