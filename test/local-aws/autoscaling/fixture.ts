import type { AutoScalingGroup, CreateAutoScalingGroupType } from '@aws-sdk/client-auto-scaling';
import {
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AutoScalingService } from '../../../local-aws/autoscaling/service';
import { CloudWatchService } from '../../../local-aws/cloudwatch/service';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import type { VariationOptions } from '../../../local-aws/core/variations';
import { BASE_IMAGES, Ec2Service } from '../../../local-aws/ec2/service';
import { ElbService } from '../../../local-aws/elb/service';
import { IamService } from '../../../local-aws/iam/service';
import type { MachineBehaviour } from '../../../local-aws/machines/memory-driver';
import { MemoryDriver } from '../../../local-aws/machines/memory-driver';

export const minute = 60_000;

/** An account with a launch template of three versions, a target group, and machines in memory. */
export async function setUp(variations: VariationOptions = {}) {
  const clock = new VirtualClock();
  const core = new Core({ clock, variations });
  /** How machines behave, by their user data. */
  const behaviours = new Map<string, MachineBehaviour>();
  const machines = new MemoryDriver(core, { behaviour: ({ userData }) => behaviours.get(userData) ?? {} });
  const autoScaling = new AutoScalingService(core);
  for (const service of [
    new IamService(core),
    new CloudWatchService(core),
    new Ec2Service(core, machines),
    new ElbService(core, machines),
    autoScaling,
  ])
    core.register(service);

  const data = (version: string) => ({
    ImageId: BASE_IMAGES.x86_64,
    InstanceType: 't3.micro' as const,
    UserData: Buffer.from(version).toString('base64'),
  });
  const { LaunchTemplate } = await core.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: 'fleet', LaunchTemplateData: data('v1') }),
  );
  const templateId = LaunchTemplate?.LaunchTemplateId ?? '';
  for (const version of ['v2', 'v3']) {
    await core.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: templateId,
        LaunchTemplateData: data(version),
      }),
    );
  }
  const { Subnets = [] } = await core.send(new DescribeSubnetsCommand({}));
  const subnetIds = Subnets.slice(0, 2).map(({ SubnetId }) => SubnetId ?? '');

  const { arn: targetGroupArn, dimensions } = await loadBalanced(core, subnetIds);
  /** States of the targets by instance id. */
  const targets = async () => {
    const { TargetHealthDescriptions = [] } = await core.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
    );
    return new Map(
      TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target?.Id ?? '', TargetHealth?.State]),
    );
  };
  const healthy = async () => [...(await targets()).values()].filter((state) => state === 'healthy').length;

  const template = (version: string) => ({ LaunchTemplateId: templateId, Version: version });
  const create = (settings: Partial<CreateAutoScalingGroupType> = {}) =>
    core.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'fleet',
        MinSize: 0,
        MaxSize: 10,
        DesiredCapacity: 4,
        LaunchTemplate: template('1'),
        VPCZoneIdentifier: subnetIds.join(','),
        TargetGroupARNs: [targetGroupArn],
        HealthCheckType: 'ELB',
        HealthCheckGracePeriod: 120,
        DefaultInstanceWarmup: 60,
        ...settings,
      }),
    );
  const group = async (): Promise<AutoScalingGroup | undefined> => {
    const { AutoScalingGroups = [] } = await core.send(new DescribeAutoScalingGroupsCommand({}));
    return AutoScalingGroups[0];
  };
  const versions = async () =>
    ((await group())?.Instances ?? [])
      .filter(({ LifecycleState }) => LifecycleState === 'InService')
      .map(({ LaunchTemplate }) => LaunchTemplate?.Version ?? '')
      .sort();
  const activities = async () =>
    (await core.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'fleet' }))).Activities ??
    [];
  const refreshes = async () =>
    (await core.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'fleet' })))
      .InstanceRefreshes ?? [];
  return {
    clock,
    core,
    machines,
    targetGroupArn,
    dimensions,
    targets,
    healthy,
    autoScaling,
    behaviours,
    subnetIds,
    templateId,
    template,
    create,
    group,
    versions,
    activities,
    refreshes,
  };
}

/** A load balancer that forwards to a target group, and the dimensions of their metrics. */
async function loadBalanced(core: Core, subnetIds: string[]) {
  const { LoadBalancers } = await core.send(
    new CreateLoadBalancerCommand({ Name: 'fleet', Subnets: subnetIds }),
  );
  const { Subnets } = await core.send(new DescribeSubnetsCommand({ SubnetIds: subnetIds }));
  const { TargetGroups } = await core.send(
    new CreateTargetGroupCommand({
      Name: 'fleet',
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: Subnets?.[0]?.VpcId,
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10,
    }),
  );
  const arn = TargetGroups?.[0]?.TargetGroupArn ?? '';
  await core.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: arn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
    }),
  );
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn: arn }];
  await core.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'HTTP', Port: 80, DefaultActions }));
  const dimensions = [
    { Name: 'TargetGroup', Value: arn.slice(arn.indexOf('targetgroup/')) },
    { Name: 'LoadBalancer', Value: LoadBalancerArn.slice(LoadBalancerArn.indexOf('app/')) },
  ];
  return { arn, dimensions };
}

/** Sets the clock going until a condition holds. @throws after two modelled hours */
export async function until(clock: VirtualClock, holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 120 * minute; waited += 5_000) {
    if (await holds()) return;
    await clock.advance(5_000);
  }
  throw new Error('What was waited for did not happen in two hours.');
}
