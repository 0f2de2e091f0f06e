import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeletePublicAccessBlockCommand,
  type ObjectOwnership,
  type PublicAccessBlockConfiguration,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import type { CommandLike, Core } from '../core/core';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';
import { unlessGone, withStackTags } from '../core/template-input';
import { LIFECYCLE_RULE, lifecycleRule } from './lifecycle';

interface BucketProperties {
  readonly BucketName?: string;
  readonly BucketEncryption?: {
    readonly ServerSideEncryptionConfiguration: readonly {
      readonly ServerSideEncryptionByDefault?: {
        readonly SSEAlgorithm: ServerSideEncryption;
        readonly KMSMasterKeyID?: string;
      };
      readonly BucketKeyEnabled?: boolean | string;
    }[];
  };
  readonly PublicAccessBlockConfiguration?: Readonly<
    Record<keyof PublicAccessBlockConfiguration, boolean | string>
  >;
  readonly VersioningConfiguration?: { readonly Status: 'Enabled' | 'Suspended' };
  readonly OwnershipControls?: { readonly Rules: readonly { readonly ObjectOwnership: ObjectOwnership }[] };
  readonly LoggingConfiguration?: {
    readonly DestinationBucketName?: string;
    readonly LogFilePrefix?: string;
  };
  readonly LifecycleConfiguration?: { readonly Rules: readonly Properties[] };
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html */
export const bucketResourceType: ResourceType = {
  accepts: {
    BucketName: true,
    AccessControl: 'every bucket, and every object, belongs to the one account',
    BucketEncryption: {
      ServerSideEncryptionConfiguration: {
        ServerSideEncryptionByDefault: { SSEAlgorithm: true, KMSMasterKeyID: true },
        BucketKeyEnabled: true,
      },
    },
    LifecycleConfiguration: { Rules: LIFECYCLE_RULE },
    LoggingConfiguration: { DestinationBucketName: true, LogFilePrefix: true },
    OwnershipControls: { Rules: { ObjectOwnership: true } },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    Tags: { Key: true, Value: true },
    VersioningConfiguration: { Status: true },
  },
  createOnly: ['BucketName'],

  async create(properties, provisioning) {
    const wanted = read(properties);
    // Generated names are cut for the sake of their last part, which makes them unique.
    const Bucket = wanted.BucketName ?? provisioning.generateName(63).toLowerCase();
    await provisioning.core.send(new CreateBucketCommand({ Bucket }));
    try {
      await configure(Bucket, wanted, {}, provisioning);
    } catch (error) {
      await provisioning.core.send(new DeleteBucketCommand({ Bucket }));
      throw error;
    }
    return provisioned(Bucket, provisioning.core);
  },

  async update(Bucket, properties, old, provisioning) {
    await configure(Bucket, read(properties), read(old), provisioning);
    return provisioned(Bucket, provisioning.core);
  },

  async delete(Bucket, _properties, { core }) {
    await unlessGone(core.send(new DeleteBucketCommand({ Bucket })), /^NoSuchBucket$/);
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html */
export const bucketPolicyResourceType: ResourceType = {
  accepts: { Bucket: true, PolicyDocument: true },
  createOnly: ['Bucket'],
  create: (properties, { core }) => putPolicy(properties, core),
  update: (_physicalId, properties, _old, { core }) => putPolicy(properties, core),
  async delete(Bucket, _properties, { core }) {
    await unlessGone(core.send(new DeleteBucketPolicyCommand({ Bucket })), /^NoSuchBucket$/);
  },
};

async function putPolicy({ Bucket, PolicyDocument }: Properties, core: Core): Promise<Provisioned> {
  const Policy = typeof PolicyDocument === 'string' ? PolicyDocument : JSON.stringify(PolicyDocument);
  await core.send(new PutBucketPolicyCommand({ Bucket: String(Bucket), Policy }));
  return { physicalId: String(Bucket), attributes: {} };
}

function read(properties: Properties): BucketProperties {
  return properties as unknown as BucketProperties;
}

function provisioned(bucket: string, core: Core): Provisioned {
  return {
    physicalId: bucket,
    attributes: {
      Arn: core.arn('s3', bucket),
      DomainName: `${bucket}.s3.amazonaws.com`,
      DualStackDomainName: `${bucket}.s3.dualstack.${core.region}.amazonaws.com`,
      RegionalDomainName: `${bucket}.s3.${core.region}.amazonaws.com`,
      WebsiteURL: `http://${bucket}.s3-website.${core.region}.amazonaws.com`,
    },
  };
}

/** Writes what the template says, and takes back what the one before said and this one does not. */
async function configure(
  Bucket: string,
  wanted: BucketProperties,
  old: BucketProperties,
  provisioning: Provisioning,
): Promise<void> {
  const { core } = provisioning;
  const apply = async (property: keyof BucketProperties, put: Command, remove?: Command) => {
    if (wanted[property] !== undefined) await core.send(put);
    else if (old[property] !== undefined && remove) await core.send(remove);
  };
  const TagSet = withStackTags(wanted.Tags, provisioning);
  const { LoggingConfiguration: logging } = wanted;

  await apply(
    'BucketEncryption',
    new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: encryptionOf(wanted) }),
    new DeleteBucketEncryptionCommand({ Bucket }),
  );
  await apply(
    'PublicAccessBlockConfiguration',
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: publicAccessBlockOf(wanted) }),
    new DeletePublicAccessBlockCommand({ Bucket }),
  );
  await apply(
    'OwnershipControls',
    new PutBucketOwnershipControlsCommand({
      Bucket,
      OwnershipControls: { Rules: [...(wanted.OwnershipControls?.Rules ?? [])] },
    }),
    new DeleteBucketOwnershipControlsCommand({ Bucket }),
  );
  await apply(
    'VersioningConfiguration',
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: wanted.VersioningConfiguration }),
    // Versions that there are stay: a bucket can't go back to having none.
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
  );
  await apply(
    'LoggingConfiguration',
    new PutBucketLoggingCommand({
      Bucket,
      BucketLoggingStatus: {
        LoggingEnabled: {
          TargetBucket: logging?.DestinationBucketName ?? Bucket,
          TargetPrefix: logging?.LogFilePrefix ?? '',
        },
      },
    }),
    new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} }),
  );
  await apply(
    'LifecycleConfiguration',
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules: (wanted.LifecycleConfiguration?.Rules ?? []).map(lifecycleRule) },
    }),
    new DeleteBucketLifecycleCommand({ Bucket }),
  );
  await core.send(
    TagSet.length > 0
      ? new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } })
      : new DeleteBucketTaggingCommand({ Bucket }),
  );
}

type Command = CommandLike<object, object>;

function encryptionOf({ BucketEncryption }: BucketProperties) {
  const rules = BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  return {
    Rules: rules.map((rule) => ({
      ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault,
      BucketKeyEnabled: isTrue(rule.BucketKeyEnabled),
    })),
  };
}

function publicAccessBlockOf({ PublicAccessBlockConfiguration: wanted }: BucketProperties) {
  return {
    BlockPublicAcls: isTrue(wanted?.BlockPublicAcls),
    IgnorePublicAcls: isTrue(wanted?.IgnorePublicAcls),
    BlockPublicPolicy: isTrue(wanted?.BlockPublicPolicy),
    RestrictPublicBuckets: isTrue(wanted?.RestrictPublicBuckets),
  };
}

/** Templates say it either way. */
function isTrue(value: boolean | string | undefined): boolean {
  return String(value) === 'true';
}
