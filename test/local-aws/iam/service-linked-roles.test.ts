import * as iam from '@aws-sdk/client-iam';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import type { Call } from '../../../local-aws/core/service';
import { IamService } from '../../../local-aws/iam/service';
import { sessionPrincipal } from '../../../local-aws/sts/session';

const SERVICE = 'imagebuilder.amazonaws.com';
const NAME = 'AWSServiceRoleForImageBuilder';
const ARN = `arn:aws:iam::000000000000:role/aws-service-role/${SERVICE}/${NAME}`;

/** An account that never used Image Builder, and a role in it. */
async function account(...statements: object[]) {
  const core = new Core({ clock: new VirtualClock() });
  core.register(new IamService(core));
  const AssumeRolePolicyDocument = JSON.stringify({
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
  });
  const { Role } = await core.send(new iam.CreateRoleCommand({ RoleName: 'bake', AssumeRolePolicyDocument }));
  if (statements.length > 0)
    await core.send(
      new iam.PutRolePolicyCommand({
        RoleName: 'bake',
        PolicyName: 'P',
        PolicyDocument: JSON.stringify({ Statement: statements }),
      }),
    );
  const principal = sessionPrincipal(core, Role!.Arn!, 'Test');
  const call: Call = {
    ...{ core, principal, requestId: 'request' },
    authorize: (action, resource, keys = {}) => core.authorizer(principal, action, resource, () => keys),
  };
  const roles = async () =>
    (await core.send(new iam.ListRolesCommand({ PathPrefix: '/aws-service-role/' }))).Roles!.map(
      ({ Arn }) => Arn,
    );
  return { core, use: () => core.useServiceLinkedRole(SERVICE, call), roles, principal };
}

const allowed = (service: string) => ({
  Effect: 'Allow',
  Action: 'iam:CreateServiceLinkedRole',
  Resource: ARN,
  Condition: { StringEquals: { 'iam:AWSServiceName': service } },
});

test("a service's first use makes its role, and the next finds it", async () => {
  const { use, roles } = await account(allowed(SERVICE));
  expect(await roles()).toEqual([]);
  use();
  expect(await roles()).toEqual([ARN]);
  use();
  expect(await roles()).toEqual([ARN]);
});

test.each([
  ['without the permission to make it', []],
  ['with the permission for another service', [allowed('ec2.amazonaws.com')]],
])('a first use %s fails, and says what is missing', async (_, statements) => {
  const { use, roles } = await account(...statements);
  expect(use).toThrow(
    `is not authorized to perform: iam:CreateServiceLinkedRole on resource: ${ARN} because no identity-based policy allows`,
  );
  expect(await roles()).toEqual([]);
});

test('where the role is there, its user needs no permission to make it', async () => {
  const { core, use } = await account();
  await core.send(new iam.CreateServiceLinkedRoleCommand({ AWSServiceName: SERVICE }));
  expect(use).not.toThrow();
});

test('who makes it by hand needs the same permission', async () => {
  const { core, principal } = await account(allowed(SERVICE));
  const make = (AWSServiceName: string) =>
    core.send(new iam.CreateServiceLinkedRoleCommand({ AWSServiceName }), principal);
  await expect(make('autoscaling.amazonaws.com')).rejects.toMatchObject({ code: 'AccessDenied' });
  expect((await make(SERVICE)).Role?.Arn).toBe(ARN);
});
