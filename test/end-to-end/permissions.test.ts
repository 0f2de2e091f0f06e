import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateLaunchTemplateCommand,
  CreateTagsCommand,
  DescribeLaunchTemplateVersionsCommand,
  GetConsoleOutputCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { parseConfiguration } from '../../lib/config';
import { passedTo } from '../../local-aws/core/condition-keys';
import type { Principal } from '../../local-aws/core/principal';
import { sessionPrincipal } from '../../local-aws/sts/session';
import { VirtualAws } from '../harness/virtual-aws';

// What the functions of a deployed stack may not do: each permission goes no further than its use.

let aws: VirtualAws;
let rollout: Principal;
let machine: string;
let own: { readonly template: string; readonly version: string; readonly subnet: string };
/** What the fleet's launch template starts, without it. */
let loose: {
  readonly ImageId: string;
  readonly InstanceType: 't3.small';
  readonly SecurityGroupIds: string[];
};

beforeAll(async () => {
  aws = await VirtualAws.start();
  expect((await aws.deploy('InstanceBased', '1.0.0')).status).toBe('CREATE_COMPLETE');
  rollout = await roleOf('RolloutStep');
  const { AutoScalingGroups } = await aws.core.send(new DescribeAutoScalingGroupsCommand({}));
  const { Instances, LaunchTemplate, VPCZoneIdentifier } = AutoScalingGroups![0]!;
  machine = Instances![0]!.InstanceId!;
  own = {
    template: LaunchTemplate!.LaunchTemplateId!,
    version: LaunchTemplate!.Version!,
    subnet: VPCZoneIdentifier!.split(',')[0]!,
  };
  const { LaunchTemplateVersions } = await aws.core.send(
    new DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: own.template,
      Versions: [own.version],
    }),
  );
  const { ImageId, SecurityGroupIds } = LaunchTemplateVersions![0]!.LaunchTemplateData!;
  loose = { ImageId: ImageId!, InstanceType: 't3.small', SecurityGroupIds: SecurityGroupIds! };
});

async function roleOf(part: string): Promise<Principal> {
  const { Roles } = await aws.core.send(new ListRolesCommand({}));
  const role = Roles!.find(({ RoleName }) => RoleName!.includes(part));
  return sessionPrincipal(aws.core, role!.Arn!, 'Test');
}

const REFUSED = expect.objectContaining({ code: 'UnauthorizedOperation' });

describe('the rollout', () => {
  const start = (input: object) =>
    aws.core.send(
      new RunInstancesCommand({ MinCount: 1, MaxCount: 1, SubnetId: own.subnet, DryRun: true, ...input }),
      rollout,
    );

  test("starts machines from the fleet's launch template", async () => {
    await expect(
      start({ LaunchTemplate: { LaunchTemplateId: own.template, Version: own.version } }),
    ).rejects.toMatchObject({ code: 'DryRunOperation' });
  });

  test('starts no machine without a launch template', async () => {
    await expect(start(loose)).rejects.toEqual(REFUSED);
  });

  test('starts no machine from another launch template', async () => {
    const { LaunchTemplate } = await aws.core.send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: 'other', LaunchTemplateData: loose }),
    );
    const { LaunchTemplateId } = LaunchTemplate!;
    await expect(start({ LaunchTemplate: { LaunchTemplateId } })).rejects.toEqual(REFUSED);
  });

  test('changes no tags of what runs', async () => {
    const tags = { Resources: [machine], Tags: [{ Key: 'image-rollouts:version', Value: '9.9.9' }] };
    await expect(aws.core.send(new CreateTagsCommand(tags), rollout)).rejects.toEqual(REFUSED);
  });

  test('passes the role of the machines to EC2 alone', async () => {
    const { Roles } = await aws.core.send(new ListRolesCommand({}));
    const arn = Roles!.find(({ RoleName }) => RoleName!.includes('MachineRole'))!.Arn!;
    const pass = (service: string) => () =>
      aws.core.authorizer(rollout, 'iam:PassRole', arn, () => passedTo(service));
    expect(pass('ec2.amazonaws.com')).not.toThrow();
    expect(pass('lambda.amazonaws.com')).toThrow('iam:PassRole');
  });

  test('reads the states of its own alarms alone', async () => {
    const read = (input: object) => aws.core.send(new DescribeAlarmsCommand(input), rollout);
    const { MetricAlarms } = await aws.core.send(new DescribeAlarmsCommand({}));
    const names = MetricAlarms!.map(({ AlarmName }) => AlarmName!);
    expect((await read({ AlarmNames: names })).MetricAlarms).toHaveLength(names.length);
    for (const more of [{}, { AlarmNames: ['other'] }, { AlarmNames: names, AlarmTypes: ['CompositeAlarm'] }])
      await expect(read(more)).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});

test.each(['RolloutStep', 'VerificationStep'])(
  "%s reads the consoles of the fleet's machines alone",
  async (part) => {
    const principal = await roleOf(part);
    const read = (InstanceId: string) =>
      aws.core.send(new GetConsoleOutputCommand({ InstanceId }), principal);
    expect((await read(machine)).InstanceId).toBe(machine);
    const { Instances } = await aws.core.send(
      new RunInstancesCommand({ MinCount: 1, MaxCount: 1, SubnetId: own.subnet, ...loose }),
    );
    await expect(read(Instances![0]!.InstanceId!)).rejects.toEqual(REFUSED);
    // One that is gone has no tag any more.
    await expect(read('i-00000000000000000')).rejects.toEqual(REFUSED);
  },
);

test('the verification closes rollouts in the ledger, and neither opens nor lists them', async () => {
  const principal = await roleOf('VerificationStep');
  const TableName = parseConfiguration({}).ledgerTable;
  const denied = { code: 'AccessDeniedException' };
  const Item = { fleet: { S: 'a' }, item: { S: 'head' } };
  await expect(aws.core.send(new PutItemCommand({ TableName, Item }), principal)).rejects.toMatchObject(
    denied,
  );
  const query = {
    TableName,
    KeyConditionExpression: 'fleet = :f',
    ExpressionAttributeValues: { ':f': { S: 'a' } },
  };
  await expect(aws.core.send(new QueryCommand(query), principal)).rejects.toMatchObject(denied);
});

test('the record of a released version is written once', async () => {
  const principal = await roleOf('ReleaseStep');
  const Name = '/image-rollouts/guestbook/releases/1.0.0';
  const put = (Overwrite: boolean) =>
    aws.core.send(new PutParameterCommand({ Name, Value: 'x', Type: 'String', Overwrite }), principal);
  await expect(put(true)).rejects.toMatchObject({ code: 'AccessDeniedException' });
  await expect(put(false)).rejects.toMatchObject({ code: 'ParameterAlreadyExists' });
});
