import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { DescribeInstanceRefreshesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import type { ElbService } from '../../local-aws/elb/service';
import type { LambdaService } from '../../local-aws/lambda/service';
import { type LocalAws, startLocalAws } from '../../local-aws/local-aws';
import { Cdk } from '../../local-aws/rehearsal/cdk';
import { leftoversOf } from '../../local-aws/rehearsal/leftovers';
import type { Variant } from '../../local-aws/rehearsal/model';
import { STORY_CONTEXT } from '../../local-aws/rehearsal/story';
import { callRecorder } from '../harness/call-recorder';

// The real CDK CLI against the local AWS: real function processes, real machines, real requests by HTTPS.

const root = join(__dirname, '..', '..');
const out = mkdtempSync(join(tmpdir(), 'end-to-end-'));
let aws: LocalAws;
let cdk: Cdk;

beforeAll(async () => {
  // Calm: functions wait for late permissions in real time, as `npm start` shows.
  const onCall = callRecorder(() => (name) => aws.core.service(name));
  aws = await startLocalAws({ speed: 200, variations: {}, onCall });
  const context = { ...STORY_CONTEXT, certificateArn: aws.certificateArn };
  cdk = new Cdk({ root, out, context, environment: aws.environment });
});

afterAll(async () => {
  await cdk.close();
  await aws.close();
  rmSync(out, { recursive: true, force: true });
});

async function serves(variant: string): Promise<string> {
  const { Stacks } = await aws.core.send(new DescribeStacksCommand({ StackName: variant }));
  const url = new URL(Stacks![0]!.Outputs!.find(({ OutputKey }) => OutputKey === 'Url')!.OutputValue!);
  expect(url.protocol).toBe('https:');
  const { LoadBalancers } = await aws.core.send(new DescribeLoadBalancersCommand({}));
  const { LoadBalancerArn } = LoadBalancers!.find(({ DNSName }) => DNSName === url.host)!;
  const elb = aws.core.service('elasticloadbalancing') as ElbService;
  // Another one than the output says where a process may not bind ports below 1024.
  url.port = String(elb.realPort(LoadBalancerArn!, 443));
  const ca = readFileSync(aws.environment.NODE_EXTRA_CA_CERTS!);
  const request = get(new URL('version', url), { ca, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return ((await json(response)) as { version: string }).version;
}

/** Deploys, and shows what the CLI said when it did not end well. */
async function deployed(step: string, variant: Variant, folder: string): Promise<void> {
  const exit = await cdk.deploy(step, variant, folder);
  const log = exit === 0 ? '' : readFileSync(cdk.logPath(`${step}-${variant}`), 'utf8');
  expect({ exit, log }).toEqual({ exit: 0, log: '' });
}

/** Fewer than the attempts that the state machine makes at a round: a function that always dies has to fail. */
const MOST_KILLS = 3;

/** Kills the rollout's step function when it is seen, some times. @returns what ends that and says how often it was */
function killing(functionNames: readonly string[]): () => number {
  const lambda = aws.core.service('lambda') as LambdaService;
  let killed = 0;
  const timer = setInterval(() => {
    const [pid] = functionNames.flatMap((name) => lambda.processes(name));
    if (pid === undefined || killed === MOST_KILLS) return;
    process.kill(pid, 'SIGKILL');
    killed++;
  }, 700);
  return () => {
    clearInterval(timer);
    return killed;
  };
}

test('deploy, release while the rollout function is killed, and destroy: nothing is lost, nothing is left', async () => {
  const first = await cdk.synthesize('1.0.0');
  const next = cdk.synthesize('1.1.0');
  expect(await cdk.deployLedger(first)).toBe(0);
  await Promise.all([deployed('first', 'InstanceBased', first), deployed('first', 'ImageBased', first)]);
  expect(await serves('InstanceBased')).toBe('1.0.0');
  expect(await serves('ImageBased')).toBe('1.0.0');

  const { Functions } = await aws.core.send(new ListFunctionsCommand({}));
  const rollouts = Functions!.filter(({ Handler }) => Handler === 'rollout.handler');
  const stop = killing(rollouts.map(({ FunctionName }) => FunctionName!));
  await deployed('next', 'InstanceBased', await next);
  expect(stop()).toBeGreaterThan(0);
  expect(await serves('InstanceBased')).toBe('1.1.0');
  const { InstanceRefreshes } = await aws.core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'InstanceBased-fleet' }),
  );
  expect(InstanceRefreshes!.map(({ Status }) => Status)).toEqual(['Successful']);

  expect(
    await Promise.all([
      cdk.destroy('destroy', 'InstanceBased', await next),
      cdk.destroy('destroy', 'ImageBased', first),
    ]),
  ).toEqual([0, 0]);
  const left = await leftoversOf(aws.core, []);
  // The functions' processes end with the local AWS, when it is asked to or when it is killed.
  const { 'processes of machines and functions': _, ...things } = left;
  expect(Object.values(things).flat()).toEqual([]);
});
