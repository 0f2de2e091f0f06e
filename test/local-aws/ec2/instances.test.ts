import {
  CreateLaunchTemplateCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  RegisterImageCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
} from '@aws-sdk/client-iam';
import type { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import type { Principal } from '../../../local-aws/core/principal';
import { BASE_IMAGES } from '../../../local-aws/ec2/service';
import { ec2Fixture } from './fixture';

const SECOND = 1_000;
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

async function describe1(core: Core, id: string) {
  const { Reservations } = await core.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations![0]!.Instances![0]!;
}

async function run(core: Core, input: Partial<RunInstancesCommand['input']> = {}, principal?: Principal) {
  const { Instances } = await core.send(
    new RunInstancesCommand({
      ImageId: BASE_IMAGES.x86_64,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      ...input,
    }),
    principal,
  );
  return Instances![0]!.InstanceId!;
}

async function profile(core: Core): Promise<void> {
  await core.send(new CreateRoleCommand({ RoleName: 'machine', AssumeRolePolicyDocument: TRUST }));
  await core.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'machine' }));
  await core.send(
    new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'machine', RoleName: 'machine' }),
  );
}

describe('an instance', () => {
  test('goes from pending to running to terminated, and is forgotten after an hour', async () => {
    const { core, clock, machines } = ec2Fixture();
    const id = await run(core);
    expect((await describe1(core, id)).State?.Name).toBe('pending');

    await clock.advance(16 * SECOND);
    const running = await describe1(core, id);
    expect(running.State?.Name).toBe('running');
    expect(running.PrivateIpAddress).toBe(machines.endpoint(id, 80)?.host);

    await core.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect((await describe1(core, id)).State?.Name).toBe('shutting-down');
    await clock.advance(30 * SECOND);
    expect((await describe1(core, id)).State?.Name).toBe('terminated');
    expect(machines.running).toEqual([]);

    await clock.advance(3600 * SECOND);
    await expect(describe1(core, id)).rejects.toMatchObject({
      code: 'InvalidInstanceID.NotFound',
      message: `The instance ID '${id}' does not exist`,
    });
  });

  test('that can not start is terminated with the reason', async () => {
    const { core, clock } = ec2Fixture({ behaviour: () => ({ stopsWith: 'no such kernel' }) });
    const id = await run(core);
    await clock.advance(60 * SECOND);
    expect(await describe1(core, id)).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Message: 'Server.InternalError: no such kernel' },
    });
  });

  test('that ends by itself has the code of its reason', async () => {
    const Message = 'Client.InstanceInitiatedShutdown: Instance initiated shutdown';
    const { core, clock } = ec2Fixture({ behaviour: () => ({ stopsWith: Message }) });
    const id = await run(core);
    await clock.advance(60 * SECOND);
    expect((await describe1(core, id)).StateReason).toEqual({
      Code: 'Client.InstanceInitiatedShutdown',
      Message,
    });
  });

  test('is not made at all when its launch is refused', async () => {
    const refused = new Fault(
      'InsufficientInstanceCapacity',
      'We currently do not have sufficient capacity.',
    );
    const { core } = ec2Fixture({ behaviour: () => ({ refused }) });
    await expect(run(core)).rejects.toBe(refused);
    expect((await core.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
  });

  test('passes its status checks two minutes after it runs', async () => {
    const { core, clock } = ec2Fixture();
    const id = await run(core);
    const status = async () => {
      const answer = await core.send(
        new DescribeInstanceStatusCommand({ InstanceIds: [id], IncludeAllInstances: true }),
      );
      return answer.InstanceStatuses?.[0]?.InstanceStatus?.Status;
    };
    expect(await status()).toBe('not-applicable');
    await clock.advance(20 * SECOND);
    expect(await status()).toBe('initializing');
    await clock.advance(120 * SECOND);
    expect(await status()).toBe('ok');
  });

  test('takes from a launch template what the request does not say itself', async () => {
    const { core, machines } = ec2Fixture();
    const { LaunchTemplate } = await core.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'fleet',
        LaunchTemplateData: {
          ImageId: BASE_IMAGES.x86_64,
          InstanceType: 't3.micro',
          UserData: Buffer.from('#!/bin/bash').toString('base64'),
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'fleet' }] }],
        },
      }),
    );
    const id = await run(core, {
      ImageId: undefined,
      InstanceType: 't3.small',
      LaunchTemplate: { LaunchTemplateName: 'fleet', Version: '1' },
    });
    const instance = await describe1(core, id);
    expect(instance.InstanceType).toBe('t3.small');
    expect(instance.Tags).toEqual([
      { Key: 'Name', Value: 'fleet' },
      { Key: 'aws:ec2launchtemplate:id', Value: LaunchTemplate!.LaunchTemplateId },
      { Key: 'aws:ec2launchtemplate:version', Value: '1' },
    ]);
    expect(machines.running[0]?.userData).toBe('#!/bin/bash');
  });

  test('has its console output in base64', async () => {
    const { core } = ec2Fixture();
    const { Output } = await core.send(new GetConsoleOutputCommand({ InstanceId: await run(core) }));
    expect(Output).toBe('');
  });

  test('is launched once for one client token', async () => {
    const { core, machines } = ec2Fixture();
    expect(await run(core, { ClientToken: 'a' })).toBe(await run(core, { ClientToken: 'a' }));
    expect(machines.running).toHaveLength(1);
  });

  test.each([
    [{ ImageId: 'ami-1' }, 'InvalidAMIID.Malformed', 'Invalid id: "ami-1" (expecting "ami-...")'],
    [
      { ImageId: 'ami-0123456789abcdef0' },
      'InvalidAMIID.NotFound',
      "The image id '[ami-0123456789abcdef0]' does not exist",
    ],
    [{ InstanceType: 't4g.micro' as const }, 'InvalidParameterValue', /architecture 'arm64'.*'x86_64'/],
    [{ SubnetId: 'subnet-0' }, 'InvalidSubnetID.NotFound', "The subnet ID 'subnet-0' does not exist"],
    [{ IamInstanceProfile: { Name: 'x' } }, 'InvalidParameterValue', /Invalid IAM Instance Profile name/],
    [{ DryRun: true }, 'DryRunOperation', 'Request would have succeeded, but DryRun flag is set.'],
  ])('is refused with %j', async (input, code, message) => {
    const { core, machines } = ec2Fixture();
    const refusal = await run(core, input).catch((error: Fault) => error);
    expect(refusal).toMatchObject({ code });
    expect((refusal as Fault).message).toMatch(message);
    expect(machines.running).toEqual([]);
  });
});

