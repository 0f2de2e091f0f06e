import {
  CreateAutoScalingGroupCommand,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  GetEbsDefaultKmsKeyIdCommand,
  ModifyEbsDefaultKmsKeyIdCommand,
  ResetEbsDefaultKmsKeyIdCommand,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  GetKeyPolicyCommand,
  ListGrantsCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { AutoScalingService } from '../../local-aws/autoscaling/service';
import { BASE_IMAGES } from '../../local-aws/ec2/service';
import { KmsService } from '../../local-aws/kms/service';
import { openSession } from '../../local-aws/sts/session';
import { ec2Fixture } from './ec2/fixture';

const ACCOUNT = 'arn:aws:iam::000000000000:root';
const AUTO_SCALING =
  'arn:aws:iam::000000000000:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';

/** As AWS's guide has them. */
const STATEMENTS = [
  {
    Effect: 'Allow',
    Principal: { AWS: AUTO_SCALING },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    Resource: '*',
  },
  {
    Effect: 'Allow',
    Principal: { AWS: AUTO_SCALING },
    Action: 'kms:CreateGrant',
    Resource: '*',
    Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
  },
];
const OF_ACCOUNT = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' };
const policyOf = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

async function kmsWorld() {
  const fixture = ec2Fixture();
  const { core, clock } = fixture;
  core.register(new KmsService(core));
  core.register(new AutoScalingService(core));
  const { KeyMetadata } = await core.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata!.Arn!;
  /** How a group's first machine ends up, encrypted with the account's default key or with one that is named. */
  const machine = async (KmsKeyId?: string) => {
    await core.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'machine',
        LaunchTemplateData: {
          ImageId: BASE_IMAGES.x86_64,
          InstanceType: 't3.small',
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, KmsKeyId } }],
        },
      }),
    );
    const { Subnets } = await core.send(new DescribeSubnetsCommand({}));
    await core.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'fleet',
        LaunchTemplate: { LaunchTemplateName: 'machine', Version: '1' },
        VPCZoneIdentifier: Subnets![0]!.SubnetId,
        MinSize: 1,
        MaxSize: 1,
      }),
    );
    await clock.advance(30_000);
    const { Reservations } = await core.send(new DescribeInstancesCommand({}));
    const [first] = Reservations!.flatMap(({ Instances }) => Instances!);
    return { state: first!.State!.Name, reason: first!.StateReason };
  };
  return { ...fixture, KeyId, machine };
}

const DEAD = {
  state: 'shutting-down',
  reason: { Code: 'Client.InternalError', Message: 'Client.InternalError: Client error on launch' },
};

describe('a machine of a group whose volume is encrypted', () => {
  test('with a key that Auto Scaling may not use ends while it starts, and the group goes on to try', async () => {
    const { core, clock, KeyId, machine } = await kmsWorld();
    await core.send(new ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: KeyId }));
    expect(await machine()).toEqual(DEAD);
    await clock.advance(60_000);
    const { Activities } = await core.send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'fleet' }),
    );
    expect(Activities!.map(({ StatusCode }) => StatusCode)).toContain('Failed');
  });

  test.each<[string, (world: Awaited<ReturnType<typeof kmsWorld>>) => Promise<unknown>]>([
    [
      "its policy has AWS's statements",
      ({ core, KeyId }) =>
        core.send(new PutKeyPolicyCommand({ KeyId, Policy: policyOf(OF_ACCOUNT, ...STATEMENTS) })),
    ],
    [
      'a grant has its operations',
      ({ core, KeyId }) =>
        core.send(
          new CreateGrantCommand({
            KeyId,
            GranteePrincipal: AUTO_SCALING,
            Operations: [
              'CreateGrant',
              'Decrypt',
              'GenerateDataKeyWithoutPlaintext',
              'ReEncryptFrom',
              'ReEncryptTo',
            ],
          }),
        ),
    ],
  ])('starts when %s', async (_, permit) => {
    const parts = await kmsWorld();
    await permit(parts);
    expect(await parts.machine(parts.KeyId)).toMatchObject({ state: 'running' });
  });

  test("with AWS's own key starts", async () => {
    const { core, KeyId, machine } = await kmsWorld();
    await core.send(new ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: KeyId }));
    await core.send(new ResetEbsDefaultKmsKeyIdCommand({}));
    expect((await core.send(new GetEbsDefaultKmsKeyIdCommand({}))).KmsKeyId).toBe('alias/aws/ebs');
    expect(await machine()).toMatchObject({ state: 'running' });
  });

  test('with a key that is disabled ends, whatever its policy', async () => {
    const { core, KeyId, machine } = await kmsWorld();
    await core.send(new PutKeyPolicyCommand({ KeyId, Policy: policyOf(OF_ACCOUNT, ...STATEMENTS) }));
    await core.send(new DisableKeyCommand({ KeyId }));
    expect(await machine(KeyId)).toEqual(DEAD);
  });
});

test("a key's policy decides who may ask about it, and leaves it to a role's policies where it says so", async () => {
  const { core, KeyId } = await kmsWorld();
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  await core.send(new CreateRoleCommand({ RoleName: 'reader', AssumeRolePolicyDocument: policyOf(trust) }));
  const { accessKeyId } = openSession(core, 'arn:aws:iam::000000000000:role/reader', 'test');
  const principal = core.sessions.get(accessKeyId)!;
  const read = () => core.send(new DescribeKeyCommand({ KeyId }), principal);
  await expect(read()).rejects.toMatchObject({ code: 'AccessDeniedException' });
  await core.send(
    new PutRolePolicyCommand({
      RoleName: 'reader',
      PolicyName: 'read',
      PolicyDocument: policyOf({ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: KeyId }),
    }),
  );
  expect((await read()).KeyMetadata).toMatchObject({ KeyState: 'Enabled', KeyManager: 'CUSTOMER' });
  await core.send(new PutKeyPolicyCommand({ KeyId, Policy: policyOf(STATEMENTS[0]!) }));
  await expect(read()).rejects.toMatchObject({ code: 'AccessDeniedException' });
  expect((await core.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toContain(AUTO_SCALING);
  expect((await core.send(new ListGrantsCommand({ KeyId }))).Grants).toEqual([]);
});
