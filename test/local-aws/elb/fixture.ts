import { DescribeSubnetsCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupInput,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Core } from '../../../local-aws/core/core';
import { BASE_IMAGES } from '../../../local-aws/ec2/service';
import { ElbService } from '../../../local-aws/elb/service';
import { ec2Fixture } from '../ec2/fixture';

/** A load balancer in virtual time with one target group, used by a listener on port 80. */
export async function elbFixture(
  options: Parameters<typeof ec2Fixture>[0] = {},
  settings: Partial<CreateTargetGroupInput> = {},
) {
  const fixture = ec2Fixture(options);
  const { core, clock, machines } = fixture;
  const elb = new ElbService(core, machines);
  core.register(elb);
  const { Subnets } = await core.send(new DescribeSubnetsCommand({}));
  const { LoadBalancers } = await core.send(
    new CreateLoadBalancerCommand({ Name: 'fleet', Subnets: Subnets!.map(({ SubnetId }) => SubnetId!) }),
  );
  const createTargetGroup = async (Name: string) => {
    const { TargetGroups } = await core.send(
      new CreateTargetGroupCommand({
        Name,
        Port: 8080,
        Protocol: 'HTTP',
        VpcId: Subnets![0]!.VpcId,
        HealthCheckPath: '/health',
        HealthCheckIntervalSeconds: 10,
        HealthyThresholdCount: 3,
        UnhealthyThresholdCount: 2,
        ...settings,
      }),
    );
    return TargetGroups![0]!.TargetGroupArn!;
  };
  const LoadBalancerArn = LoadBalancers![0]!.LoadBalancerArn!;
  const TargetGroupArn = await createTargetGroup('fleet');
  const { Listeners } = await core.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  /** Launches a machine and registers it. */
  const addTarget = async () => {
    const Id = await launchInstance(core);
    await core.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id }] }));
    return Id;
  };
  const health = async () => {
    const answer = await core.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return answer.TargetHealthDescriptions!.map(({ TargetHealth }) => TargetHealth!);
  };
  return {
    ...fixture,
    elb,
    LoadBalancerArn,
    TargetGroupArn,
    ListenerArn: Listeners![0]!.ListenerArn!,
    createTargetGroup,
    addTarget,
    health,
    clock,
  };
}

export type ElbFixture = Awaited<ReturnType<typeof elbFixture>>;

/** Launches an instance that nothing is registered for. @returns its id */
export async function launchInstance(core: Core): Promise<string> {
  const { Instances } = await core.send(
    new RunInstancesCommand({
      ImageId: BASE_IMAGES.x86_64,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  return Instances![0]!.InstanceId!;
}
