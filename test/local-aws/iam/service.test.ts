import * as iam from '@aws-sdk/client-iam';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import type { Principal } from '../../../local-aws/core/principal';
import type { Properties } from '../../../local-aws/core/service';
import { IamService } from '../../../local-aws/iam/service';
import { provisioningOf } from '../provisioning';

const trust = (service: string) =>
  JSON.stringify({
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } },
  });
const policy = (...statements: object[]) =>
  JSON.stringify({ Statement: statements.map((more) => ({ Effect: 'Allow', Resource: '*', ...more })) });

let core: Core;
let service: IamService;
let session: Principal;

beforeEach(async () => {
  core = new Core({ clock: new VirtualClock() });
  service = new IamService(core);
  core.register(service);
  await core.send(
    new iam.CreateRoleCommand({ RoleName: 'R', AssumeRolePolicyDocument: trust('lambda.amazonaws.com') }),
  );
  session = {
    kind: 'role',
    arn: 'arn:aws:sts::000000000000:assumed-role/R/S',
    roleArn: 'arn:aws:iam::000000000000:role/R',
    accessKeyId: 'ASIA',
  };
});

const put = (...statements: object[]) =>
  core.send(
    new iam.PutRolePolicyCommand({ RoleName: 'R', PolicyName: 'P', PolicyDocument: policy(...statements) }),
  );

describe('lists', () => {
  test('come in pages of the size that was asked for', async () => {
    for (const RoleName of ['S', 'T'])
      await core.send(
        new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust('ec2.amazonaws.com') }),
      );
    const pages: (string | undefined)[][] = [];
    let Marker: string | undefined;
    do {
      const page: iam.ListRolesResponse = await core.send(new iam.ListRolesCommand({ MaxItems: 2, Marker }));
      pages.push(page.Roles!.map(({ RoleName }) => RoleName));
      expect(page.IsTruncated).toBe(page.Marker !== undefined);
      Marker = page.Marker;
    } while (Marker);
    expect(pages).toEqual([['R', 'S'], ['T']]);
    await expect(core.send(new iam.ListRolesCommand({ MaxItems: 1001 }))).rejects.toThrow(
      'less than or equal to 1000',
    );
  });

  test('have AWS’s own policies, those that are attached, and those below a path', async () => {
    const arn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    await core.send(new iam.AttachRolePolicyCommand({ RoleName: 'R', PolicyArn: arn }));
    const found = async (input: iam.ListPoliciesCommandInput) =>
      (await core.send(new iam.ListPoliciesCommand(input))).Policies?.map(({ Arn }) => Arn);
    expect(await found({ Scope: 'AWS', OnlyAttached: true })).toEqual([arn]);
    expect(await found({ PathPrefix: '/service-role/' })).toEqual([arn]);
    expect(await found({ Scope: 'Local' })).toEqual([]);
    const attached = (PathPrefix: string) =>
      core.send(new iam.ListAttachedRolePoliciesCommand({ RoleName: 'R', PathPrefix }));
    expect((await attached('/service-role/')).AttachedPolicies).toHaveLength(1);
    expect((await attached('/other/')).AttachedPolicies).toEqual([]);
  });

  test('of roles leave out what is told of one role alone', async () => {
    await core.send(new iam.TagRoleCommand({ RoleName: 'R', Tags: [{ Key: 'k', Value: 'v' }] }));
    const { Roles } = await core.send(new iam.ListRolesCommand({}));
    expect(Roles?.[0]?.Tags).toBeUndefined();
    const update = new iam.UpdateRoleCommand({ RoleName: 'R', MaxSessionDuration: 60 });
    await expect(core.send(update)).rejects.toThrow('greater than or equal to 3600');
  });
});

