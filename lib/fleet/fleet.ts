import { Aws, Duration, Stack, Token, Validations } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Capacity, Replacement, RolloutSettings } from '../config';
import { ConfigurationError } from '../configuration-error';
import { grant } from '../custom-resource/permission';
import { isMetadataTagKey, TAG_KEY_EXPECTED } from '../machines/tag-key';
import { LAUNCH_HOOK } from '../release/boot-files';
import type { Release } from '../release/manifest';
import { Rollout } from '../rollout/rollout';
import { Strategy } from '../rollout/strategy';
import { Verification } from '../rollout/verification';
import { FleetAlarms } from './alarms';
import { expectedTime } from './expected-time';
import { GROUP_ARN_REASON, groupArn } from './group-arn';
import { LoadBalancer } from './load-balancer';
import type { Network } from './network';
import { type RootVolume, rootVolume } from './root-volume';
import type { MachineSoftware, SoftwareSource } from './software-source';

export interface FleetProps {
  /** What every machine is to run. */
  readonly release: Release;
  /** Where machines have it from. */
  readonly source: SoftwareSource;
  /** AMI that the machines, or their image, are made from. */
  readonly baseImageId: string;
  readonly network: Network;
  readonly instanceType: string;
  readonly rootVolume: RootVolume;
  readonly capacity: Capacity;
  readonly replacement: Replacement;
  readonly rollout: RolloutSettings;
  /** Findings of a preflight that do not refuse a rollout. */
  readonly acceptFindings: readonly string[];
  /** Name of the table that keeps the ledger. */
  readonly ledgerTable: string;
  /** Texts of the stack's parameters by which an operator goes back, or has all machines replaced. */
  readonly orders: { readonly pin: string; readonly restart: string };
  /** Certificate in ACM, for HTTPS. @default HTTP alone */
  readonly certificateArn?: string;
}

/** Fixed, because what runs before the group resource needs it. It is the fleet's name in the ledger, too. */
export const GROUP_NAME = `${Aws.STACK_NAME}-fleet`;

/**
 * How long a machine that has just come into service is kept although it is sick. Longer than the alarm
 * takes to fire: where Auto Scaling replaced sick machines faster, none would be seen to stay sick.
 */
const SICK_GRACE_SECONDS = 300;

/**
 * Machines behind a load balancer that run one release, and the rollout that brings them there. In order:
 * launch template, rollout, group, verification; what is left of a failed rollout is the group as it was.
 */
