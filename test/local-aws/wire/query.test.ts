import * as autoScalingSdk from '@aws-sdk/client-auto-scaling';
import {
  AlreadyExistsFault,
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import * as cloudWatchSdk from '@aws-sdk/client-cloudwatch';
import * as ec2Sdk from '@aws-sdk/client-ec2';
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import * as stsSdk from '@aws-sdk/client-sts';
import { Fault } from '../../../local-aws/core/fault';
import { createHandler } from '../../../local-aws/wire/handler';
import { wireRequest } from '../../../local-aws/wire/http';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { fake } from './fake';

const authorization = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

describe('the query protocol', () => {
  test('carries structures, lists, numbers, booleans and an empty list to the service', async () => {
    const { core, inputs } = fake('autoscaling', autoScalingSdk, {
      StartInstanceRefresh: { InstanceRefreshId: 'r-1' },
    });
    const client = new AutoScalingClient(clientConfig(core));
    const input = {
      AutoScalingGroupName: 'web & "db" <ü>',
      Preferences: {
        MinHealthyPercentage: 90,
        SkipMatching: true,
        AutoRollback: false,
        CheckpointPercentages: [10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 100],
        AlarmSpecification: { Alarms: [] },
      },
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '3' } },
    };
    const answer = await client.send(new StartInstanceRefreshCommand(input));
    expect(inputs).toEqual([input]);
    expect(answer.InstanceRefreshId).toBe('r-1');
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('carries dates, nested lists and text that XML must escape back to the client', async () => {
    const InstanceRefreshes = [
      {
        InstanceRefreshId: 'a<b>&"c"',
        Status: 'InProgress' as const,
        StartTime: new Date('2026-01-02T03:04:05.678Z'),
        PercentageComplete: 0,
        Preferences: { SkipMatching: false, CheckpointPercentages: [50, 100] },
        DesiredConfiguration: { MixedInstancesPolicy: { LaunchTemplate: { Overrides: [] } } },
      },
    ];
    const { core } = fake('autoscaling', autoScalingSdk, {
      DescribeInstanceRefreshes: { InstanceRefreshes },
    });
    const client = new AutoScalingClient(clientConfig(core));
    const answer = await client.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'web' }));
    expect(answer.InstanceRefreshes).toEqual(InstanceRefreshes);
    expect(answer.NextToken).toBeUndefined();
  });

  test('has an answer for operations without output', async () => {
    const { core } = fake('autoscaling', autoScalingSdk, { CreateAutoScalingGroup: {} });
    const client = new AutoScalingClient(clientConfig(core));
    const command = new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'web',
      MinSize: 0,
      MaxSize: 1,
    });
    await expect(client.send(command)).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });

  test.each(['AlreadyExists', 'AlreadyExistsFault'])('makes %s the typed exception', async (code) => {
    const { core } = fake('autoscaling', autoScalingSdk, {
      CreateAutoScalingGroup: new Fault(code, 'Group <web> exists already.'),
    });
    const client = new AutoScalingClient(clientConfig(core));
    const command = new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'web',
      MinSize: 0,
      MaxSize: 1,
    });
    const error = await client.send(command).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AlreadyExistsFault);
    expect(error).toMatchObject({ message: 'Group <web> exists already.', $fault: 'client' });
  });

  test('answers in the query protocol to a service whose package speaks JSON', async () => {
    const { core, inputs } = fake('monitoring', cloudWatchSdk, {
      DescribeAlarms: { MetricAlarms: [{ AlarmName: 'sick', Threshold: 0.5, ActionsEnabled: true }] },
    });
    const response = await createHandler(core)(
      wireRequest(
        'POST',
        '/',
        {
          authorization: authorization('monitoring'),
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        },
        'Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=sick+one&AlarmNames.member.2=x%26y&MaxRecords=5',
      ),
    );
    expect(inputs).toEqual([{ AlarmNames: ['sick one', 'x&y'], MaxRecords: 5 }]);
    expect(Buffer.from(response.body).toString()).toContain(
      '<DescribeAlarmsResult><MetricAlarms><member><AlarmName>sick</AlarmName><ActionsEnabled>true</ActionsEnabled><Threshold>0.5</Threshold></member></MetricAlarms></DescribeAlarmsResult>',
    );
  });

  test('names the action that is missing, and the one that is not served', async () => {
    const { core } = fake('sts', stsSdk, {});
    const headers = {
      authorization: authorization('sts'),
      'content-type': 'application/x-www-form-urlencoded',
    };
    const handler = createHandler(core);
    const missing = await handler(wireRequest('POST', '/', headers, 'Version=2011-06-15'));
    expect(missing.status).toBe(400);
    expect(Buffer.from(missing.body).toString()).toContain('<Code>MissingAction</Code>');
    const unknown = await handler(wireRequest('POST', '/', headers, 'Action=GetFederationToken'));
    expect(unknown.status).toBe(501);
    expect(Buffer.from(unknown.body).toString()).toContain('does not serve sts:GetFederationToken');
  });
});

describe('the EC2 protocol', () => {
  test('carries its own names and flat lists to the service', async () => {
    const { core, inputs } = fake('ec2', ec2Sdk, {
      DescribeInstances: { Reservations: [] },
      CreateLaunchTemplate: {},
    });
    const client = new EC2Client(clientConfig(core));
    const describe = {
      InstanceIds: ['i-1', 'i-2'],
      Filters: [
        { Name: 'tag:a', Values: ['1', '2'] },
        { Name: 'state', Values: ['running'] },
      ],
      MaxResults: 7,
      DryRun: false,
    };
    await expect(client.send(new DescribeInstancesCommand(describe))).resolves.toMatchObject({
      Reservations: [],
    });
    const create = {
      LaunchTemplateName: 'web',
      ClientToken: 'token',
      LaunchTemplateData: {
        ImageId: 'ami-1',
        SecurityGroupIds: ['sg-1'],
        UserData: Buffer.from('#!/bin/bash').toString('base64'),
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 8 } }],
        TagSpecifications: [{ ResourceType: 'instance' as const, Tags: [{ Key: 'a', Value: '' }] }],
        MetadataOptions: { HttpTokens: 'required' as const },
      },
    };
    await client.send(new CreateLaunchTemplateCommand(create));
    expect(inputs).toEqual([describe, create]);
  });

  test('carries nested lists and dates back to the client', async () => {
    const LaunchTemplateVersions = [
      {
        VersionNumber: 2,
        DefaultVersion: false,
        CreateTime: new Date('2026-01-02T03:04:05Z'),
        LaunchTemplateData: {
          ImageId: 'ami-1',
          TagSpecifications: [{ ResourceType: 'instance' as const, Tags: [{ Key: 'a', Value: 'b' }] }],
        },
      },
    ];
    const { core } = fake('ec2', ec2Sdk, { DescribeLaunchTemplateVersions: { LaunchTemplateVersions } });
    const answer = await new EC2Client(clientConfig(core)).send(
      new DescribeLaunchTemplateVersionsCommand({}),
    );
    expect(answer.LaunchTemplateVersions).toEqual(LaunchTemplateVersions);
  });

  test('names an error by its code', async () => {
    const fault = new Fault('InvalidInstanceID.NotFound', "The instance ID 'i-1' does not exist");
    const { core } = fake('ec2', ec2Sdk, { TerminateInstances: fault });
    const sent = new EC2Client(clientConfig(core)).send(
      new TerminateInstancesCommand({ InstanceIds: ['i-1'] }),
    );
    await expect(sent).rejects.toMatchObject({ name: fault.code, message: fault.message });
  });
});