describe('authorization', () => {
  test('a role may do what its policies allow, and nothing else', async () => {
    expect(() => core.authorizer(session, 'autoscaling:StartInstanceRefresh', 'arn:g')).toThrow(
      'User: arn:aws:sts::000000000000:assumed-role/R/S is not authorized to perform: ' +
        'autoscaling:StartInstanceRefresh on resource: arn:g because no identity-based policy allows the ' +
        'autoscaling:StartInstanceRefresh action',
    );
    await put({ Action: 'autoscaling:*', Resource: 'arn:g' });
    expect(() => core.authorizer(session, 'autoscaling:StartInstanceRefresh', 'arn:g')).not.toThrow();
    expect(() => core.authorizer(session, 'autoscaling:StartInstanceRefresh', 'arn:h')).toThrow();
  });

  test('an explicit deny says so', async () => {
    await put({ Action: '*' }, { Effect: 'Deny', Action: 's3:*' });
    expect(() => core.authorizer(session, 's3:GetObject', 'arn:o')).toThrow(
      'with an explicit deny in an identity-based policy',
    );
  });

  test.each([
    ['ec2:RunInstances', 'UnauthorizedOperation', 403],
    ['autoscaling:UpdateAutoScalingGroup', 'AccessDenied', 403],
    ['states:StartExecution', 'AccessDeniedException', 400],
    ['lambda:InvokeFunction', 'AccessDeniedException', 403],
  ])('%s is refused by the code of its service', (action, code, status) => {
    expect(() => core.authorizer(session, action, '*')).toThrow(expect.objectContaining({ code, status }));
  });

  test('the administrator and services may do everything', () => {
    expect(() => core.authorizer(core.root, 'iam:CreateRole', '*')).not.toThrow();
    expect(() =>
      core.authorizer(core.servicePrincipal('ec2.amazonaws.com'), 'iam:CreateRole', '*'),
    ).not.toThrow();
  });

  test("IAM's own calls are checked too", async () => {
    await expect(core.send(new iam.ListRolesCommand({}), session)).rejects.toThrow('iam:ListRoles');
  });

  test('a condition rests on what the called service tells of the request', async () => {
    await put({
      Action: 'iam:PassRole',
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    });
    const pass = (service: string) => () =>
      core.authorizer(session, 'iam:PassRole', 'arn:r', () => ({ 'iam:PassedToService': service }));
    expect(pass('ec2.amazonaws.com')).not.toThrow();
    expect(pass('lambda.amazonaws.com')).toThrow('iam:PassRole');
    expect(() => core.authorizer(session, 'iam:PassRole', 'arn:r')).toThrow('iam:PassRole');
  });

  test('a condition key that is not filled here is an error that names it, and no silent refusal', async () => {
    await put({ Action: 's3:*', Condition: { StringEquals: { 's3:prefix': 'a' } } });
    expect(() => core.authorizer(session, 's3:ListBucket', 'arn:b')).toThrow(
      expect.objectContaining({ code: 'NotImplemented', message: expect.stringContaining('s3:prefix') }),
    );
    await put({ Action: 'dynamodb:*', Condition: { StringEquals: { 'aws:ResourceTag/a': 'b' } } });
    expect(() => core.authorizer(session, 'dynamodb:GetItem', core.arn('dynamodb', 'table/t'))).toThrow(
      'aws:ResourceTag/a',
    );
  });

  test('a permissions boundary has to allow as well', async () => {
    const { Policy } = await core.send(
      new iam.CreatePolicyCommand({ PolicyName: 'B', PolicyDocument: policy({ Action: 'ec2:*' }) }),
    );
    await core.send(
      new iam.PutRolePermissionsBoundaryCommand({ RoleName: 'R', PermissionsBoundary: Policy!.Arn }),
    );
    await put({ Action: '*' });
    expect(() => core.authorizer(session, 'ec2:RunInstances', '*')).not.toThrow();
    expect(() => core.authorizer(session, 's3:GetObject', '*')).toThrow('no permissions boundary allows');
  });

  test('the session of a deleted role is refused', async () => {
    await core.send(new iam.DeleteRoleCommand({ RoleName: 'R' }));
    expect(() => core.authorizer(session, 'ec2:RunInstances', '*')).toThrow('security token');
  });

  test('SimulatePrincipalPolicy tells without doing', async () => {
    await put({ Action: 'ec2:RunInstances' });
    const { EvaluationResults } = await core.send(
      new iam.SimulatePrincipalPolicyCommand({
        PolicySourceArn: core.arn('iam', 'role/R'),
        ActionNames: ['ec2:RunInstances', 'iam:PassRole'],
      }),
    );
    expect(EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual(['allowed', 'implicitDeny']);
  });
});

describe('policies', () => {
  test("AWS's own are known by name, and others do not exist", async () => {
    const attach = (name: string) =>
      core.send(
        new iam.AttachRolePolicyCommand({ RoleName: 'R', PolicyArn: `arn:aws:iam::aws:policy/${name}` }),
      );
    await attach('service-role/AWSLambdaBasicExecutionRole');
    expect(() => core.authorizer(session, 'logs:PutLogEvents', '*')).not.toThrow();
    await expect(attach('Nonsense')).rejects.toMatchObject({ code: 'NoSuchEntity', status: 404 });
  });

  test('a policy on a role names its resources', async () => {
    await expect(put({ Action: '*', Resource: undefined })).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
      message: expect.stringContaining('must contain resources'),
    });
  });

  test('a role that still carries something cannot be deleted', async () => {
    await put({ Action: '*' });
    await expect(core.send(new iam.DeleteRoleCommand({ RoleName: 'R' }))).rejects.toMatchObject({
      code: 'DeleteConflict',
      status: 409,
    });
  });
});

