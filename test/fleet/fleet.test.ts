import { Match } from 'aws-cdk-lib/assertions';
import { only, templates } from '../stacks/synthesize';

const least = templates();
const most = templates({
  release: 'sample-app/1.1.0.json',
  architecture: 'arm64',
  baseImageId: 'ami-0123456789abcdef0',
  masterImageId: 'ami-0fedcba9876543210',
  rootVolumeGiB: 20,
  minCapacity: 3,
  desiredCapacity: 4,
  maxCapacity: 6,
  minHealthyPercentage: 50,
  maxHealthyPercentage: 125,
  warmupSeconds: 90,
  progressDeadlineMinutes: 10,
  ignoreAlarms: false,
  certificateArn: 'arn:aws:acm:eu-central-1:000000000000:certificate/0a1b-2c',
});

describe('with the fewest props', () => {
  const template = least.instanceBased;

  test('the group has a fixed name, its load balancer says who is healthy, and the rollout says which version', () => {
    const rollout = only(template, 'Custom::Rollout');
    const group = only(template, 'AWS::AutoScaling::AutoScalingGroup');
    expect(group).toMatchObject({
      Properties: {
        AutoScalingGroupName: { 'Fn::Join': ['', [{ Ref: 'AWS::StackName' }, '-fleet']] },
        MinSize: '2',
        MaxSize: '4',
        DefaultInstanceWarmup: 60,
        HealthCheckGracePeriod: 300,
        HealthCheckType: 'ELB',
        LaunchTemplate: { Version: { 'Fn::GetAtt': [rollout.id, 'LaunchTemplateVersion'] } },
      },
      UpdatePolicy: { AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true } },
    });
    expect(group.Properties).not.toHaveProperty('DesiredCapacity');
  });

  test('the launch template has no key pair, requires IMDSv2, and encrypts the root volume', () => {
    const { Properties } = only(template, 'AWS::EC2::LaunchTemplate');
    expect(Properties).toMatchObject({
      VersionDescription: '1.0.0: First release',
      LaunchTemplateData: {
        InstanceType: 't3.small',
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 8 } }],
        TagSpecifications: ['instance', 'volume'].map((ResourceType) => ({
          ResourceType,
          Tags: [
            { Key: 'Name', Value: 'guestbook 1.0.0' },
            { Key: 'image-rollouts:application', Value: 'guestbook' },
            { Key: 'image-rollouts:version', Value: '1.0.0' },
          ],
        })),
      },
    });
    expect(Properties.LaunchTemplateData).not.toHaveProperty('KeyName');
  });

  test('the target group asks for health often enough for a rollout', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Port: 8080,
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: '200' },
      TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }]),
    });
  });

  test('only the load balancer reaches machines, and only on the port of the release', () => {
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 8080,
      ToPort: 8080,
      IpProtocol: 'tcp',
    });
  });

  test('HTTP is served', () => {
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 80, Protocol: 'HTTP' });
  });

  test('alarms without data are OK, and one machine that stays unhealthy for three minutes is enough', () => {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { TreatMissingData: 'notBreaching' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'UnHealthyHostCount',
      Statistic: 'Maximum',
      Threshold: 1,
      DatapointsToAlarm: 3,
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      DatapointsToAlarm: 2,
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'machines + balancer' })]),
    });
  });

  test('where no machine serves for a while, answers of the load balancer itself are no alarm', () => {
    for (const context of [{ strategy: 'recreate' }, { minHealthyPercentage: 0 }])
      templates(context).instanceBased.hasResourceProperties('AWS::CloudWatch::Alarm', {
        Metrics: Match.arrayWith([Match.objectLike({ Expression: 'machines' })]),
      });
  });

  test('every alarm can fire while the three newest minutes have not arrived', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::CloudWatch::Alarm')))
      expect(Properties.EvaluationPeriods - 3).toBeGreaterThanOrEqual(Properties.DatapointsToAlarm);
  });

  test('a machine that starts is held by a hook until it says that its service answers', () => {
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      LifecycleHookSpecificationList: [
        {
          LifecycleHookName: 'serving',
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          HeartbeatTimeout: 900,
          DefaultResult: 'ABANDON',
        },
      ],
    });
    for (const variant of [least.imageBased, least.instanceBased])
      expect(JSON.stringify(variant.toJSON())).toContain('complete-lifecycle-action');
  });

  test('the newest Amazon Linux 2023 is taken whenever the stack is deployed', () => {
    template.hasParameter('MachineImageal2023x8664', {
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    });
  });
});

