import { CreateRoleCommand, PutRolePolicyCommand, UpdateRoleCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { IamService } from '../../../local-aws/iam/service';
import { StsService } from '../../../local-aws/sts/service';
import { openSession } from '../../../local-aws/sts/session';
import { clientConfig } from '../../../local-aws/wire/in-process';

const RoleSessionName = 'deploy';

function setUp() {
  const core = new Core({ clock: new VirtualClock() });
  core.register(new IamService(core));
  core.register(new StsService(core));
  return { core, client: new STSClient(clientConfig(core)) };
}

async function role(core: Core, RoleName: string, Principal: object): Promise<string> {
  const document = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal }] };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', ...document });
  const { Role } = await core.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, Path: '/a/' }),
  );
  return Role?.Arn ?? '';
}

test('a session lasts no longer than its role allows', async () => {
  const { core, client } = setUp();
  const RoleArn = await role(core, 'operator', { AWS: '*' });
  const assume = (DurationSeconds: number) =>
    client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName, DurationSeconds }));
  await expect(assume(3600)).resolves.toMatchObject({});
  await expect(assume(3601)).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('exceeds the MaxSessionDuration'),
  });
  await expect(assume(60)).rejects.toMatchObject({ name: 'ValidationError' });
  await core.send(new UpdateRoleCommand({ RoleName: 'operator', MaxSessionDuration: 7200 }));
  await expect(assume(7200)).resolves.toMatchObject({});
  const { Credentials } = await assume(900);
  const chained = new STSClient(
    clientConfig(core, {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: '',
      sessionToken: Credentials?.SessionToken,
    }),
  );
  await core.send(
    new PutRolePolicyCommand({
      RoleName: 'operator',
      PolicyName: 'P',
      PolicyDocument: JSON.stringify({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }),
    }),
  );
  const again = new AssumeRoleCommand({ RoleArn, RoleSessionName, DurationSeconds: 7200 });
  await expect(chained.send(again)).rejects.toMatchObject({
    message: expect.stringContaining('role chaining'),
  });
});

test('whoever has no session is the administrator', async () => {
  const { client } = setUp();
  await expect(client.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Account: '000000000000',
    Arn: 'arn:aws:iam::000000000000:root',
  });
});

test('a role that trusts the account gives a session that acts as the role', async () => {
  const { core, client } = setUp();
  const RoleArn = await role(core, 'operator', { AWS: 'arn:aws:iam::000000000000:root' });
  const { Credentials, AssumedRoleUser } = await client.send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName }),
  );
  const Arn = 'arn:aws:sts::000000000000:assumed-role/operator/deploy';
  expect(AssumedRoleUser?.Arn).toBe(Arn);
  expect(core.sessions.get(Credentials?.AccessKeyId ?? '')).toMatchObject({ kind: 'role', roleArn: RoleArn });
  const session = new STSClient(
    clientConfig(core, {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken,
    }),
  );
  await expect(session.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Arn,
    UserId: AssumedRoleUser?.AssumedRoleId,
  });
});

test('credentials are still good by the client’s own clock', async () => {
  const { client } = setUp();
  const RoleArn = 'arn:aws:iam::000000000000:role/cdk-hnb659fds-deploy-role-000000000000-eu-central-1';
  const before = Date.now();
  const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }));
  expect(Credentials?.Expiration?.getTime()).toBeGreaterThan(before + 3_500_000);
});

test('the roles of the CDK bootstrap are administrators under their own name', async () => {
  const { core } = setUp();
  const roleArn = 'arn:aws:iam::000000000000:role/cdk-hnb659fds-deploy-role-000000000000-eu-central-1';
  const credentials = openSession(core, roleArn, 'aws-cdk');
  expect(core.sessions.get(credentials.accessKeyId)).toEqual({
    kind: 'root',
    arn: 'arn:aws:sts::000000000000:assumed-role/cdk-hnb659fds-deploy-role-000000000000-eu-central-1/aws-cdk',
  });
});

test.each([
  ['a role that there is none of', undefined],
  ['a role that trusts a service alone', { Service: 'lambda.amazonaws.com' }],
  ['a role that trusts another role', { AWS: 'arn:aws:iam::000000000000:role/other' }],
])('%s cannot be assumed', async (_case, trusted) => {
  const { core, client } = setUp();
  const RoleArn = trusted ? await role(core, 'r', trusted) : 'arn:aws:iam::000000000000:role/r';
  await expect(client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: `User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
  });
});

test('what is no role, or no session name, is refused', async () => {
  const { client } = setUp();
  const noRole = client.send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::0:user/a', RoleSessionName }));
  await expect(noRole).rejects.toThrow("RoleArn is an IAM role's ARN");
  const RoleArn = 'arn:aws:iam::000000000000:role/r';
  const noName = client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'a b' }));
  await expect(noName).rejects.toThrow("Value 'a b' at 'roleSessionName' failed to satisfy constraint");
});
