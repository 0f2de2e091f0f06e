import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as ec2 from '@aws-sdk/client-ec2';
import * as loadBalancing from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import type { LongRunning } from '../../lib/custom-resource/step';
import type { RolloutClients, VerificationClients } from '../../lib/rollout/clients';
import { rollout } from '../../lib/rollout/rollout-step';
import { verification } from '../../lib/rollout/verify';
import type { CommandLike, Core } from '../../local-aws/core/core';
import { Fault } from '../../local-aws/core/fault';
import { runSteps, type Time } from '../custom-resource/run-steps';
import { MemoryLedger } from '../ledger/memory-ledger';
import { minute, setUp, until } from '../local-aws/autoscaling/fixture';
import { rolloutProperties } from './properties';

/** The clients that the functions have, without the wire. */
function clientsOf(core: Core): RolloutClients & VerificationClients {
  const ledger = new MemoryLedger();
  const calls =
    <Input extends object, Output extends object>(
      Command: new (input: Input) => CommandLike<Input, Output>,
    ) =>
    async (input: Input): Promise<Output & { $metadata: object }> => {
      try {
        return { $metadata: {}, ...(await core.send(new Command(input))) };
      } catch (error) {
        throw error instanceof Fault ? Object.assign(new Error(error.message), { name: error.code }) : error;
      }
    };
  return {
    autoScaling: {
      describeAutoScalingGroups: calls(autoScaling.DescribeAutoScalingGroupsCommand),
      describeInstanceRefreshes: calls(autoScaling.DescribeInstanceRefreshesCommand),
      describeScalingActivities: calls(autoScaling.DescribeScalingActivitiesCommand),
      startInstanceRefresh: calls(autoScaling.StartInstanceRefreshCommand),
      rollbackInstanceRefresh: calls(autoScaling.RollbackInstanceRefreshCommand),
      cancelInstanceRefresh: calls(autoScaling.CancelInstanceRefreshCommand),
    },
    ec2: {
      describeLaunchTemplateVersions: calls(ec2.DescribeLaunchTemplateVersionsCommand),
      getConsoleOutput: calls(ec2.GetConsoleOutputCommand),
      describeImages: calls(ec2.DescribeImagesCommand),
      describeInstanceTypes: calls(ec2.DescribeInstanceTypesCommand),
      describeSubnets: calls(ec2.DescribeSubnetsCommand),
    },
    functions: { invoke: () => Promise.reject(new Error('There is no function.')) },
    ledger: () => ledger,
    loadBalancing: {
      describeTargetGroups: calls(loadBalancing.DescribeTargetGroupsCommand),
      describeTargetHealth: calls(loadBalancing.DescribeTargetHealthCommand),
    },
    cloudWatch: { describeAlarms: calls(cloudWatch.DescribeAlarmsCommand) },
    cloudFormation: { describeStacks: async () => ({ $metadata: {}, Stacks: [] }) },
  };
}

async function world(alarmNames: readonly string[] = []) {
  const { clock, core, targetGroupArn, healthy, templateId, ...rest } = await setUp();
  const clients = clientsOf(core);
  const time: Time = {
    get now() {
      return clock.now();
    },
    set now(_value: number) {
      throw new Error('The clock moves by itself.');
    },
    pass: (ms) => clock.advance(ms),
  };
  const request = (versionProperty: string, version: string): ResourceRequest => ({
    RequestType: 'Update',
    RequestId: 'request-1',
    ResponseURL: 'http://127.0.0.1/',
    StackId: 'stack-1',
    ResourceType: 'Custom::Rollout',
    LogicalResourceId: 'Rollout',
    PhysicalResourceId: 'Rollout/0',
    ResourceProperties: {
      ...rolloutProperties({
        GroupName: 'fleet',
        LaunchTemplateId: templateId,
        TargetGroupArn: targetGroupArn,
        AlarmNames: alarmNames,
        MaxHealthyPercentage: '150',
        Version: version,
        Release: `guestbook ${version}`,
      }),
      [versionProperty]: version,
    },
  });
  const run = async <Spec>(kind: LongRunning<Spec>, given: ResourceRequest, isGoingBack: boolean) => {
    const { result } = await runSteps(kind, given, time, { isGoingBack });
    return result.outcome;
  };
  return {
    ...rest,
    core,
    clock,
    healthy,
    roll: (version: string, isGoingBack = false) =>
      run(rollout(clients), request('TargetVersion', version), isGoingBack),
    verify: (version: string) => run(verification(clients), request('LaunchTemplateVersion', version), false),
    serve: async () => {
      await rest.create();
      await until(clock, async () => (await healthy()) === 4);
    },
  };
}

