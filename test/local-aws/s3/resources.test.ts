import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { unservedMember } from '../../../local-aws/core/accepts';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { S3Service } from '../../../local-aws/s3/service';
import { provisioningOf } from '../provisioning';

function setUp() {
  const core = new Core({ clock: new VirtualClock() });
  const service = new S3Service(core);
  core.register(service);
  const provisioning = provisioningOf(core, 'Bucket');
  return {
    core,
    provisioning,
    bucket: service.resourceTypes['AWS::S3::Bucket']!,
    policy: service.resourceTypes['AWS::S3::BucketPolicy']!,
  };
}

const properties = {
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
  },
  PublicAccessBlockConfiguration: { BlockPublicAcls: 'true', BlockPublicPolicy: true },
  VersioningConfiguration: { Status: 'Enabled' },
  LoggingConfiguration: { LogFilePrefix: 'logs/' },
  LifecycleConfiguration: { Rules: [{ Id: 'old', Status: 'Enabled', ExpirationInDays: '30' }] },
  OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  Tags: [{ Key: 'a', Value: 'b' }],
};

test('a bucket gets a name, its attributes and everything that its template says', async () => {
  const { core, bucket, provisioning } = setUp();
  const { physicalId: Bucket, attributes } = await bucket.create(properties, provisioning);
  expect(Bucket).toBe('stack-bucket');
  expect(attributes).toMatchObject({
    Arn: 'arn:aws:s3:::stack-bucket',
    RegionalDomainName: 'stack-bucket.s3.eu-central-1.amazonaws.com',
  });
  await expect(core.send(new GetBucketEncryptionCommand({ Bucket }))).resolves.toMatchObject({
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
    },
  });
  await expect(core.send(new GetPublicAccessBlockCommand({ Bucket }))).resolves.toEqual({
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: false,
      RestrictPublicBuckets: false,
    },
  });
  await expect(core.send(new GetBucketLoggingCommand({ Bucket }))).resolves.toEqual({
    LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: 'logs/' },
  });
  await expect(core.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).resolves.toMatchObject({
    Rules: [{ ID: 'old', Expiration: { Days: 30 } }],
  });
  await expect(core.send(new GetBucketTaggingCommand({ Bucket }))).resolves.toEqual({
    TagSet: [
      { Key: 'a', Value: 'b' },
      { Key: 'aws:cloudformation:stack-name', Value: 'Stack' },
    ],
  });
});

test('an update takes back what the template no longer says', async () => {
  const { core, bucket, provisioning } = setUp();
  const { physicalId: Bucket } = await bucket.create(properties, provisioning);
  await bucket.update!(Bucket, {}, properties, provisioning);
  await expect(core.send(new GetBucketVersioningCommand({ Bucket }))).resolves.toEqual({
    Status: 'Suspended',
  });
  await expect(core.send(new GetBucketLoggingCommand({ Bucket }))).resolves.toEqual({});
  await expect(core.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).rejects.toMatchObject({
    code: 'NoSuchLifecycleConfiguration',
  });
});

test('a bucket with objects cannot be deleted; one that is gone already can', async () => {
  const { core, bucket, provisioning } = setUp();
  const { physicalId: Bucket } = await bucket.create({ BucketName: 'kept' }, provisioning);
  await core.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  await expect(bucket.delete(Bucket, {}, provisioning)).rejects.toThrow(
    'The bucket you tried to delete is not empty.',
  );
  await bucket.delete('gone', {}, provisioning);
});

test('what is not served is refused by name', () => {
  const { bucket } = setUp();
  expect(unservedMember(bucket.accepts!, { WebsiteConfiguration: {} })).toMatch(
    'WebsiteConfiguration is not served',
  );
  const rule = { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', TagFilters: [] }] } };
  expect(unservedMember(bucket.accepts!, rule)).toMatch('Rules[0].TagFilters is not served');
});

test('a creation that fails leaves no bucket behind', async () => {
  const { core, bucket, provisioning } = setUp();
  const properties = { BucketName: 'site', VersioningConfiguration: { Status: 'Off' } };
  await expect(bucket.create(properties, provisioning)).rejects.toThrow(
    'did not validate against our published schema',
  );
  await expect(core.send(new HeadBucketCommand({ Bucket: 'site' }))).rejects.toMatchObject({
    code: 'NotFound',
  });
});

test('a bucket policy is put and taken away', async () => {
  const { core, bucket, policy, provisioning } = setUp();
  const { physicalId: Bucket } = await bucket.create({ BucketName: 'kept' }, provisioning);
  const PolicyDocument = {
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::kept/*' }],
  };
  await policy.create({ Bucket, PolicyDocument }, provisioning);
  const { Policy } = await core.send(new GetBucketPolicyCommand({ Bucket }));
  expect(JSON.parse(Policy ?? '')).toEqual(PolicyDocument);
  await policy.delete(Bucket, {}, provisioning);
  await expect(core.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toThrow('has no Policy');
});
