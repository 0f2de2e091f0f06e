// Settings that S3 keeps by bucket, each with operations of its own.
import { Fault } from '../core/fault';
import type { Operation } from '../core/service';
import { UNCOMPARED } from './accepted';
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
  /** What the put's member means here. */
  readonly accept: object | string;
  /** What else the put takes. */
  readonly further?: Readonly<Record<string, string>>;
  /** What follows `Delete`, where it is another word; undefined when it can't be deleted. */
  readonly deletedBy?: string;
}

const NOBODY_ELSE = 'there are no access control lists, and no callers of other accounts';

const SETTINGS: readonly Setting[] = [
  {
    name: 'encryption',
    accept: 'told of each object; nothing is encrypted',
    operation: 'BucketEncryption',
    action: 'EncryptionConfiguration',
    member: 'ServerSideEncryptionConfiguration',
    absent: 'ServerSideEncryptionConfigurationNotFoundError',
    deletedBy: 'BucketEncryption',
  },
  {
    name: 'publicAccessBlock',
    accept: {
      BlockPublicPolicy: true,
      BlockPublicAcls: NOBODY_ELSE,
      IgnorePublicAcls: NOBODY_ELSE,
      RestrictPublicBuckets: NOBODY_ELSE,
    },
    operation: 'PublicAccessBlock',
    action: 'BucketPublicAccessBlock',
    member: 'PublicAccessBlockConfiguration',
    absent: 'NoSuchPublicAccessBlockConfiguration',
    deletedBy: 'PublicAccessBlock',
  },
  {
    name: 'tagging',
    accept: { TagSet: { Key: true, Value: true } },
    operation: 'BucketTagging',
    action: 'BucketTagging',
    member: 'Tagging',
    unwrapped: true,
    absent: 'NoSuchTagSet',
    deletedBy: 'BucketTagging',
  },
  {
    name: 'lifecycle',
    accept: 'no object is moved or expires',
    further: { TransitionDefaultMinimumObjectSize: 'no object is moved' },
    operation: 'BucketLifecycleConfiguration',
    action: 'LifecycleConfiguration',
    member: 'LifecycleConfiguration',
    unwrapped: true,
    absent: 'NoSuchLifecycleConfiguration',
    deletedBy: 'BucketLifecycle',
  },
  {
    name: 'logging',
    accept: 'no access is logged',
    operation: 'BucketLogging',
    action: 'BucketLogging',
    member: 'BucketLoggingStatus',
    unwrapped: true,
  },
  {
    name: 'ownershipControls',
    accept: { Rules: { ObjectOwnership: true } },
    operation: 'BucketOwnershipControls',
    action: 'BucketOwnershipControls',
    member: 'OwnershipControls',
    absent: 'OwnershipControlsNotFoundError',
    deletedBy: 'BucketOwnershipControls',
  },
  {
    name: 'policy',
    accept: 'checked when it is put, and not enforced',
    further: { ConfirmRemoveSelfBucketAccess: 'policies are not enforced' },
    operation: 'BucketPolicy',
    action: 'BucketPolicy',
    member: 'Policy',
    absent: 'NoSuchBucketPolicy',
    deletedBy: 'BucketPolicy',
  },
];

/** Settings that S3 gives to every new bucket. https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html */
export const DEFAULTS: Readonly<Record<string, object>> = {
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

/** The operations of all settings. */
export function allSettingOperations(buckets: Buckets): Record<string, Operation> {
  return Object.assign({}, ...SETTINGS.map((setting) => settingOperations(buckets, setting)));
}

const OWNED = { Bucket: true, ExpectedBucketOwner: true };

type SettingInput = Readonly<Record<string, unknown>> & { readonly Bucket?: string };

/** What is the same in all settings' operations is typed once; what each takes, its setting says. */
function settingOperation(definition: {
  readonly accepts: object;
  readonly action: string;
  resources(input: SettingInput): string[];
  run(input: SettingInput): object;
}): Operation {
  return definition as unknown as Operation;
}

function settingOperations(buckets: Buckets, setting: Setting): Record<string, Operation> {
  const { name, action, member } = setting;
  const { ContentMD5: _, ...withoutDigest } = UNCOMPARED;
  // Of a lifecycle configuration S3 takes no such digest.
  const uncompared = name === 'lifecycle' ? withoutDigest : UNCOMPARED;
  const resources = ({ Bucket = '' }: SettingInput) => [buckets.core.arn('s3', Bucket)];
  return {
    [`Put${setting.operation}`]: settingOperation({
      accepts: { ...OWNED, ...uncompared, ...setting.further, [member]: setting.accept },
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
    [`Get${setting.operation}`]: settingOperation({
      accepts: OWNED,
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
      [`Delete${setting.deletedBy}`]: settingOperation({
        accepts: OWNED,
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
