import { PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { AddPermissionCommand, CreateFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { GetParameterCommand, PutParameterCommand, SSM } from '@aws-sdk/client-ssm';
import { zipSync } from 'fflate';
import { VirtualClock } from '../../../local-aws/core/clock';
import { type CallRecord, Core } from '../../../local-aws/core/core';
import {
  ConnectionLost,
  type Disturbance,
  type Faults,
  internalError,
  throttling,
} from '../../../local-aws/core/fault-injection';
import { EventsService } from '../../../local-aws/events/service';
import { IamService } from '../../../local-aws/iam/service';
import { LambdaService } from '../../../local-aws/lambda/service';
import { SsmService } from '../../../local-aws/ssm/service';
import { StsService } from '../../../local-aws/sts/service';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { listen } from '../../../local-aws/wire/server';

/** A parameter store whose calls go wrong one after the other as the list says. */
function setUp(...disturbances: (Disturbance | undefined)[]) {
  const calls: CallRecord[] = [];
  const faults: Faults = {
    call: ({ operation }) => (operation === 'PutParameter' ? disturbances.shift() : undefined),
  };
  const core = new Core({ clock: new VirtualClock(), onCall: (call) => calls.push(call), faults });
  core.register(new SsmService(core));
  const client = (maxAttempts?: number) => new SSM(clientConfig(core, undefined, { maxAttempts }));
  const put = (maxAttempts?: number) =>
    client(maxAttempts).putParameter({ Name: 'p', Value: 'v', Type: 'String', Overwrite: true });
  const version = async () => (await core.send(new GetParameterCommand({ Name: 'p' }))).Parameter?.Version;
  return { core, calls, put, version };
}

test('a call that is throttled has no effect; a client tries again, without waiting', async () => {
  const { put, version, calls } = setUp({ before: throttling('ssm') }, { before: internalError('ssm') });
  const began = performance.now();
  expect(await put()).toMatchObject({ Version: 1, $metadata: { attempts: 3 } });
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(await version()).toBe(1);
  expect(calls.map(({ fault }) => fault)).toEqual([
    'ThrottlingException',
    'InternalServerError',
    undefined,
    undefined,
  ]);
});

test("after its last attempt a client gives up, with the service's error", async () => {
  const { put } = setUp({ before: throttling('ssm') }, { before: throttling('ssm') });
  await expect(put(2)).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
});

test('an answer that is lost leaves the effect, which a retry repeats', async () => {
  const { put, version, calls } = setUp({ after: 'lost' });
  expect(await put()).toMatchObject({ Version: 2 });
  expect(await version()).toBe(2);
  expect(calls[0]?.fault).toBe('ConnectionLost');
});

test("a request that is lost leaves none; the caller can't tell", async () => {
  for (const disturbance of [{ before: 'lost' }, { after: 'lost' }] as const) {
    const { put, version } = setUp(disturbance);
    await expect(put(1)).rejects.toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
    if ('after' in disturbance) expect(await version()).toBe(1);
    else await expect(version()).rejects.toThrow('not found');
  }
});

test('over HTTP a lost answer is a connection that breaks', async () => {
  const { core } = setUp({ after: 'lost' });
  const { url, close } = await listen(core);
  const client = new SSM({
    endpoint: url,
    region: core.region,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  await expect(client.putParameter({ Name: 'p', Value: 'v', Type: 'String' })).rejects.toThrow(
    'socket hang up',
  );
  client.destroy();
  await close();
});

test('calls of services among themselves are left alone', async () => {
  const { core, version } = setUp({ before: 'lost' }, { before: 'lost' });
  const put = new PutParameterCommand({ Name: 'p', Value: 'v', Type: 'String' });
  await expect(core.send(put, core.root)).rejects.toBeInstanceOf(ConnectionLost);
  await core.send(put, core.servicePrincipal('cloudformation.amazonaws.com'));
  expect(await version()).toBe(1);
});

test.each([
  ['ec2', 'RequestLimitExceeded', 503],
  ['autoscaling', 'Throttling', 400],
  ['dynamodb', 'ProvisionedThroughputExceededException', 400],
  ['lambda', 'TooManyRequestsException', 429],
  ['states', 'ThrottlingException', 400],
])('%s says %s', (service, code, status) => {
  expect(throttling(service)).toMatchObject({ code, status });
});

/** A rule that invokes a function, which notes the number in each event and when it came. */
async function withFunction(faults: Faults) {
  const clock = new VirtualClock();
  const core = new Core({ clock, faults });
  const begin = clock.now();
  const got: [number: number, atMs: number][] = [];
  const inProcess = async (_: string, event: unknown) => {
    const { n, detail } = event as { n?: number; detail?: { n: number } };
    got.push([n ?? detail!.n, clock.now() - begin]);
  };
  for (const service of [
    new IamService(core),
    new StsService(core),
    new LambdaService(core, { inProcess }),
    new EventsService(core),
  ])
    core.register(service);
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
  await core.send(
    new CreateRoleCommand({ RoleName: 'R', AssumeRolePolicyDocument: JSON.stringify({ Statement: trust }) }),
  );
  const { FunctionArn } = await core.send(
    new CreateFunctionCommand({
      FunctionName: 'F',
      Runtime: 'nodejs20.x',
      Role: core.arn('iam', 'role/R'),
      Handler: 'index.handler',
      Code: { ZipFile: zipSync({ 'index.js': new Uint8Array() }) },
    }),
  );
  await core.send(
    new AddPermissionCommand({
      FunctionName: 'F',
      StatementId: 'rule',
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
    }),
  );
  await core.send(new PutRuleCommand({ Name: 'rule', EventPattern: JSON.stringify({ source: ['test'] }) }));
  await core.send(new PutTargetsCommand({ Rule: 'rule', Targets: [{ Id: 'F', Arn: FunctionArn }] }));
  return { core, clock, got };
}

test('events are lost, doubled and late, as the test says', async () => {
  const occurrences = [[], [0, 0], [60_000], [0]];
  const { core, clock, got } = await withFunction({ delivery: () => occurrences.shift() ?? [0] });
  for (const n of [1, 2, 3, 4])
    await core.send(
      new PutEventsCommand({ Entries: [{ Source: 'test', DetailType: 'T', Detail: JSON.stringify({ n }) }] }),
    );
  await clock.advance(120_000);
  expect(got).toEqual([
    [2, 0],
    [2, 0],
    [4, 0],
    [3, 60_000],
  ]);
});

test('an asynchronous invocation happens twice, a synchronous one never', async () => {
  const asked: unknown[] = [];
  const { core, clock, got } = await withFunction({
    invocation: (invocation) => {
      asked.push(invocation);
      return [0, 30_000];
    },
  });
  const invoke = (n: number, InvocationType: 'Event' | 'RequestResponse') =>
    core.send(new InvokeCommand({ FunctionName: 'F', InvocationType, Payload: JSON.stringify({ n }) }));
  await invoke(1, 'RequestResponse');
  await invoke(2, 'Event');
  await clock.advance(60_000);
  expect(asked).toEqual([{ functionName: 'F', event: { n: 2 } }]);
  expect(got).toEqual([
    [1, 0],
    [2, 0],
    [2, 30_000],
  ]);
});
