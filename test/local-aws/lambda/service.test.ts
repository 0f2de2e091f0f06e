import * as lambda from '@aws-sdk/client-lambda';
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
    ['layers', { Layers: ['arn:layer'] }, 'functions with Layers'],
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
    Environment: { Variables: { N: 1 } },
  };
  const { physicalId, attributes } = await type.create(properties, provisioning);
  expect(attributes.Arn).toBe('arn:aws:lambda:eu-central-1:000000000000:function:Stack-L');
  const changed = { ...properties, Timeout: '60', Tags: [{ Key: 'k', Value: 'v' }] };
  await type.update!(physicalId, changed, properties, provisioning);
  const { Configuration, Tags } = await core.send(
    new lambda.GetFunctionCommand({ FunctionName: physicalId }),
  );
  expect(Configuration).toMatchObject({ Timeout: 60, Environment: { Variables: { N: '1' } } });
  expect(Tags).toEqual({ k: 'v', 'aws:cloudformation:stack-name': 'Stack' });
  await type.delete(physicalId, changed, provisioning);
  await type.delete(physicalId, changed, provisioning);
  await expect(type.create({ ...properties, KmsKeyArn: 'x' }, provisioning)).rejects.toThrow(
    'does not serve the property KmsKeyArn',
  );
});
