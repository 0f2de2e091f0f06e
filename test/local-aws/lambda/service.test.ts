import * as lambda from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { unservedMember } from '../../../local-aws/core/accepts';
import { VirtualClock } from '../../../local-aws/core/clock';
import type { Core } from '../../../local-aws/core/core';
import type { LambdaService } from '../../../local-aws/lambda/service';
import { provisioningOf } from '../provisioning';
import { coreWithLambda, createFunction, invoke } from './setup';

const clock = new VirtualClock();
let handler: jest.Mock<Promise<unknown>, [string, unknown]>;
let core: Core;
let service: LambdaService;

beforeEach(async () => {
  handler = jest.fn(async (_, event) => ({ got: event }));
  ({ core, service } = await coreWithLambda(clock, { inProcess: (name, event) => handler(name, event) }));
});

describe('asynchronous invocations', () => {
  const start = () =>
    core.send(
      new lambda.InvokeCommand({
        FunctionName: 'F',
        InvocationType: 'Event',
        Payload: Buffer.from('{"a":1}'),
      }),
    );

  test('are tried again after one minute and after two more', async () => {
    await createFunction(core, { 'index.js': '' });
    const times: number[] = [];
    handler.mockImplementation(async () => {
      times.push(clock.now());
      throw new Error('not yet');
    });
    const begun = clock.now();
    expect(await start()).toMatchObject({ StatusCode: 202 });
    await clock.advance(3_600_000);
    expect(times.map((time) => time - begun)).toEqual([0, 60_000, 180_000]);
  });

  test('are tried as often as the function says', async () => {
    await createFunction(core, { 'index.js': '' });
    await core.send(
      new lambda.PutFunctionEventInvokeConfigCommand({ FunctionName: 'F', MaximumRetryAttempts: 0 }),
    );
    handler.mockRejectedValue(new Error('never'));
    await start();
    await clock.advance(3_600_000);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('end when they succeed', async () => {
    await createFunction(core, { 'index.js': '' });
    await start();
    await clock.advance(3_600_000);
    expect(handler.mock.calls).toEqual([['F', { a: 1 }]]);
  });
});

describe('creation is refused', () => {
  test.each([
    ['another runtime', { Runtime: 'python3.13' as const }, "found the runtime 'python3.13'"],
    ['a role that does not exist', { Role: 'arn:aws:iam::000000000000:role/none' }, 'cannot be assumed'],
    ['layers', { Layers: ['arn:layer'] }, 'Layers is not served by the local AWS'],
    ['a trace', { TracingConfig: { Mode: 'Active' as const } }, 'TracingConfig.Mode = Active is not served'],
    ['a timeout of an hour', { Timeout: 3600 }, '1 to 900 seconds'],
    ['code that is no archive', { Code: { ZipFile: Buffer.from('x') } }, 'Could not unzip'],
  ])('for %s', async (_, input, message) => {
    await expect(createFunction(core, {}, input)).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: expect.stringContaining(message),
    });
  });

  test('for a name that is taken', async () => {
    await createFunction(core, { 'index.js': '' });
    await expect(createFunction(core, { 'index.js': '' })).rejects.toMatchObject({ status: 409 });
  });
});

test('EventBridge may invoke what the function’s own policy lets it', async () => {
  await createFunction(core, { 'index.js': '' });
  const rule = core.arn('events', 'rule/R');
  const events = { kind: 'service', service: 'events.amazonaws.com', arn: rule } as const;
  const attempt = () => core.send(new lambda.InvokeCommand({ FunctionName: 'F' }), events);
  await expect(attempt()).rejects.toThrow('because no resource-based policy allows');
  const permission = {
    FunctionName: 'F',
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
  };
  await core.send(
    new lambda.AddPermissionCommand({ ...permission, StatementId: 'other', SourceArn: `${rule}2` }),
  );
  await expect(attempt()).rejects.toThrow();
  await core.send(new lambda.AddPermissionCommand({ ...permission, StatementId: 'own', SourceArn: rule }));
  await expect(attempt()).resolves.toMatchObject({ StatusCode: 200 });
  await core.send(new lambda.RemovePermissionCommand({ FunctionName: 'F', StatementId: 'own' }));
  await expect(attempt()).rejects.toThrow();
});

