import { App, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BakedImage } from '../../lib/image/baked-image';
import type { Release } from '../../lib/release/manifest';
import { ReleasedVersion } from '../../lib/release/released-version';
import { Rollout } from '../../lib/rollout/rollout';
import { Strategy } from '../../lib/rollout/strategy';
import { Verification } from '../../lib/rollout/verification';

const release: Release = {
  application: 'guestbook',
  version: '1.1.0',
  changeCause: 'New look',
  livesBeside: '^1.0.0',
  service: { packages: ['nodejs22'], command: ['node', 'server.js'], port: 8080, healthPath: '/health' },
  artifact: { file: 'artifact.tar', sha256: 'a'.repeat(64) },
  digest: 'd'.repeat(64),
};

/** A stack in which each resource needs the one before, as in the real ones. */
function stackWithAll(app = new App()): Stack {
  const stack = new Stack(app, 'Fleet');
  const released = new ReleasedVersion(stack, 'Release', { release });
  const image = new BakedImage(stack, 'BakedImage', {
    release,
    pipelineArn: 'arn:aws:imagebuilder:eu-central-1:000000000000:image-pipeline/guestbook',
    recipe: {
      name: 'Guestbook',
      arn: 'arn:aws:imagebuilder:eu-central-1:000000000000:image-recipe/guestbook/1.0.0',
    },
    securityGroupId: 'sg-12345678',
    contentDigest: 'c'.repeat(64),
    baseImageId: 'ami-base',
    pin: '',
  });
  image.node.addDependency(released);
  const template = new ec2.CfnLaunchTemplate(stack, 'LaunchTemplate', {
    launchTemplateData: { imageId: image.imageId },
  });
  const machineRole = new iam.Role(stack, 'MachineRole', {
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
  });
  const alarm = new cloudwatch.Alarm(stack, 'Alarm', {
    metric: new cloudwatch.Metric({ namespace: 'AWS/ApplicationELB', metricName: 'UnHealthyHostCount' }),
    threshold: 1,
    evaluationPeriods: 1,
  });
  const common = {
    groupName: 'guestbook',
    launchTemplateId: template.ref,
    targetGroupArn: 'arn:tg',
    ledgerTable: 'ledger',
  };
  const rollout = new Rollout(stack, 'Rollout', {
    ...common,
    release,
    pin: '',
    restart: '',
    baseImageId: 'ami-0',
    targetVersion: template.attrLatestVersionNumber,
    machineRole,
    alarms: [alarm],
    strategy: Strategy.rolling({ minHealthyPercentage: 50 }),
  });
  new Verification(stack, 'Verification', {
    ...common,
    launchTemplateVersion: rollout.launchTemplateVersion,
    releaseName: rollout.releaseName,
  });
  return stack;
}

describe('the custom resources of a stack', () => {
  const template = Template.fromStack(stackWithAll());

  test('share an entry and an answer function, and have a step function and a state machine per kind', () => {
    template.resourceCountIs('AWS::Lambda::Function', 6);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 4);
    template.resourceCountIs('AWS::Logs::LogGroup', 6);
    template.resourceCountIs('AWS::Events::Rule', 1);
    const handlers = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Handler as string,
    );
    expect(handlers.sort()).toEqual([
      'answer.handler',
      'baked-image.handler',
      'entry.handler',
      'release.handler',
      'rollout.handler',
      'verification.handler',
    ]);
  });

  test('pass their properties, and wait an hour', () => {
    template.hasResourceProperties('Custom::Rollout', {
      GroupName: 'guestbook',
      TargetVersion: { 'Fn::GetAtt': ['LaunchTemplate', 'LatestVersionNumber'] },
      MinHealthyPercentage: 50,
      MaxHealthyPercentage: 150,
      SkipMatching: true,
      ProgressDeadlineSeconds: 900,
      AlarmNames: [{ Ref: Match.stringLikeRegexp('^Alarm') }],
      ServiceTimeout: '3600',
    });
    template.hasResourceProperties('Custom::Release', {
      ParameterName: '/image-rollouts/guestbook/releases/1.1.0',
      Digest: release.digest,
    });
    template.hasResourceProperties('Custom::Verification', {
      LaunchTemplateVersion: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Rollout'), 'LaunchTemplateVersion'] },
    });
  });

  test('may start machines with the one role, and roll this one group', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'iam:PassRole',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^MachineRole'), 'Arn'] },
          }),
        ]),
      },
    });
  });

  test('wait for the permissions of their own kind, but not for those of others', () => {
    const dependencies = (type: string) =>
      Object.values(template.findResources(type)).flatMap(({ DependsOn }) => DependsOn as string[]);
    expect(dependencies('Custom::Rollout')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^CustomResourcesRolloutStepRoleDefaultPolicy/),
        expect.stringMatching(/^CustomResourcesRolloutStateMachine/),
        expect.stringMatching(/^CustomResourcesLastNet/),
      ]),
    );
    expect(dependencies('Custom::Release').join(' ')).not.toMatch(/Rollout|BakedImage|Verification/);
  });

  test('keep to the rules of AwsSolutions, with a reason for each exception', () => {
    const app = new App();
    stackWithAll(app);
    const checks = new AwsSolutionsChecks(app);
    Validations.of(app).addPlugins(checks);
    expect(() => app.synth()).not.toThrow();
  });
});
