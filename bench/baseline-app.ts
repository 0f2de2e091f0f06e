import { App, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';

// What synthesis is compared with: the same load balancer, group and image resources, with the CDK's own
// constructs and its own instance refresh, and without anything of this project's.

interface Software {
  readonly machineImage: ec2.IMachineImage;
  readonly userData: ec2.UserData;
}

abstract class Baseline extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    vpc.addFlowLog('FlowLog');
    const loadBalancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', { vpc, internetFacing: true });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const launchTemplate = new ec2.LaunchTemplate(this, 'LaunchTemplate', {
      ...this.software(vpc, role),
      instanceType: new ec2.InstanceType('t3.small'),
      requireImdsv2: true,
      role,
      securityGroup: new ec2.SecurityGroup(this, 'SecurityGroup', { vpc }),
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true }) }],
    });
    const group = new autoscaling.AutoScalingGroup(this, 'Group', {
      vpc,
      launchTemplate,
      minCapacity: 2,
      maxCapacity: 4,
      defaultInstanceWarmup: Duration.minutes(2),
      healthChecks: autoscaling.HealthChecks.withAdditionalChecks({
        additionalTypes: [autoscaling.AdditionalHealthCheckType.ELB],
        gracePeriod: Duration.minutes(2),
      }),
      updatePolicy: autoscaling.UpdatePolicy.instanceRefresh({
        strategy: autoscaling.InstanceRefreshStrategy.ROLLING,
        minHealthyPercentage: 100,
        maxHealthyPercentage: 150,
      }),
    });
    const targets = loadBalancer.addListener('Listener', { port: 80 }).addTargets('Targets', {
      port: 8080,
      protocol: elb.ApplicationProtocol.HTTP,
      targets: [group],
      healthCheck: { path: '/health' },
    });
    for (const [id, metric] of Object.entries({
      ServerErrors: targets.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT),
      UnhealthyHosts: targets.metrics.unhealthyHostCount(),
    })) {
      metric.createAlarm(this, id, { threshold: 1, evaluationPeriods: 3 });
    }
  }

  /** As in this project's stacks: a look-up would need an account. */
  override get availabilityZones(): string[] {
    return [0, 1].map((index) => Fn.select(index, Fn.getAzs(this.region)));
  }

  protected abstract software(vpc: ec2.Vpc, role: iam.Role): Software;
}

class ImageBased extends Baseline {
  protected override software(vpc: ec2.Vpc): Software {
    const machine = ec2.MachineImage.latestAmazonLinux2023().getImage(this);
    const role = new iam.Role(this, 'BuildRole', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    });
    const profile = new iam.CfnInstanceProfile(this, 'BuildProfile', { roles: [role.roleName] });
    const artifact = new Asset(this, 'Artifact', { path: 'sample-app/1.0.0' });
    artifact.grantRead(role);
    const commands = [`aws s3 cp ${artifact.s3ObjectUrl} /tmp/release.zip`, 'unzip /tmp/release.zip -d /opt'];
    const steps = [{ name: 'Install', action: 'ExecuteBash', inputs: { commands } }];
    const components = ['Update', 'Harden', 'Install'].map(
      (id) =>
        new imagebuilder.CfnComponent(this, id, {
          name: `baseline-${id}`,
          platform: 'Linux',
          version: '1.0.0',
          data: this.toJsonString({ schemaVersion: 1.0, phases: [{ name: 'build', steps }] }),
        }),
    );
    const recipe = new imagebuilder.CfnImageRecipe(this, 'Recipe', {
      name: 'baseline',
      version: '1.0.x',
      parentImage: machine.imageId,
      components: components.map(({ attrArn }) => ({ componentArn: attrArn })),
    });
    const infrastructure = new imagebuilder.CfnInfrastructureConfiguration(this, 'Infrastructure', {
      name: 'baseline',
      instanceProfileName: profile.ref,
      subnetId: vpc.privateSubnets[0]!.subnetId,
      securityGroupIds: [new ec2.SecurityGroup(this, 'BuildSecurityGroup', { vpc }).securityGroupId],
    });
    const distribution = new imagebuilder.CfnDistributionConfiguration(this, 'Distribution', {
      name: 'baseline',
      distributions: [
        { region: this.region, amiDistributionConfiguration: { AmiTags: { version: '1.0.0' } } },
      ],
    });
    const pipeline = new imagebuilder.CfnImagePipeline(this, 'Pipeline', {
      name: 'baseline',
      imageRecipeArn: recipe.attrArn,
      infrastructureConfigurationArn: infrastructure.attrArn,
      distributionConfigurationArn: distribution.attrArn,
    });
    const image = new imagebuilder.CfnImage(this, 'Image', {
      imagePipelineExecutionSettings: { deploymentId: pipeline.attrDeploymentId, onUpdate: true },
    });
    const userData = ec2.UserData.forLinux();
    const imageId = image.attrImageId;
    return {
      machineImage: { getImage: () => ({ imageId, osType: ec2.OperatingSystemType.LINUX, userData }) },
      userData,
    };
  }
}

class InstanceBased extends Baseline {
  protected override software(_vpc: ec2.Vpc, role: iam.Role): Software {
    const artifact = new Asset(this, 'Artifact', { path: 'sample-app/1.0.0' });
    artifact.grantRead(role);
    const userData = ec2.UserData.forLinux();
    userData.addS3DownloadCommand({ bucket: artifact.bucket, bucketKey: artifact.s3ObjectKey });
    return { machineImage: ec2.MachineImage.latestAmazonLinux2023(), userData };
  }
}

const app = new App();
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION };
new ImageBased(app, 'ImageBased', { env });
new InstanceBased(app, 'InstanceBased', { env });
app.synth();
