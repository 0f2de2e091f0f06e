import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  DeleteListenerCommand,
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { elbFixture } from './fixture';

const SECOND = 1_000;

describe('a target', () => {
  test('is initial until it passes one check, and then healthy', async () => {
    const { clock, addTarget, health } = await elbFixture({
      behaviour: () => ({ status: (ageMs) => (ageMs < 12 * SECOND ? 'refused' : 200) }),
    });
    await addTarget();
    expect(await health()).toEqual([
      {
        State: 'initial',
        Reason: 'Elb.RegistrationInProgress',
        Description: 'Target registration is in progress',
      },
    ]);
    await clock.advance(6 * SECOND);
    expect(await health()).toMatchObject([{ State: 'initial', Reason: 'Elb.InitialHealthChecking' }]);
    await clock.advance(10 * SECOND);
    expect(await health()).toEqual([{ State: 'healthy' }]);
  });

  test.each([
    [500, 'Target.ResponseCodeMismatch', 'Health checks failed with these codes: [500]'],
    ['timeout' as const, 'Target.Timeout', 'Request timed out'],
    ['refused' as const, 'Target.FailedHealthChecks', 'Health checks failed'],
  ])('that answers %s is unhealthy after as many checks as are set', async (answer, Reason, Description) => {
    const { clock, addTarget, health } = await elbFixture({ behaviour: () => ({ status: () => answer }) });
    await addTarget();
    await clock.advance(14 * SECOND);
    expect(await health()).toMatchObject([{ State: 'initial' }]);
    await clock.advance(2 * SECOND);
    expect(await health()).toEqual([{ State: 'unhealthy', Reason, Description }]);
  });

  test('that was unhealthy must pass as many checks as are set', async () => {
    let isWell = false;
    const { clock, addTarget, health } = await elbFixture({
      behaviour: () => ({ status: () => (isWell ? 200 : 503) }),
    });
    await addTarget();
    await clock.advance(20 * SECOND);
    isWell = true;
    await clock.advance(20 * SECOND);
    expect(await health()).toMatchObject([{ State: 'unhealthy' }]);
    await clock.advance(10 * SECOND);
    expect(await health()).toEqual([{ State: 'healthy' }]);
  });

  test('is asked for its path, and judged by the matcher', async () => {
    const paths = new Set<string>();
    const { clock, addTarget, health } = await elbFixture(
      {
        behaviour: () => ({
          status: (_, path) => {
            paths.add(path);
            return 204;
          },
        }),
      },
      { Matcher: { HttpCode: '200,202-204' } },
    );
    await addTarget();
    await clock.advance(6 * SECOND);
    expect(await health()).toEqual([{ State: 'healthy' }]);
    expect([...paths]).toEqual(['/health']);
  });

  test('drains for the deregistration delay, and can be registered anew meanwhile', async () => {
    const { core, clock, addTarget, health, TargetGroupArn } = await elbFixture();
    await core.send(
      new ModifyTargetGroupAttributesCommand({
        TargetGroupArn,
        Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
      }),
    );
    const Targets = [{ Id: await addTarget() }];
    await clock.advance(60 * SECOND);
    await core.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }));
    expect(await health()).toMatchObject([{ State: 'draining', Reason: 'Target.DeregistrationInProgress' }]);
    await clock.advance(29 * SECOND);
    expect(await health()).toMatchObject([{ State: 'draining' }]);
    await core.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
    await clock.advance(6 * SECOND);
    expect(await health()).toEqual([{ State: 'healthy' }]);

    await core.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }));
    await clock.advance(30 * SECOND);
    expect(await health()).toEqual([]);
    const { TargetHealthDescriptions } = await core.send(
      new DescribeTargetHealthCommand({ TargetGroupArn, Targets }),
    );
    expect(TargetHealthDescriptions).toMatchObject([
      { TargetHealth: { State: 'unused', Reason: 'Target.NotRegistered' } },
    ]);
  });

  test('is unused while no listener forwards to its group', async () => {
    const { core, clock, addTarget, health, ListenerArn } = await elbFixture();
    await addTarget();
    await core.send(new DeleteListenerCommand({ ListenerArn }));
    await clock.advance(60 * SECOND);
    expect(await health()).toMatchObject([{ State: 'unused', Reason: 'Target.NotInUse' }]);
  });

  test('that was terminated is deregistered, and can not be registered again', async () => {
    const { core, clock, addTarget, health, TargetGroupArn } = await elbFixture();
    const Id = await addTarget();
    await clock.advance(60 * SECOND);
    await core.send(new TerminateInstancesCommand({ InstanceIds: [Id] }));
    await clock.advance(60 * SECOND);
    expect(await health()).toMatchObject([{ State: 'draining' }]);
    await expect(
      core.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id }] })),
    ).rejects.toMatchObject({
      code: 'InvalidTarget',
      message: `The following targets are not in a running state and cannot be registered: '${Id}'`,
    });
  });
});
