import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  EnterStandbyCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { DeregisterImageCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { type Template, type Variant, VirtualAws } from '../harness/virtual-aws';

// All that would make a rollout fail is found before the deployment changes anything.

async function released(variant: Variant) {
  const aws = await VirtualAws.start();
  expect((await aws.deploy(variant, '1.0.0')).status).toBe('CREATE_COMPLETE');
  return aws;
}

async function group(aws: VirtualAws, variant: Variant) {
  const { AutoScalingGroups } = await aws.core.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [`${variant}-fleet`] }),
  );
  return AutoScalingGroups![0]!;
}

/** What a deployment could have changed. */
async function state(aws: VirtualAws, variant: Variant) {
  const { AutoScalingGroupName, TargetGroupARNs, LaunchTemplate } = await group(aws, variant);
  const { TargetGroups } = await aws.core.send(
    new DescribeTargetGroupsCommand({ TargetGroupArns: TargetGroupARNs }),
  );
  const { InstanceRefreshes } = await aws.core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName }),
  );
  return {
    template: LaunchTemplate,
    targetGroups: TargetGroups,
    refreshes: InstanceRefreshes,
    bakes: aws.count('StartImagePipelineExecution'),
    templates: aws.count('CreateLaunchTemplateVersion'),
    records: aws.count('PutParameter'),
  };
}

/** Has the template's release live beside itself alone, as one whose manifest says nothing about it. */
function breaksWithAll({ Resources }: Template): void {
  for (const { Type, Properties } of Object.values(Resources))
    if (/^Custom::(Preflight|Rollout)$/.test(Type)) Properties.LivesBeside = Properties.Version;
}

test('everything that is found stands in the stack events at once, and nothing was changed', async () => {
  const variant = 'ImageBased';
  const aws = await released(variant);
  const { AutoScalingGroupName, Instances } = await group(aws, variant);
  const [machine] = Instances!;
  const { Reservations } = await aws.core.send(
    new DescribeInstancesCommand({ InstanceIds: [machine!.InstanceId!] }),
  );
  await aws.core.send(
    new EnterStandbyCommand({
      AutoScalingGroupName,
      InstanceIds: [machine!.InstanceId!],
      ShouldDecrementDesiredCapacity: false,
    }),
  );
  await aws.core.send(
    new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ['HealthCheck', 'AZRebalance'] }),
  );
  const { ImageId } = Reservations![0]!.Instances![0]!;
  await aws.core.send(new DeregisterImageCommand({ ImageId }));
  const before = await state(aws, variant);

  const deployment = await aws.deploy(variant, '1.1.0', {}, (template) => {
    breaksWithAll(template);
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type === 'Custom::Preflight') Properties.HealthPath = '/ready';
      if (Type === 'AWS::ElasticLoadBalancingV2::TargetGroup') Properties.HealthCheckPath = '/ready';
    }
  });

  expect(deployment.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(deployment.failures).toEqual([
    expect.stringMatching(/^Preflight.*The rollout of guestbook 1\.1\.0 to ImageBased-fleet is refused/),
  ]);
  const codes = deployment.failures[0]!.match(/\[[a-z-]+\]/g);
  expect(codes).toEqual([
    '[health-path-change]',
    '[rollback-image-missing]',
    '[machines-standby]',
    '[processes-suspended]',
  ]);
  expect(await state(aws, variant)).toEqual(before);
});

test('a break between two releases is refused by both names, and goes with the strategy that is named', async () => {
  const variant = 'InstanceBased';
  const aws = await VirtualAws.start();
  expect((await aws.deploy(variant, '1.0.0', {}, breaksWithAll)).status).toBe('CREATE_COMPLETE');
  const refused = await aws.deploy(variant, '1.1.0', {}, breaksWithAll);
  expect(refused.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(refused.failures).toEqual([
    expect.stringContaining(
      "guestbook 1.1.0 (lives beside 1.1.0) can't serve beside guestbook 1.0.0, in service as revision 1 (lives beside 1.0.0), and with strategy rolling both serve for a while: deploy with -c strategy=recreate",
    ),
  ]);
  expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
  const going = await aws.deploy(variant, '1.1.0', { strategy: 'recreate' }, breaksWithAll);
  expect(going).toMatchObject({ status: 'UPDATE_COMPLETE', failures: [] });
  expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
});

test('an accepted finding does not hold a release back', async () => {
  const variant = 'InstanceBased';
  const aws = await released(variant);
  const AutoScalingGroupName = `${variant}-fleet`;
  await aws.core.send(
    new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ['HealthCheck'] }),
  );
  expect((await aws.deploy(variant, '1.1.0')).failures).toEqual([
    expect.stringContaining('HealthCheck is suspended in InstanceBased-fleet'),
  ]);
  const accepted = await aws.deploy(variant, '1.1.0', { acceptFindings: 'processes-suspended' });
  expect(accepted).toMatchObject({ status: 'UPDATE_COMPLETE', failures: [] });
});