test('a function is found by its name and by its ARN', async () => {
  const { FunctionArn } = await createFunction(core, { 'index.js': '' });
  expect((await invoke(core, 1, FunctionArn)).answer).toEqual({ got: 1 });
  await expect(invoke(core, 1, 'G')).rejects.toThrow(
    'Function not found: arn:aws:lambda:eu-central-1:000000000000:function:G',
  );
});

test('CloudFormation makes a function, changes it, and removes it', async () => {
  const provisioning = provisioningOf(core, 'L');
  const type = service.resourceTypes['AWS::Lambda::Function']!;
  const properties = {
    Runtime: 'nodejs20.x',
    Role: core.arn('iam', 'role/function'),
    Handler: 'index.handler',
    Code: { ZipFile: 'exports.handler = async () => 1' },
    Timeout: '30',
    Environment: { Variables: { COUNT: 1 } },
  };
  const { physicalId, attributes } = await type.create(properties, provisioning);
  expect(attributes.Arn).toBe('arn:aws:lambda:eu-central-1:000000000000:function:Stack-L');
  const changed = { ...properties, Timeout: '60', Tags: [{ Key: 'k', Value: 'v' }] };
  await type.update!(physicalId, changed, properties, provisioning);
  const { Configuration, Tags } = await core.send(
    new lambda.GetFunctionCommand({ FunctionName: physicalId }),
  );
  expect(Configuration).toMatchObject({ Timeout: 60, Environment: { Variables: { COUNT: '1' } } });
  expect(Tags).toEqual({ k: 'v', 'aws:cloudformation:stack-name': 'Stack' });
  await type.delete(physicalId, changed, provisioning);
  await type.delete(physicalId, changed, provisioning);
  expect(unservedMember(type.accepts!, { ...properties, KmsKeyArn: 'x' })).toMatch('KmsKeyArn is not served');
});

test('a change can be tried, and can be bound to what was seen', async () => {
  const { RevisionId, CodeSha256 } = await createFunction(core, { 'index.js': '' });
  const code = { FunctionName: 'F', ZipFile: zipSync({ 'other.js': strToU8('1') }) };
  const tried = await core.send(new lambda.UpdateFunctionCodeCommand({ ...code, DryRun: true }));
  expect(tried.CodeSha256).not.toBe(CodeSha256);
  const found = () => core.send(new lambda.GetFunctionConfigurationCommand({ FunctionName: 'F' }));
  expect(await found()).toMatchObject({ RevisionId, CodeSha256 });
  await core.send(new lambda.UpdateFunctionCodeCommand({ ...code, RevisionId }));
  expect((await found()).RevisionId).not.toBe(RevisionId);
  const late = new lambda.UpdateFunctionConfigurationCommand({ FunctionName: 'F', Timeout: 5, RevisionId });
  await expect(core.send(late)).rejects.toMatchObject({ code: 'PreconditionFailedException' });
});

test('functions are listed in pages, and an ARN of another region is none of them', async () => {
  for (const FunctionName of ['F', 'G']) await createFunction(core, { 'index.js': '' }, { FunctionName });
  const first = await core.send(new lambda.ListFunctionsCommand({ MaxItems: 1 }));
  expect(first.Functions).toMatchObject([{ FunctionName: 'F' }]);
  const second = await core.send(new lambda.ListFunctionsCommand({ Marker: first.NextMarker }));
  expect(second.Functions).toMatchObject([{ FunctionName: 'G' }]);
  expect(second.NextMarker).toBeUndefined();
  const elsewhere = 'arn:aws:lambda:eu-west-1:000000000000:function:F';
  await expect(invoke(core, 1, elsewhere)).rejects.toThrow(/eu-central-1 alone/);
});

test('an event that is too old for another attempt is given up', async () => {
  handler.mockRejectedValue(new Error('no'));
  await createFunction(core, { 'index.js': '' });
  await core.send(
    new lambda.PutFunctionEventInvokeConfigCommand({ FunctionName: 'F', MaximumEventAgeInSeconds: 60 }),
  );
  await core.send(new lambda.InvokeCommand({ FunctionName: 'F', InvocationType: 'Event' }));
  await clock.advance(3_600_000);
  expect(handler).toHaveBeenCalledTimes(2);
});

test('an event that is larger than Lambda takes is refused', async () => {
  await createFunction(core, { 'index.js': '' });
  await expect(invoke(core, 'x'.repeat(6 * 1024 * 1024))).rejects.toMatchObject({
    code: 'RequestTooLargeException',
  });
});
