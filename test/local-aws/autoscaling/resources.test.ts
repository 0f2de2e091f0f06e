import {
  DescribeNotificationConfigurationsCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateVersionCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
} from '@aws-sdk/client-iam';
import { unservedMember } from '../../../local-aws/core/accepts';
import { Fault } from '../../../local-aws/core/fault';
import type { Principal } from '../../../local-aws/core/principal';
import type { Properties } from '../../../local-aws/core/service';
import { minute, setUp } from './fixture';
import { provisioned } from './group-resource';

describe('AWS::AutoScaling::AutoScalingGroup', () => {
  it('is created when its machines are in service', async () => {
    const { clock, core, type, provisioning, properties, group, subnetIds } = await provisioned();
    const made = await clock.runUntil(type.create(properties, provisioning), 10 * minute);
    expect(made.physicalId).toBe('fleet');
    const described = await group();
    expect(made.attributes.AutoScalingGroupARN).toBe(described?.AutoScalingGroupARN);
    expect(described).toMatchObject({
      MinSize: 2,
      MaxSize: 6,
      DesiredCapacity: 2,
      DefaultInstanceWarmup: 60,
      VPCZoneIdentifier: subnetIds.join(','),
      LaunchTemplate: { Version: '1' },
    });
    expect(described?.Instances?.map(({ LifecycleState }) => LifecycleState)).toEqual([
      'InService',
      'InService',
    ]);
    expect(described?.EnabledMetrics?.length).toBeGreaterThan(5);
    expect(described?.Tags).toContainEqual(
      expect.objectContaining({ Key: 'aws:cloudformation:stack-name', PropagateAtLaunch: true }),
    );
    const { NotificationConfigurations } = await core.send(new DescribeNotificationConfigurationsCommand({}));
    expect(NotificationConfigurations).toHaveLength(1);
  });

  it('gets a name made up by CloudFormation when it has none', async () => {
    const { clock, type, provisioning, properties } = await provisioned();
    const { AutoScalingGroupName: _, ...unnamed } = properties;
    const made = await clock.runUntil(type.create(unnamed, provisioning), 10 * minute);
    expect(made.physicalId).toBe('Stack-Fleet');
  });

  it('fails with the reason when its machines do not come', async () => {
    const { clock, type, provisioning, properties, behaviours } = await provisioned();
    const why = "The image id '[ami-1]' does not exist";
    behaviours.set('v1', { refused: new Fault('InvalidAMIID.NotFound', why) });
    const made: string[] = [];
    const telling = { ...provisioning, created: (id: string) => made.push(id) };
    await expect(clock.runUntil(type.create(properties, telling), 60 * minute)).rejects.toThrow(
      `Group did not stabilize: 0 of 2 machines are in service. ${why}. Launching EC2 instance failed.`,
    );
    // CloudFormation knows by then what there is to delete.
    expect(made).toEqual(['fleet']);
  });

  it('is changed in place, without replacing a machine', async () => {
    const { clock, core, targets, type, provisioning, properties, group, template } = await provisioned();
    await clock.runUntil(type.create(properties, provisioning), 10 * minute);
    const before = (await group())?.Instances?.map(({ InstanceId }) => InstanceId);
    const {
      DefaultInstanceWarmup: _,
      TargetGroupARNs: __,
      NotificationConfigurations: ___,
      ...rest
    } = properties;
    const changed = { ...rest, MaxSize: '8', LaunchTemplate: template('2'), Tags: [] };
    await clock.runUntil(type.update!('fleet', changed, properties, provisioning), 10 * minute);
    const after = await group();
    expect(after).toMatchObject({ MaxSize: 8, LaunchTemplate: { Version: '2' }, TargetGroupARNs: [] });
    expect(after?.DefaultInstanceWarmup).toBeUndefined();
    expect(after?.Instances?.map(({ InstanceId }) => InstanceId)).toEqual(before);
    expect(after?.Tags?.map(({ Key }) => Key)).toEqual(['aws:cloudformation:stack-name']);
    const { NotificationConfigurations } = await core.send(new DescribeNotificationConfigurationsCommand({}));
    expect(NotificationConfigurations).toEqual([]);
    expect(new Set((await targets()).values())).toEqual(new Set(['draining']));
  });

  it.each<[string, Properties | undefined, Properties, object]>([
    ['sets the sizes that the template says', undefined, {}, { MinSize: 2, MaxSize: 6, DesiredCapacity: 2 }],
    [
      'leaves sizes alone that the template did not change, when its update policy says so',
      { AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: 'true' } },
      {},
      { MinSize: 1, MaxSize: 9, DesiredCapacity: 3 },
    ],
    [
      'sets a size that the template did change, whatever its update policy says',
      { AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true } },
      { MaxSize: 7 },
      { MinSize: 1, MaxSize: 7, DesiredCapacity: 3 },
    ],
  ])('%s', async (_, updatePolicy, change, sizes) => {
    const { clock, core, type, provisioning, properties, group } = await provisioned();
    await clock.runUntil(type.create(properties, provisioning), 10 * minute);
    const scaled = { AutoScalingGroupName: 'fleet', MinSize: 1, MaxSize: 9, DesiredCapacity: 3 };
    await core.send(new UpdateAutoScalingGroupCommand(scaled));
    const updated = type.update!('fleet', { ...properties, ...change }, properties, {
      ...provisioning,
      updatePolicy,
    });
    await clock.runUntil(updated, 10 * minute);
    expect(await group()).toMatchObject(sizes);
  });

  it('is gone only when its machines are, and may be gone already', async () => {
    const { clock, type, provisioning, properties, group, machines } = await provisioned();
    await clock.runUntil(type.create(properties, provisioning), 10 * minute);
    await clock.runUntil(type.delete('fleet', properties, provisioning), 10 * minute);
    expect(await group()).toBeUndefined();
    expect(machines.running).toHaveLength(0);
    await type.delete('fleet', properties, provisioning);
  });

  it('names a property that it would leave out', async () => {
    const { type, properties } = await provisioned();
    expect(unservedMember(type.accepts!, properties)).toBeUndefined();
    expect(unservedMember(type.accepts!, { ...properties, Desired: 1 })).toBe(
      'Desired is not served by the local AWS.',
    );
  });

  it.each<[string, Properties, RegExp]>([
    ['a word for a number', { MinSize: 'two' }, /MinSize is a number; found 'two'/],
    [
      '$Latest',
      { LaunchTemplate: { LaunchTemplateName: 'fleet', Version: '$Latest' } },
      /a number; found \$Latest/,
    ],
    ['no launch template', { LaunchTemplate: undefined }, /from a LaunchTemplate/],
    ['no MaxSize', { MaxSize: undefined }, /needs the property MaxSize/],
  ])('refuses %s', async (_, change, message) => {
    const { type, provisioning, properties } = await provisioned();
    await expect(type.create({ ...properties, ...change }, provisioning)).rejects.toThrow(message);
  });
});