describe('with all props', () => {
  const template = most.instanceBased;

  test('the group and its rollout have what was configured', () => {
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      MinSize: '3',
      MaxSize: '6',
      DesiredCapacity: '4',
      DefaultInstanceWarmup: 90,
    });
    template.hasResourceProperties('Custom::Rollout', {
      MinHealthyPercentage: 50,
      MaxHealthyPercentage: 125,
      ProgressDeadlineSeconds: 600,
      Version: '1.1.0',
    });
  });

  test('machines have what was configured', () => {
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      VersionDescription: '1.1.0: New look, entries with their date',
      LaunchTemplateData: { InstanceType: 't4g.small', BlockDeviceMappings: [{ Ebs: { VolumeSize: 20 } }] },
    });
    most.imageBased.hasResourceProperties('AWS::ImageBuilder::ImageRecipe', {
      BlockDeviceMappings: [{ Ebs: { VolumeSize: 20, Encrypted: true } }],
    });
    most.imageBased.hasResourceProperties('AWS::ImageBuilder::InfrastructureConfiguration', {
      InstanceTypes: ['t4g.small', 'm6g.large'],
    });
  });

  test('HTTPS is served, and HTTP redirected to it', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 443, Protocol: 'HTTPS' });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80,
      DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443' } }],
    });
  });

  test('CloudFormation checks that an AMI exists, and another one is another parameter', () => {
    const type = { Type: 'AWS::EC2::Image::Id' };
    template.hasParameter('MachineImageami0fedcba9876543210', { ...type, Default: 'ami-0fedcba9876543210' });
    most.imageBased.hasParameter('MachineImageami0123456789abcdef0', {
      ...type,
      Default: 'ami-0123456789abcdef0',
    });
  });
});

/** What every machine's role may do, on its own group. */
const ANNOUNCING = expect.objectContaining({
  Action: 'autoscaling:CompleteLifecycleAction',
  Resource: expect.objectContaining({ 'Fn::Join': ['', expect.arrayContaining(['-fleet'])] }),
});

describe('where the software comes from', () => {
  test('an image-based machine starts from the baked image, and its role may say that it serves', () => {
    const template = least.imageBased;
    const { id } = only(template, 'Custom::BakedImage');
    const { Properties } = only(template, 'AWS::EC2::LaunchTemplate');
    expect(Properties.LaunchTemplateData).toMatchObject({ ImageId: { 'Fn::GetAtt': [id, 'ImageId'] } });
    expect(Properties.LaunchTemplateData).not.toHaveProperty('UserData');
    expect(policiesOf(template, 'FleetMachineRole')).toEqual([ANNOUNCING]);
  });

  test('an instance-based machine installs the release by its digest, and may read artifacts alone', () => {
    const template = least.instanceBased;
    const { Properties } = only(template, 'AWS::EC2::LaunchTemplate');
    const script = JSON.stringify(Properties.LaunchTemplateData);
    expect(script).toContain(
      "APPLICATION='guestbook'\\\\nVERSION='1.0.0'\\\\nARTIFACT_URI='s3://".replaceAll('\\\\', '\\'),
    );
    expect(script).toMatch(/ARTIFACT_SHA256='[0-9a-f]{64}'/);
    expect(policiesOf(template, 'FleetMachineRole')).toEqual([
      ANNOUNCING,
      expect.objectContaining({ Action: 's3:GetObject', Effect: 'Allow' }),
    ]);
  });

  test('the build machine reads the one artifact, and starts where nobody reaches it', () => {
    const [statement] = policiesOf(least.imageBased, 'ImageBuildRole');
    expect(statement).toMatchObject({ Action: 's3:GetObject' });
    expect(JSON.stringify(statement)).toMatch(/[0-9a-f]{64}\.tar/);
  });

  test('the image carries its identity in its tags', () => {
    const { Properties } = only(least.imageBased, 'Custom::BakedImage');
    least.imageBased.hasResourceProperties('AWS::ImageBuilder::DistributionConfiguration', {
      Distributions: [
        {
          AmiDistributionConfiguration: {
            AmiTags: {
              'image-rollouts:application': 'guestbook',
              'image-rollouts:version': '1.0.0',
              'image-rollouts:content': Properties.ContentDigest,
              'image-rollouts:base-image': Properties.BaseImageId,
            },
          },
        },
      ],
    });
  });
});

function policiesOf(template: typeof least.imageBased, role: string): unknown[] {
  return Object.entries(template.findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(role))
    .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement);
}
