import type * as sdk from '@aws-sdk/client-s3';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import { type Operation, operation } from '../core/service';
import { checkBucketPolicy } from './bucket-policy';
import type { Buckets } from './store';

/** One of the settings that S3 keeps by bucket, each with operations of its own. */
interface Setting {
  /** What follows `Put`, `Get` and `Delete` in the operations' names. */
  readonly operation: string;
  /** What follows `s3:Put` and `s3:Get` in the actions' names; deleting takes the permission to put. */
  readonly action: string;
  /** Member of the put's input that carries the setting. */
  readonly member: string;
  /** Whether the get's output has the setting's own members instead of that one. */
  readonly unwrapped?: boolean;
  /** Error code of a get when nothing is set; without one, the answer is empty. */
  readonly absent?: string;
  readonly name: string;
  /** What follows `Delete`, where it is another word; undefined when it can't be deleted. */
  readonly deletedBy?: string;
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'encryption',
    operation: 'BucketEncryption',
    action: 'EncryptionConfiguration',
    member: 'ServerSideEncryptionConfiguration',
    absent: 'ServerSideEncryptionConfigurationNotFoundError',
    deletedBy: 'BucketEncryption',
  },
  {
    name: 'publicAccessBlock',
    operation: 'PublicAccessBlock',
    action: 'BucketPublicAccessBlock',
    member: 'PublicAccessBlockConfiguration',
    absent: 'NoSuchPublicAccessBlockConfiguration',
    deletedBy: 'PublicAccessBlock',
  },
  {
    name: 'tagging',
    operation: 'BucketTagging',
    action: 'BucketTagging',
    member: 'Tagging',
    unwrapped: true,
    absent: 'NoSuchTagSet',
    deletedBy: 'BucketTagging',
  },
  {
    name: 'lifecycle',
    operation: 'BucketLifecycleConfiguration',
    action: 'LifecycleConfiguration',
    member: 'LifecycleConfiguration',
    unwrapped: true,
    absent: 'NoSuchLifecycleConfiguration',
    deletedBy: 'BucketLifecycle',
  },
  {
    name: 'logging',
    operation: 'BucketLogging',
    action: 'BucketLogging',
    member: 'BucketLoggingStatus',
    unwrapped: true,
  },
  {
    name: 'ownershipControls',
    operation: 'BucketOwnershipControls',
    action: 'BucketOwnershipControls',
    member: 'OwnershipControls',
    absent: 'OwnershipControlsNotFoundError',
    deletedBy: 'BucketOwnershipControls',
  },
  {
    name: 'policy',
    operation: 'BucketPolicy',
    action: 'BucketPolicy',
    member: 'Policy',
    absent: 'NoSuchBucketPolicy',
    deletedBy: 'BucketPolicy',
  },
];

/** Settings that S3 gives to every new bucket. https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html */
const DEFAULTS: Readonly<Record<string, object>> = {
  encryption: {
    Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
  },
  publicAccessBlock: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  },
};

/** Operations on buckets and their settings. Settings are kept and told; none of them changes what happens here. */
export function bucketOperations(buckets: Buckets): Record<string, Operation> {
  const { core } = buckets;
  const resources = ({ Bucket = '' }: { Bucket?: string }) => [core.arn('s3', Bucket)];
  const operations: Record<string, Operation> = {
    CreateBucket: operation<sdk.CreateBucketRequest, sdk.CreateBucketOutput>({
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
        return { Location: `/${bucket.name}`, BucketArn: bucket.arn };
      },
    }),
    HeadBucket: operation<sdk.HeadBucketRequest, sdk.HeadBucketOutput>({
      action: 's3:ListBucket',
      resources,
      run: ({ Bucket = '' }) => {
        if (!buckets.all().some(({ name }) => name === Bucket))
          throw new Fault('NotFound', `There is no bucket ${Bucket}.`, 404);
        return { BucketRegion: core.region, BucketArn: core.arn('s3', Bucket) };
      },
    }),
    DeleteBucket: operation<sdk.DeleteBucketRequest, object>({
      resources,
      run: ({ Bucket }) => {
        buckets.delete(Bucket);
        return {};
      },
    }),
    ListBuckets: operation<sdk.ListBucketsRequest, sdk.ListBucketsOutput>({
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
    }),
    GetBucketLocation: operation<sdk.GetBucketLocationRequest, sdk.GetBucketLocationOutput>({
      resources,
      run: ({ Bucket }) => {
        buckets.get(Bucket);
        // S3's first region has no name here.
        return core.region === 'us-east-1'
          ? {}
          : { LocationConstraint: core.region as sdk.BucketLocationConstraint };
      },
    }),
    GetBucketVersioning: operation<sdk.GetBucketVersioningRequest, sdk.GetBucketVersioningOutput>({
      resources,
      run: ({ Bucket }) => ({ Status: buckets.get(Bucket).versioning }),
    }),
    PutBucketVersioning: operation<sdk.PutBucketVersioningRequest, object>({
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
    }),
  };
  for (const setting of SETTINGS) Object.assign(operations, settingOperations(buckets, setting));
  return operations;
}

type SettingInput = Readonly<Record<string, unknown>> & { readonly Bucket?: string };

function settingOperations(buckets: Buckets, setting: Setting): Record<string, Operation> {
  const { name, action, member } = setting;
  const resources = ({ Bucket = '' }: SettingInput) => [buckets.core.arn('s3', Bucket)];
  return {
    [`Put${setting.operation}`]: operation<SettingInput, object>({
      action: `s3:Put${action}`,
      resources,
      run: (input) => {
        const value = input[member] as object | string | undefined;
        if (!value) throw new Fault('MalformedXML', `The request has no ${member}.`);
        const bucket = buckets.get(input.Bucket);
        if (name === 'policy') checkBucketPolicy(String(value), bucket.name, bucket.blocksPublicPolicies);
        bucket.settings.set(name, value);
        return {};
      },
    }),
    [`Get${setting.operation}`]: operation<SettingInput, object>({
      action: `s3:Get${action}`,
      resources,
      run: (input) => {
        const value = buckets.get(input.Bucket).settings.get(name);
        if (value === undefined) {
          if (setting.absent)
            throw new Fault(setting.absent, `The bucket ${input.Bucket} has no ${member}.`, 404);
          return {};
        }
        return setting.unwrapped ? (value as object) : { [member]: value };
      },
    }),
    ...(setting.deletedBy && {
      [`Delete${setting.deletedBy}`]: operation<SettingInput, object>({
        // A policy is the one setting whose deletion is a permission of its own.
        action: name === 'policy' ? 's3:DeleteBucketPolicy' : `s3:Put${action}`,
        resources,
        run: (input) => {
          const { settings } = buckets.get(input.Bucket);
          // There is no bucket without encryption: what goes is another one than S3's own.
          if (name === 'encryption') settings.set(name, DEFAULTS.encryption!);
          else settings.delete(name);
          return {};
        },
      }),
    }),
  };
}