describe('CloudFormation', () => {
  const type = (name: string) => service.resourceTypes[`AWS::IAM::${name}`]!;
  const provisioning = (logicalId: string) => provisioningOf(core, logicalId);
  const document = (action: string) => ({ Statement: { Effect: 'Allow', Action: action, Resource: '*' } });

  test('makes a role, its policy and its instance profile, changes them, and removes them', async () => {
    const roleProperties: Properties = {
      AssumeRolePolicyDocument: JSON.parse(trust('ec2.amazonaws.com')),
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore'],
    };
    const role = await type('Role').create(roleProperties, provisioning('Role'));
    expect(role.attributes.Arn).toBe('arn:aws:iam::000000000000:role/Stack-Role');
    const may = (action: string) => () =>
      core.authorizer({ ...session, roleArn: role.attributes.Arn } as Principal, action, '*');
    expect(may('ssm:GetParameter')).not.toThrow();

    const policyProperties = {
      PolicyName: 'Default',
      PolicyDocument: document('s3:Get*'),
      Roles: [role.physicalId],
    };
    const inline = await type('Policy').create(policyProperties, provisioning('Policy'));
    expect(may('s3:GetObject')).not.toThrow();
    const changed = { ...policyProperties, PolicyDocument: document('ec2:*') };
    await type('Policy').update!(inline.physicalId, changed, policyProperties, provisioning('Policy'));
    expect(may('s3:GetObject')).toThrow();
    expect(may('ec2:RunInstances')).not.toThrow();

    const profile = await type('InstanceProfile').create({ Roles: [role.physicalId] }, provisioning('P'));
    const { InstanceProfile } = await core.send(
      new iam.GetInstanceProfileCommand({ InstanceProfileName: profile.physicalId }),
    );
    expect(InstanceProfile?.Roles?.[0]?.RoleName).toBe('Stack-Role');

    const bare = { AssumeRolePolicyDocument: roleProperties.AssumeRolePolicyDocument };
    await type('Role').update!(role.physicalId, bare, roleProperties, provisioning('Role'));
    expect(may('ssm:GetParameter')).toThrow();

    await type('InstanceProfile').delete(profile.physicalId, {}, provisioning('P'));
    await type('Policy').delete(inline.physicalId, changed, provisioning('Policy'));
    await type('Role').delete(role.physicalId, bare, provisioning('Role'));
    const { Roles } = await core.send(new iam.ListRolesCommand({}));
    expect(Roles?.map(({ RoleName }) => RoleName)).toEqual(['R']);
  });

  test('deletes what is gone already', async () => {
    await type('Role').delete('nobody', {}, provisioning('Role'));
    await type('ManagedPolicy').delete('arn:aws:iam::000000000000:policy/none', {}, provisioning('M'));
    await type('InstanceProfile').delete('none', {}, provisioning('P'));
  });

  test('replaces the document of a managed policy as often as wanted', async () => {
    const properties = (action: string) => ({ PolicyDocument: document(action), Roles: ['R'] });
    const { physicalId } = await type('ManagedPolicy').create(properties('a:0'), provisioning('M'));
    for (let n = 1; n < 8; n++)
      await type('ManagedPolicy').update!(
        physicalId,
        properties(`a:${n}`),
        properties(`a:${n - 1}`),
        provisioning('M'),
      );
    expect(() => core.authorizer(session, 'a:7', '*')).not.toThrow();
    expect(() => core.authorizer(session, 'a:6', '*')).toThrow();
    await type('ManagedPolicy').delete(physicalId, {}, provisioning('M'));
  });
});
