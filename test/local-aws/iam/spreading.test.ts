import * as iam from '@aws-sdk/client-iam';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { IamService } from '../../../local-aws/iam/service';
import { sessionPrincipal } from '../../../local-aws/sts/session';

const TRUST = JSON.stringify({
  Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
});
const SERVICES = ['s3', 'states', 'logs', 'ec2', 'autoscaling', 'dynamodb'];

/** When each service first allows a role what its policy has just allowed, in seconds. */
async function seconds(seed: number | undefined) {
  const clock = new VirtualClock();
  const core = new Core({ clock, variations: { seed } });
  core.register(new IamService(core));
  const { Role } = await core.send(
    new iam.CreateRoleCommand({ RoleName: 'step', AssumeRolePolicyDocument: TRUST }),
  );
  const put = (Effect: string) =>
    core.send(
      new iam.PutRolePolicyCommand({
        RoleName: 'step',
        PolicyName: 'P',
        PolicyDocument: JSON.stringify({ Statement: { Effect, Action: '*', Resource: '*' } }),
      }),
    );
  const principal = sessionPrincipal(core, Role!.Arn!, 'Test');
  const isAllowed = (service: string) => {
    try {
      core.authorizer(principal, `${service}:Any`, '*');
      return true;
    } catch (error) {
      expect(error).toMatchObject({ message: expect.stringContaining('is not authorized') });
      return false;
    }
  };
  const when = async (allowed: boolean) => {
    const first = new Map<string, number>();
    for (let second = 0; first.size < SERVICES.length && second < 60; second++) {
      for (const service of SERVICES)
        if (!first.has(service) && isAllowed(service) === allowed) first.set(service, second);
      await clock.advance(1000);
    }
    return SERVICES.map((service) => first.get(service));
  };
  await put('Allow');
  const given = await when(true);
  await put('Deny');
  return { given, taken: await when(false) };
}

test('when calm, a change of a role is in force at once, everywhere', async () => {
  const all = SERVICES.map(() => 0);
  expect(await seconds(undefined)).toEqual({ given: all, taken: all });
});

test('otherwise each service comes to know of it within seconds, in its own time', async () => {
  const { given, taken } = await seconds(7);
  for (const at of [given, taken]) {
    expect(Math.max(...(at as number[]))).toBeLessThanOrEqual(60);
    expect(new Set(at).size).toBeGreaterThan(2);
  }
  expect(await seconds(7)).toEqual({ given, taken });
  expect(await seconds(8)).not.toEqual({ given, taken });
});
