import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { CreateLaunchTemplateCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { strToU8, zipSync } from 'fflate';
import { create } from 'tar';
import type { Core } from '../../local-aws/core/core';
import { BASE_IMAGES } from '../../local-aws/ec2/service';
import { startLocalAws } from '../../local-aws/local-aws';

// Run as a process of its own by closing.test.ts: starts a local AWS, gives every part of it something to
// do, closes it, and says what it had started and how long it took after that to end by itself.

const SERVER = `require('node:http').createServer((_, response) => response.end(String(process.pid)))
  .listen(process.env.PORT, process.env.HOST);`;

async function role(core: Core, name: string, service: string): Promise<string> {
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } };
  const { Role } = await core.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: trust }),
    }),
  );
  const all = { Effect: 'Allow', Action: '*', Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: all });
  await core.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'all', PolicyDocument }));
  return Role!.Arn!;
}

/** @returns the id of the function's process */
async function useFunction(core: Core): Promise<number> {
  const source = 'exports.handler = async () => process.pid';
  await core.send(
    new CreateFunctionCommand({
      FunctionName: 'pid',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: await role(core, 'function', 'lambda.amazonaws.com'),
      Code: { ZipFile: zipSync({ 'index.js': strToU8(source) }) },
    }),
  );
  const { Payload } = await core.send(new InvokeCommand({ FunctionName: 'pid' }));
  return Number(Buffer.from(Payload!).toString());
}

/** @returns user data that installs a server */
async function release(core: Core): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'artifact-'));
  writeFileSync(join(folder, 'server.js'), SERVER);
  const Body = create({ cwd: folder, sync: true, portable: true }, ['server.js']).read() as Buffer;
  rmSync(folder, { recursive: true });
  await core.send(new CreateBucketCommand({ Bucket: 'assets' }));
  await core.send(new PutObjectCommand({ Bucket: 'assets', Key: 'a.tar', Body }));
  const digest = createHash('sha256').update(Body).digest('hex');
  return `APPLICATION='pid'\nVERSION='1.0.0'\nARTIFACT_URI='s3://assets/a.tar'\nARTIFACT_SHA256='${digest}'\nCOMMAND='["node","server.js"]'\nPORT='8080'\n`;
}

/** @returns the id of a machine's process, asked for through the load balancer */
async function useFleet(core: Core): Promise<number> {
  await role(core, 'machine', 'ec2.amazonaws.com');
  await core.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'machine' }));
  const profile = { InstanceProfileName: 'machine', RoleName: 'machine' };
  await core.send(new AddRoleToInstanceProfileCommand(profile));
  await core.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'fleet',
      LaunchTemplateData: {
        ImageId: BASE_IMAGES.x86_64,
        InstanceType: 't3.micro',
        UserData: Buffer.from(await release(core)).toString('base64'),
        IamInstanceProfile: { Name: 'machine' },
      },
    }),
  );
  const { Subnets = [] } = await core.send(new DescribeSubnetsCommand({}));
  const subnets = Subnets.slice(0, 2).map(({ SubnetId }) => SubnetId!);
  const { LoadBalancers } = await core.send(
    new CreateLoadBalancerCommand({ Name: 'fleet', Subnets: subnets }),
  );
  const { LoadBalancerArn, DNSName } = LoadBalancers![0]!;
  const { TargetGroups } = await core.send(
    new CreateTargetGroupCommand({
      Name: 'fleet',
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: Subnets[0]!.VpcId,
      HealthCheckIntervalSeconds: 10,
    }),
  );
  const { TargetGroupArn } = TargetGroups![0]!;
  const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn }];
  await core.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'HTTP', Port: 80, DefaultActions }));
  await core.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'fleet',
      MinSize: 1,
      MaxSize: 1,
      LaunchTemplate: { LaunchTemplateName: 'fleet', Version: '1' },
      VPCZoneIdentifier: subnets.join(','),
      TargetGroupARNs: [TargetGroupArn!],
    }),
  );
  const isHealthy = async () => {
    const { TargetHealthDescriptions } = await core.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return TargetHealthDescriptions?.[0]?.TargetHealth?.State === 'healthy';
  };
  while (!(await isHealthy())) await core.clock.sleep(5_000);
  return Number(await (await fetch(`http://${DNSName}/`)).text());
}

async function useAlarm(core: Core): Promise<void> {
  await core.send(
    new PutMetricAlarmCommand({
      AlarmName: 'requests',
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCount',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  );
}

async function main(): Promise<void> {
  const { core, close } = await startLocalAws({ speed: 1_000 });
  const [functionPid, machinePid] = await Promise.all([useFunction(core), useFleet(core), useAlarm(core)]);
  await close();
  const closedAt = performance.now();
  process.on('exit', () => {
    const lastedMs = performance.now() - closedAt;
    process.stdout.write(JSON.stringify({ functionPid, machinePid, lastedMs }));
  });
}

void main();