describe('permissions for what a launch template starts', () => {
  const caller: Principal = { kind: 'role', arn: 'arn:caller', roleArn: 'arn:caller', accessKeyId: 'A' };

  it.each([
    ['ec2:RunInstances', /launch-template\/lt-/],
    ['ec2:RunInstances', /::image\/ami-/],
    ['ec2:CreateTags', /:instance\/\*/],
    ['iam:PassRole', /role\/machine/],
  ])('%s on %s', async (missing, onResource) => {
    const { core, create, templateId } = await setUp();
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    });
    await core.send(new CreateRoleCommand({ RoleName: 'machine', AssumeRolePolicyDocument }));
    await core.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'machine' }));
    await core.send(
      new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'machine', RoleName: 'machine' }),
    );
    const { LaunchTemplateVersion } = await core.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: templateId,
        SourceVersion: '1',
        LaunchTemplateData: {
          IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/machine' },
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
        },
      }),
    );
    await create({ DesiredCapacity: 0 });
    core.authorizer = (principal, action, resource) => {
      if (principal.arn !== 'arn:caller' || action !== missing || !onResource.test(resource)) return;
      throw new Fault('AccessDenied', `not authorized to perform: ${action} on resource: ${resource}`, 403);
    };
    const start = core.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName: 'fleet',
        DesiredConfiguration: {
          LaunchTemplate: {
            LaunchTemplateId: templateId,
            Version: String(LaunchTemplateVersion?.VersionNumber),
          },
        },
      }),
      caller,
    );
    await expect(start).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringMatching(
        new RegExp(
          `^You are not authorized to use launch template: ${templateId} \\(${missing} is missing: not`,
        ),
      ),
    });
  });
});
