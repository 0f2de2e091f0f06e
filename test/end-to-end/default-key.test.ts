import { DescribeImagesCommand, ModifyEbsDefaultKmsKeyIdCommand } from '@aws-sdk/client-ec2';
import { CreateKeyCommand, GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { VirtualAws } from '../harness/virtual-aws';

// Volumes that are encrypted with a key of the account's own, which Auto Scaling can use only if the key says so.

const PRINCIPAL = {
  AWS: 'arn:aws:iam::000000000000:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
};

/** As docs/preflight.md has them. */
const STATEMENTS = [
  {
    Effect: 'Allow',
    Principal: PRINCIPAL,
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    Resource: '*',
  },
  {
    Effect: 'Allow',
    Principal: PRINCIPAL,
    Action: 'kms:CreateGrant',
    Resource: '*',
    Condition: { Bool: { 'kms:GrantIsForAWSResource': true } },
  },
];

async function withKey() {
  const aws = await VirtualAws.start();
  const { KeyMetadata } = await aws.core.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata!.Arn!;
  const permit = async () => {
    const { Policy } = await aws.core.send(new GetKeyPolicyCommand({ KeyId }));
    const policy = JSON.parse(Policy!);
    policy.Statement.push(...STATEMENTS);
    await aws.core.send(new PutKeyPolicyCommand({ KeyId, Policy: JSON.stringify(policy) }));
  };
  return { aws, KeyId, permit };
}

test('a default key that Auto Scaling may not use refuses a release, before machine after machine ends', async () => {
  const variant = 'ImageBased';
  const { aws, KeyId, permit } = await withKey();
  expect((await aws.deploy(variant, '1.0.0')).status).toBe('CREATE_COMPLETE');
  await aws.core.send(new ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: KeyId }));
  const refused = await aws.deploy(variant, '1.1.0');
  expect(refused.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(refused.failures).toEqual([
    expect.stringMatching(
      /^Preflight.*The account's default key for volumes, arn:\S+, does not let Auto Scaling use it.*\[ebs-key-denied\]/,
    ),
  ]);
  await permit();
  expect(await aws.deploy(variant, '1.1.0')).toMatchObject({ status: 'UPDATE_COMPLETE', failures: [] });
});

test('machines that can not have their volumes do not come into service, and the fleet goes back', async () => {
  const { aws, KeyId } = await withKey();
  const context = { acceptFindings: 'ebs-key-denied' };
  expect((await aws.deploy('InstanceBased', '1.0.0', context)).status).toBe('CREATE_COMPLETE');
  const given = await aws.deploy('InstanceBased', '1.1.0', { ...context, kmsKeyArn: KeyId });
  expect(given.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await aws.versionsInService('InstanceBased')).toEqual(['1.0.0', '1.0.0']);
});

test('a key that is named encrypts the image, too', async () => {
  const { aws, KeyId: kmsKeyArn, permit } = await withKey();
  await permit();
  expect((await aws.deploy('ImageBased', '1.0.0', { kmsKeyArn })).failures).toEqual([]);
  const { Images } = await aws.core.send(new DescribeImagesCommand({ Owners: ['self'] }));
  expect(Images!.map(({ BlockDeviceMappings }) => BlockDeviceMappings![0]!.Ebs)).toEqual([
    expect.objectContaining({ Encrypted: true, KmsKeyId: kmsKeyArn }),
  ]);
});