describe('on the local Auto Scaling', () => {
  test('a release comes, and the verification finds it everywhere', async () => {
    const { serve, roll, verify, versions, group } = await world();
    await serve();
    expect(await roll('2')).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '2' } });
    expect(await versions()).toEqual(['2', '2', '2', '2']);
    expect((await group())?.LaunchTemplate?.Version).toBe('2');
    expect(await verify('2')).toMatchObject({ kind: 'succeed', data: { Machines: '4' } });
  });

  test('a broken release goes back at the progress deadline, and never lowers what serves', async () => {
    const { serve, roll, versions, behaviours, healthy, group } = await world();
    await serve();
    behaviours.set('v2', { status: () => 500 });
    const outcome = await roll('2');
    expect(outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(
        /no machine of the release is healthy\. Machine i-[0-9a-f]+ is unhealthy in the target group: Target\.ResponseCodeMismatch, .*\[500\].*was rolled back/s,
      ),
    });
    expect(await versions()).toEqual(['1', '1', '1', '1']);
    expect(await healthy()).toBe(4);
    expect((await group())?.LaunchTemplate?.Version).toBe('1');
    // And so the stack's rollback finds everything in place.
    expect(await roll('1', true)).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '1' } });
  });

  test('a broken release goes back by the alarm, sooner, with the sick machine in the reason', async () => {
    const { serve, roll, versions, behaviours, core, clock, dimensions } = await world(['unhealthy-hosts']);
    await core.send(
      new cloudWatch.PutMetricAlarmCommand({
        AlarmName: 'unhealthy-hosts',
        Namespace: 'AWS/ApplicationELB',
        MetricName: 'UnHealthyHostCount',
        Dimensions: dimensions,
        Statistic: 'Maximum',
        Period: 60,
        EvaluationPeriods: 3,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      }),
    );
    await serve();
    await clock.advance(5 * minute);
    behaviours.set('v2', { status: () => 500 });
    const before = clock.now();
    expect(await roll('2')).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(
        /Machine i-[0-9a-f]+ is unhealthy in the target group: Target\.ResponseCodeMismatch, .*\[500\].*was rolled back/s,
      ),
    });
    expect(clock.now() - before).toBeLessThan(15 * minute);
    expect(await versions()).toEqual(['1', '1', '1', '1']);
  });

  test('a stack that has to go back from a release that was complete goes back', async () => {
    const { serve, roll, versions, group } = await world();
    await serve();
    await roll('2');
    expect(await roll('1', true)).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '1' } });
    expect(await versions()).toEqual(['1', '1', '1', '1']);
    expect((await group())?.LaunchTemplate?.Version).toBe('1');
  });

  test('a broken first release fails the verification with the reason', async () => {
    const { create, verify, behaviours, clock } = await world();
    behaviours.set('v1', { status: () => 500 });
    await create();
    const before = clock.now();
    expect(await verify('1')).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(
        /0 of 4 machines serve guestbook 1, .*Machine i-[0-9a-f]+ is unhealthy .*\[500\]/s,
      ),
    });
    expect(clock.now() - before).toBeLessThan(17 * minute);
  });
});
