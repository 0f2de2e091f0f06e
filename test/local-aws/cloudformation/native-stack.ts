import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import {
  App,
  aws_autoscaling as autoscaling,
  aws_cloudwatch as cloudwatch,
  Duration,
  aws_ec2 as ec2,
  aws_elasticloadbalancingv2 as elb,
  Stack,
  Tags,
} from 'aws-cdk-lib';
import type { Variant, VirtualAws } from '../../harness/virtual-aws';

/** The harness looks at the group `STACK-fleet`, and at the machines' tag of their version. */
export const NAME = 'Native' as Variant;
export const FLEET = `${NAME}-fleet`;

/** What the stack is to be. */
export interface Wanted {
  /** Version of the AMI. */
  readonly version: string;
  /** @default true */
  readonly isRefreshed?: boolean;
  /** Whether an alarm on unhealthy machines belongs to the policy. @default false */
  readonly isWatched?: boolean;
}

/** As somebody would write it who wants no more than that: a group behind a load balancer. */
export async function synthesize(aws: VirtualAws, image: string, wanted: Wanted): Promise<string> {
  const { version, isRefreshed = true, isWatched = false } = wanted;
  const { account, region } = aws.core;
  const { Subnets = [] } = await aws.core.send(new DescribeSubnetsCommand({}));
  const app = new App({
    context: { '@aws-cdk/aws-autoscaling:generateLaunchTemplateInsteadOfLaunchConfig': true },
  });
  const stack = new Stack(app, NAME, { env: { account, region } });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: Subnets[0]!.VpcId!,
    availabilityZones: Subnets.map(({ AvailabilityZone }) => AvailabilityZone!),
    publicSubnetIds: Subnets.map(({ SubnetId }) => SubnetId!),
  });
  const targets = new elb.ApplicationTargetGroup(stack, 'Targets', {
    vpc,
    port: 8080,
    protocol: elb.ApplicationProtocol.HTTP,
    deregistrationDelay: Duration.seconds(30),
    healthCheck: { path: '/health', interval: Duration.seconds(10) },
  });
  new elb.ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing: true }).addListener('Http', {
    port: 80,
    defaultTargetGroups: [targets],
  });
  // Where a machine counts as unhealthy while it boots, only a long time of it is sickness.
  const sick = new cloudwatch.Alarm(stack, 'Sick', {
    metric: targets.metrics.unhealthyHostCount({ period: Duration.minutes(1), statistic: 'Maximum' }),
    threshold: 1,
    evaluationPeriods: 4,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  const group = new autoscaling.AutoScalingGroup(stack, 'Fleet', {
    autoScalingGroupName: FLEET,
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
    instanceType: new ec2.InstanceType('t3.micro'),
    machineImage: ec2.MachineImage.genericLinux({ [region]: image }),
    minCapacity: 2,
    maxCapacity: 4,
    defaultInstanceWarmup: Duration.minutes(1),
    healthChecks: autoscaling.HealthChecks.withAdditionalChecks({
      gracePeriod: Duration.minutes(5),
      additionalTypes: [autoscaling.AdditionalHealthCheckType.ELB],
    }),
    updatePolicy: isRefreshed
      ? autoscaling.UpdatePolicy.instanceRefresh({
          strategy: autoscaling.InstanceRefreshStrategy.ROLLING,
          alarms: isWatched ? [sick] : undefined,
        })
      : undefined,
  });
  group.attachToApplicationTargetGroup(targets);
  Tags.of(group).add('image-rollouts:version', version);
  return JSON.stringify(app.synth().getStackByName(NAME).template);
}
