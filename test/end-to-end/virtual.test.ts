import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
} from '@aws-sdk/client-auto-scaling';
import { CancelUpdateStackCommand } from '@aws-sdk/client-cloudformation';
import { DescribeInstancesCommand, DescribeLaunchTemplateVersionsCommand } from '@aws-sdk/client-ec2';
import { ListExecutionsCommand, ListStateMachinesCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { Fault } from '../../local-aws/core/fault';
import type { MachineBehaviour, MemoryMachine } from '../../local-aws/machines/memory-driver';
import { type Template, type Variant, VirtualAws } from '../harness/virtual-aws';

// The real stacks, the real handlers under their roles, and the whole local AWS, in virtual time.

const VARIANTS: readonly Variant[] = ['ImageBased', 'InstanceBased'];

/** As the guestbook is: 2.0.0 starts, and then answers its health checks with 500. */
function asReleased({ software }: MemoryMachine): MachineBehaviour {
  return software?.version === '2.0.0' ? { status: (age) => (age < 40_000 ? 'refused' : 500) } : {};
}

async function released(variant: Variant, options: Parameters<typeof VirtualAws.start>[0] = {}) {
  // Over the wire for the variant that calls more of AWS.
  const wire = variant === 'ImageBased';
  const aws = await VirtualAws.start({ behaviour: asReleased, wire, ...options });
  expect((await aws.deploy(variant, '1.0.0')).status).toBe('CREATE_COMPLETE');
  return aws;
}

const saved = async (aws: VirtualAws, variant: Variant) => {
  const { AutoScalingGroups } = await aws.core.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [`${variant}-fleet`] }),
  );
  return AutoScalingGroups![0]!.LaunchTemplate!.Version;
};

const refreshes = async (aws: VirtualAws, variant: Variant) => {
  const { InstanceRefreshes } = await aws.core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: `${variant}-fleet` }),
  );
  return InstanceRefreshes!;
};