describe('permissions that a launch needs', () => {
  const caller: Principal = { kind: 'role', arn: 'arn:caller', roleArn: 'arn:role', accessKeyId: 'A' };

  test('are the launch itself on everything that it touches, the tags, and the passed role', async () => {
    const { core } = ec2Fixture();
    await profile(core);
    const asked: string[] = [];
    core.authorizer = (principal, action, resource) => {
      if (principal === caller)
        asked.push(`${action} ${resource.split(':').slice(5).join(':').split('/')[0]}`);
    };
    await run(
      core,
      {
        IamInstanceProfile: { Name: 'machine' },
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
      },
      caller,
    );
    expect(asked).toEqual([
      'ec2:RunInstances instance',
      'ec2:RunInstances image',
      'ec2:RunInstances network-interface',
      'ec2:RunInstances volume',
      'ec2:RunInstances subnet',
      'ec2:RunInstances security-group',
      'ec2:CreateTags instance',
      'iam:PassRole role',
    ]);
  });

  test('that are missing keep the machine from being launched', async () => {
    const { core, machines } = ec2Fixture();
    await profile(core);
    core.authorizer = (principal, action) => {
      if (principal === caller && action === 'iam:PassRole') throw new Fault('UnauthorizedOperation', action);
    };
    await expect(run(core, { IamInstanceProfile: { Name: 'machine' } }, caller)).rejects.toThrow(
      'iam:PassRole',
    );
    expect(machines.running).toEqual([]);
  });
});

test('a machine of a baked image runs what was baked', async () => {
  const { core, machines } = ec2Fixture();
  const { ImageId } = await core.send(new RegisterImageCommand({ Name: 'guestbook-1' }));
  await machines.bake({
    imageId: 'build-1',
    baseImageId: BASE_IMAGES.x86_64,
    components: [
      {
        name: 'install',
        document: '',
        parameters: {
          Application: 'guestbook',
          Version: '1.0.0',
          ArtifactUri: 's3://assets/a.tar',
          ArtifactSha256: 'a'.repeat(64),
          Command: '["node","server.js"]',
          Port: '8080',
        },
      },
    ],
    roleArn: '',
    log: () => undefined,
  });
  machines.adoptImage('build-1', ImageId!);
  await run(core, { ImageId });
  expect(machines.running[0]?.software?.version).toBe('1.0.0');
});