export class Fleet extends Construct {
  readonly groupName = GROUP_NAME;
  readonly loadBalancer: LoadBalancer;
  readonly launchTemplate: ec2.CfnLaunchTemplate;
  /** How machines are replaced. */
  readonly strategy: Strategy;
  /** Names of the alarms that turn a rollout back. */
  readonly alarmNames: readonly string[];
  /** Application and version that the fleet runs, known when it is deployed. */
  readonly releaseName: string;

  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id);
    const { release, network, replacement } = props;
    const warmup = Duration.seconds(replacement.warmupSeconds);
    const role = new iam.Role(this, 'MachineRole', {
      description: 'Machines of the fleet',
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    });
    grant(role, {
      actions: ['autoscaling:CompleteLifecycleAction'],
      resources: [groupArn(Stack.of(this), this.groupName)],
      wildcardReason: GROUP_ARN_REASON,
    });
    this.loadBalancer = new LoadBalancer(this, 'Entrance', {
      vpc: network.vpc,
      subnets: network.loadBalancerSubnets,
      release,
      certificateArn: props.certificateArn,
    });
    const { targetGroup } = this.loadBalancer;
    this.launchTemplate = this.createLaunchTemplate(props, role, props.source.bind(role));
    const alarms = new FleetAlarms(this, 'Alarms', {
      prefix: this.groupName,
      loadBalancer: this.loadBalancer.loadBalancer,
      targetGroup,
      isEmptied: replacement.minHealthyPercentage === 0,
    });
    this.alarmNames = replacement.ignoreAlarms ? [] : alarms.names;
    this.strategy =
      replacement.strategy === 'recreate'
        ? Strategy.recreate({ warmup })
        : Strategy.rolling({ ...replacement, warmup });
    const shared = {
      groupName: this.groupName,
      launchTemplateId: this.launchTemplate.ref,
      targetGroupArn: targetGroup.targetGroupArn,
      progressDeadline: Duration.minutes(replacement.progressDeadlineMinutes),
      ledgerTable: props.ledgerTable,
    };
    const rollout = new Rollout(this, 'Rollout', {
      ...shared,
      ...props.orders,
      acceptFindings: props.acceptFindings,
      baseImageId: props.baseImageId,
      release,
      timeout: Duration.minutes(props.rollout.timeoutMinutes),
      bakeTime: Duration.seconds(props.rollout.bakeTimeSeconds),
      expectedTime: expectedTime({
        capacity: props.capacity,
        replacement,
        bootSeconds: props.source.bootSeconds,
        bakeTimeSeconds: replacement.ignoreAlarms ? 0 : props.rollout.bakeTimeSeconds,
      }),
      gates: props.rollout.gates,
      gateFunctionArn: props.rollout.gateFunctionArn,
      deployedBy: props.rollout.deployedBy,
      commit: props.rollout.commit,
      targetVersion: this.launchTemplate.attrLatestVersionNumber,
      machineRole: role,
      alarms: replacement.ignoreAlarms ? [] : alarms.all,
      strategy: this.strategy,
    });
    // Machines that are started need the role's permissions, a target group that is checked, and often the internet.
    rollout.node.addDependency(role, this.loadBalancer.listener, network.internetAccess);
    const group = this.createGroup(props, rollout.launchTemplateVersion);
    group.node.addDependency(rollout);
    const verification = new Verification(this, 'Verification', {
      ...shared,
      launchTemplateVersion: rollout.launchTemplateVersion,
      releaseName: rollout.releaseName,
    });
    this.releaseName = rollout.releaseName;
    verification.node.addDependency(group);
  }

  /** Its data is what a rollout compares: nothing in it may change unless machines are to be replaced. */
  private createLaunchTemplate(
    props: FleetProps,
    role: iam.Role,
    software: MachineSoftware,
  ): ec2.CfnLaunchTemplate {
    const { release, network } = props;
    const securityGroup = new ec2.SecurityGroup(this, 'MachineSecurityGroup', {
      vpc: network.vpc,
      description: 'Machines of the fleet',
    });
    this.loadBalancer.allowTo(securityGroup);
    const profile = new iam.CfnInstanceProfile(this, 'MachineProfile', { roles: [role.roleName] });
    const tags = Object.entries({
      Name: `${release.application} ${release.version}`,
      'image-rollouts:application': release.application,
      'image-rollouts:version': release.version,
    }).map(([key, value]) => ({ key, value }));
    return new ec2.CfnLaunchTemplate(this, 'LaunchTemplate', {
      versionDescription: `${release.version}: ${release.changeCause}`,
      launchTemplateData: {
        ...software,
        instanceType: props.instanceType,
        iamInstanceProfile: { arn: profile.attrArn },
        securityGroupIds: [securityGroup.securityGroupId],
        // By its tags a machine learns which group it belongs to.
        metadataOptions: {
          httpTokens: 'required',
          httpPutResponseHopLimit: 1,
          instanceMetadataTags: 'enabled',
        },
        blockDeviceMappings: [rootVolume(props.rootVolume)],
        tagSpecifications: ['instance', 'volume'].map((resourceType) => ({ resourceType, tags })),
      },
    });
  }

  private createGroup(props: FleetProps, launchTemplateVersion: string): autoscaling.CfnAutoScalingGroup {
    const { capacity, network, replacement } = props;
    const group = new autoscaling.CfnAutoScalingGroup(this, 'Group', {
      autoScalingGroupName: this.groupName,
      launchTemplate: { launchTemplateId: this.launchTemplate.ref, version: launchTemplateVersion },
      vpcZoneIdentifier: network.machineSubnets.map((subnet) => subnet.subnetId),
      targetGroupArns: [this.loadBalancer.targetGroup.targetGroupArn],
      minSize: String(capacity.min),
      maxSize: String(capacity.max),
      desiredCapacity: capacity.desired === undefined ? undefined : String(capacity.desired),
      defaultInstanceWarmup: replacement.warmupSeconds,
      healthCheckType: 'ELB',
      healthCheckGracePeriod: SICK_GRACE_SECONDS,
      lifecycleHookSpecificationList: [
        {
          lifecycleHookName: LAUNCH_HOOK,
          lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          // A rollout would be given up by then for want of a healthy machine.
          heartbeatTimeout: replacement.progressDeadlineMinutes * 60,
          defaultResult: 'ABANDON',
        },
      ],
    });
    // Whatever scaled the group since: a deployment does not scale it back.
    group.cfnOptions.updatePolicy = {
      autoScalingScheduledAction: { ignoreUnmodifiedGroupSizeProperties: true },
    };
    group.node.addValidation({ validate: () => checkTagKeys(group) });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-AS3',
      reason: 'The rollout follows every machine itself, and reports in the stack events what failed.',
    });
    return group;
  }
}

/**
 * Checks the keys of the tags that a group hands on: its own, and those of the stack, which CloudFormation gives to
 * groups and their machines. Tags are known only when the whole app is.
 * @throws ConfigurationError
 */
function checkTagKeys(group: autoscaling.CfnAutoScalingGroup): string[] {
  const own = (Stack.of(group).resolve(group.tags.renderTags()) ?? []) as readonly {
    readonly key: string;
    readonly propagateAtLaunch?: boolean;
  }[];
  const handedOn = own.filter(({ propagateAtLaunch }) => propagateAtLaunch).map(({ key }) => key);
  const ofStack = Object.keys(Stack.of(group).tags.tagValues()).filter(
    (name) => !own.some(({ key }) => key === name),
  );
  const wrong = [...handedOn, ...ofStack].find((key) => !Token.isUnresolved(key) && !isMetadataTagKey(key));
  if (wrong === undefined) return [];
  throw new ConfigurationError(
    `Machines would get the tag key "${wrong}", with which EC2 starts none, because a machine's metadata can't show it: use ${TAG_KEY_EXPECTED}.`,
  );
}