describe.each(VARIANTS)('%s', (variant) => {
  test('a first release serves', async () => {
    const aws = await VirtualAws.start();
    const { status, failures } = await aws.deploy(variant, '1.0.0');
    expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
    expect(await aws.healthyTargets(variant)).toBe(2);
  });

  test('the next release replaces it with no loss of capacity, and going back bakes nothing', async () => {
    const aws = await released(variant);
    const health = aws.watchHealth(variant);
    expect((await aws.deploy(variant, '1.1.0')).status).toBe('UPDATE_COMPLETE');
    expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
    const bakes = aws.count('StartImagePipelineExecution');
    expect(bakes).toBe(variant === 'ImageBased' ? 2 : 0);

    expect((await aws.deploy(variant, '1.0.0')).status).toBe('UPDATE_COMPLETE');
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
    expect(aws.count('StartImagePipelineExecution')).toBe(bakes);
    expect(health.least).toBe(2);
  });

  test.each(['re-resolved', 'replayed'] as const)(
    'a broken release leaves the one before serving (rollback values %s), and the stack goes on from there',
    async (rollbackValues) => {
      const aws = await released(variant, { rollbackValues });
      const health = aws.watchHealth(variant);
      const broken = await aws.deploy(variant, '2.0.0');
      expect(broken.status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(broken.failures).toEqual([
        expect.stringMatching(
          /FleetRollout.*(failed with these codes: \[500\]|health check failure).*was rolled back/s,
        ),
      ]);
      expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
      expect(health.least).toBe(2);
      expect(await saved(aws, variant)).toBe('1');

      // A change of something else must not reset the fleet, nor replace a machine.
      const started = (await refreshes(aws, variant)).length;
      expect((await aws.deploy(variant, '1.0.0', { minCapacity: 1 })).status).toBe('UPDATE_COMPLETE');
      expect(await refreshes(aws, variant)).toHaveLength(started);
      expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);

      expect((await aws.deploy(variant, '1.1.0')).status).toBe('UPDATE_COMPLETE');
      expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
    },
  );

  test('a first release that is broken ends in ROLLBACK_COMPLETE, with its reason, and leaves no machine', async () => {
    const aws = await VirtualAws.start({ behaviour: asReleased });
    const { status, failures } = await aws.deploy(variant, '2.0.0');
    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(failures).toEqual([
      expect.stringMatching(/FleetVerification.*Health checks failed with these codes: \[500\]/s),
    ]);
    const { Reservations = [] } = await aws.core.send(new DescribeInstancesCommand({}));
    const states = Reservations.flatMap(({ Instances }) => Instances!.map(({ State }) => State!.Name));
    expect(new Set(states)).toEqual(new Set(['terminated']));
  });

  test('a deployment that is cancelled in the middle goes back', async () => {
    const aws = await released(variant);
    aws.whenMixed(variant, '1.1.0', () =>
      aws.core.send(new CancelUpdateStackCommand({ StackName: variant })),
    );
    expect((await aws.deploy(variant, '1.1.0')).status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
    expect((await refreshes(aws, variant)).map(({ Status }) => Status)).toEqual(['RollbackSuccessful']);
  });
});

describe('what can go wrong on the way', () => {
  const variant: Variant = 'InstanceBased';

  test('machines that can not be launched: the progress deadline turns the rollout back, and says why', async () => {
    const aws = await released(variant, {
      behaviour: ({ software }) =>
        software?.version === '1.1.0'
          ? {
              refused: new Fault('InsufficientInstanceCapacity', 'There is no Spot capacity available.', 500),
            }
          : {},
    });
    const { status, failures } = await aws.deploy(variant, '1.1.0');
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures.join()).toMatch(
      /1\d minutes after its start no machine of the release is healthy.*no Spot capacity/s,
    );
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
  });

  test('machines whose service never answers are abandoned, and the rollout turns back', async () => {
    const aws = await released(variant, {
      behaviour: ({ software }) => (software?.version === '1.1.0' ? { status: () => 'refused' } : {}),
    });
    const health = aws.watchHealth(variant);
    const { status, failures } = await aws.deploy(variant, '1.1.0');
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures.join()).toMatch(
      /1\d minutes after its start no machine of the release is healthy\. (Seen on the way: )?Machine i-\w+ is Pending:Wait/,
    );
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
    expect(health.least).toBe(2);
  });

  test('a boot script that fails: the deployment says at which line, and the ledger what the console says', async () => {
    const failed = 'Installation of guestbook 1.1.0 failed at line 25: dnf --assumeyes install $PACKAGES';
    const aws = await released(variant, {
      behaviour: ({ software }) =>
        software?.version === '1.1.0'
          ? {
              status: () => 'refused',
              console: `E: Unable to locate package\n${failed}\n${'[  OK  ] Reached a target.\n'.repeat(50)}`,
            }
          : {},
    });
    const { status, failures } = await aws.deploy(variant, '1.1.0');
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures.join()).toContain(failed);
    expect(failures.join()).toMatch(/See its console: aws ec2 get-console-output --instance-id i-\w+/);
    const evidence = await aws.ledger.events(`${variant}-fleet`, 2);
    expect(evidence).toEqual([
      expect.objectContaining({
        kind: 'Evidence',
        message: expect.stringContaining(`E: Unable to locate package\n${failed}\n`),
      }),
    ]);
  });

  test.each(['rollout', 'verification', 'release', 'entry', 'answer'])(
    'every second run of the %s function dies: the deployment ends as it would have',
    async (handler) => {
      let runs = 0;
      const aws = await released(variant, {
        before: (name) => {
          if (name === handler && ++runs % 2 === 1)
            throw Object.assign(new Error('Runtime exited with error: signal: killed'), {
              name: 'Runtime.ExitError',
            });
        },
      });
      const { status, failures } = await aws.deploy(variant, '1.1.0');
      expect({ status, failures }).toEqual({ status: 'UPDATE_COMPLETE', failures: [] });
      expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
      expect(runs).toBeGreaterThan(1);
    },
  );

  test('a function that always dies fails the deployment, and does not leave it hanging', async () => {
    let isDying = false;
    const aws = await released(variant, {
      before: (name) => {
        if (isDying && name === 'rollout') throw new Error('Cannot find module');
      },
    });
    aws.whenMixed(variant, '1.1.0', async () => {
      isDying = true;
      setImmediate(() => undefined);
    });
    const deployment = aws.deploy(variant, '1.1.0');
    const { status, failures } = await deployment;
    expect(status).toMatch(/UPDATE_ROLLBACK_(COMPLETE|FAILED)/);
    expect(failures.join()).toContain('Cannot find module');
  });

  test('a fleet that has fallen sick takes the release that is said to cure it', async () => {
    let isSick = false;
    const aws = await released(variant, {
      behaviour: ({ software }) =>
        software?.version === '1.0.0'
          ? { status: (age) => (isSick ? 500 : age < 110_000 ? 'refused' : 200) }
          : {},
    });
    isSick = true;
    await aws.clock.advance(10 * 60_000);
    const cured = await aws.deploy(variant, '1.1.0', { ignoreAlarms: true });
    expect(cured.failures).toEqual([]);
    expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
  });

  test('an execution that somebody stops is answered by the last net', async () => {
    const aws = await released(variant);
    aws.whenMixed(variant, '1.1.0', async () => {
      const { stateMachines } = await aws.core.send(new ListStateMachinesCommand({}));
      for (const { stateMachineArn } of stateMachines!) {
        const { executions } = await aws.core.send(
          new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
        );
        for (const { executionArn } of executions!)
          await aws.core.send(new StopExecutionCommand({ executionArn, cause: 'Stopped by hand' }));
      }
    });
    const { status, failures } = await aws.deploy(variant, '1.1.0');
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures.join()).toMatch(/ABORTED.*Stopped by hand/s);
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
  });

  test.each([
    ['autoscaling:StartInstanceRefresh'],
    ['autoscaling:DescribeInstanceRefreshes'],
    ['autoscaling:DescribeAutoScalingGroups'],
    ['cloudwatch:DescribeAlarms'],
    ['ec2:DescribeLaunchTemplateVersions'],
    ['ec2:RunInstances'],
    ['ec2:CreateTags'],
    ['iam:PassRole'],
  ])('the rollout without %s fails with the name of what is missing, and changes nothing', async (action) => {
    // Calm: a permission that is taken away may last for seconds more, in which the rollout begins.
    const aws = await released(variant, { variations: {} });
    const { status, failures } = await aws.deploy(variant, '1.1.0', {}, (template) =>
      withoutAction(template, 'RolloutStep', action),
    );
    expect(failures.join()).toContain(action);
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
    expect(await refreshes(aws, variant)).toEqual([]);
  });

  test('a version that was released with other content is refused before anything changes', async () => {
    const aws = await released(variant);
    const { status, failures } = await aws.deploy(variant, '1.0.0', {}, (template) => {
      const release = Object.values(template.Resources).find(({ Type }) => Type === 'Custom::Release')!;
      release.Properties.Digest = 'f'.repeat(64);
      for (const { Type, Properties } of Object.values(template.Resources))
        if (Type === 'AWS::EC2::LaunchTemplate')
          (Properties.LaunchTemplateData as Record<string, unknown>).InstanceType = 't3.large';
    });
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures.join()).toMatch(
      /Version 1\.0\.0 of guestbook was released with digest [0-9a-f]{64}; this artifact has digest f{64}/,
    );
    const { LaunchTemplateVersions } = await aws.core.send(
      new DescribeLaunchTemplateVersionsCommand({
        Versions: ['$Latest'],
        LaunchTemplateName: await templateName(aws),
      }),
    );
    expect(LaunchTemplateVersions![0]!.VersionNumber).toBe(1);
  });

  test.each([
    ['ImageBased', 'baseImageId'],
    ['InstanceBased', 'masterImageId'],
  ] as const)('%s: an AMI that does not exist is refused before anything changes', async (stack, key) => {
    const aws = await VirtualAws.start();
    const { status, events } = await aws.deploy(stack, '1.0.0', { [key]: 'ami-0123456789abcdef0' });
    expect(status).toMatch(/parameter value ami-0123456789abcdef0 for parameter name \w+ does not exist/);
    expect(events).toEqual([]);
  });
});

async function templateName(aws: VirtualAws): Promise<string> {
  const { LaunchTemplates } = await aws.core.send(
    new (await import('@aws-sdk/client-ec2')).DescribeLaunchTemplatesCommand({}),
  );
  return LaunchTemplates![0]!.LaunchTemplateName!;
}

/** Takes an action out of the policies that belong to a function. */
function withoutAction(template: Template, owner: string, action: string): void {
  let taken = 0;
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy' || !id.includes(owner)) continue;
    const { Statement } = Properties.PolicyDocument as { Statement: { Action: string | string[] }[] };
    for (const statement of Statement) {
      const actions = [statement.Action].flat();
      taken += actions.includes(action) ? 1 : 0;
      const left = actions.filter((each) => each !== action);
      statement.Action = left.length > 0 ? left : 'none:Nothing';
    }
  }
  if (taken === 0) throw new Error(`No policy of ${owner} allows ${action}.`);
}
