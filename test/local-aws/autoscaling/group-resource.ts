import type { Properties } from '../../../local-aws/core/service';
import { provisioningOf } from '../provisioning';
import { setUp } from './fixture';

/** The account of the fixture, the group's resource type, and properties for a group of two machines. */
export async function provisioned() {
  const world = await setUp();
  const { core, autoScaling, targetGroupArn, subnetIds, templateId } = world;
  const type = autoScaling.resourceTypes['AWS::AutoScaling::AutoScalingGroup']!;
  const provisioning = provisioningOf(core, 'Fleet');
  const properties: Properties = {
    AutoScalingGroupName: 'fleet',
    MinSize: '2',
    MaxSize: '6',
    DesiredCapacity: '2',
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: 120,
    DefaultInstanceWarmup: '60',
    LaunchTemplate: { LaunchTemplateId: templateId, Version: 1 },
    VPCZoneIdentifier: subnetIds,
    TargetGroupARNs: [targetGroupArn],
    MetricsCollection: [{ Granularity: '1Minute' }],
    NotificationConfigurations: [
      { TopicARN: 'arn:topic', NotificationTypes: ['autoscaling:TEST_NOTIFICATION'] },
    ],
    Tags: [{ Key: 'Name', Value: 'fleet', PropagateAtLaunch: 'true' }],
  };
  return { ...world, type, provisioning, properties };
}
