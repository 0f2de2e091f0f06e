import { join } from 'node:path';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as lambda from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { ScaledClock } from '../../../local-aws/core/clock';
import type { Core } from '../../../local-aws/core/core';
import type { LambdaService } from '../../../local-aws/lambda/service';
import { type Listener, listen } from '../../../local-aws/wire/server';
import { coreWithLambda, createFunction, invoke } from './setup';

const modulesPath = join(__dirname, '../../../node_modules');

const source = `
let invocations = 0;
exports.handler = async (event, context) => {
  invocations++;
  console.log('event ' + JSON.stringify(event));
  if (event.throw) { const error = new TypeError(event.throw); throw error; }
  if (event.die) process.kill(process.pid, 'SIGKILL');
  if (event.waitMs) {
    const begun = Date.now();
    await require('node:timers/promises').setTimeout(event.waitMs);
    console.log('waited for ' + (Date.now() - begun));
    return 'waited';
  }
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60000));
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.list) {
    const { IAMClient, ListRolesCommand } = require('@aws-sdk/client-iam');
    const { Roles } = await new IAMClient({ maxAttempts: 1 }).send(new ListRolesCommand({}));
    return Roles.map((role) => role.RoleName);
  }
  if (event.environment)
    return Object.fromEntries(event.environment.map((name) => [name, process.env[name] ?? null]));
  return { pid: process.pid, invocations, arn: context.invokedFunctionArn };
};`;

let core: Core;
let service: LambdaService;
let listener: Listener;

const clock = new ScaledClock(100);

beforeAll(async () => {
  ({ core, service } = await coreWithLambda(
    clock,
    { modulesPath },
    { Effect: 'Allow', Action: 'iam:GetRole', Resource: '*' },
  ));
  listener = await listen(core);
  await createFunction(
    core,
    { 'index.js': source },
    { Environment: { Variables: { COLOUR: 'blue' } }, Timeout: 20 },
  );
});

afterAll(async () => {
  await core.close();
  await listener.close();
  clock.stop();
});

test('a function runs in a process of its own, which serves the next invocation too', async () => {
  const { answer: first } = await invoke(core, {});
  const { answer: second } = await invoke(core, {});
  expect(first).toEqual({
    pid: expect.any(Number),
    invocations: 1,
    arn: 'arn:aws:lambda:eu-central-1:000000000000:function:F',
  });
  expect(first.pid).not.toBe(process.pid);
  expect(second).toMatchObject({ pid: first.pid, invocations: 2 });
  expect(service.processes('F')).toEqual([first.pid]);
});

test('it finds its environment, and nothing of the one around it', async () => {
  const names = [
    'COLOUR',
    'AWS_REGION',
    'AWS_LAMBDA_FUNCTION_NAME',
    'AWS_ENDPOINT_URL',
    'NODE_OPTIONS',
    'USER',
  ];
  const { answer } = await invoke(core, { environment: names });
  expect(answer).toEqual({
    COLOUR: 'blue',
    AWS_REGION: 'eu-central-1',
    AWS_LAMBDA_FUNCTION_NAME: 'F',
    AWS_ENDPOINT_URL: core.endpoint,
    NODE_OPTIONS: null,
    USER: null,
  });
});

test('its calls are refused when its role does not allow them', async () => {
  expect(await invoke(core, { list: true })).toMatchObject({
    error: 'Unhandled',
    answer: {
      errorMessage: expect.stringContaining(
        'User: arn:aws:sts::000000000000:assumed-role/function/F is not authorized to perform: iam:ListRoles',
      ),
    },
  });
});

test('what a handler waits for passes in modelled time, unless somebody waits for its answer', async () => {
  const waited = async () => {
    const input = { logGroupName: '/aws/lambda/F', filterPattern: '"waited for"' };
    const { events = [] } = await core.send(new logs.FilterLogEventsCommand(input));
    return events.map(({ message = '' }) => Number(message.split(' ').at(-1)));
  };
  await invoke(core, { waitMs: 300 });
  await core.send(
    new lambda.InvokeCommand({ FunctionName: 'F', InvocationType: 'Event', Payload: '{"waitMs":15000}' }),
  );
  while ((await waited()).length < 2) await clock.sleep(1000);
  const [inRealTime, inModelledTime] = await waited();
  expect(inRealTime).toBeGreaterThan(290);
  expect(inModelledTime).toBeLessThan(10_000);
});

test('an error of the handler is the answer, and the process goes on', async () => {
  const before = service.processes('F');
  expect(await invoke(core, { throw: 'no such thing' })).toMatchObject({
    error: 'Unhandled',
    answer: { errorType: 'TypeError', errorMessage: 'no such thing' },
  });
  expect(service.processes('F')).toEqual(before);
});

test('a process that dies fails its invocation, and another one takes the next', async () => {
  const { answer: before } = await invoke(core, {});
  expect(await invoke(core, { die: true })).toMatchObject({
    error: 'Unhandled',
    answer: {
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('Runtime exited with error: signal: killed'),
    },
  });
  expect((await invoke(core, { exit: 3 })).answer.errorMessage).toContain('exit status 3');
  const { answer: after } = await invoke(core, {});
  expect(after.pid).not.toBe(before.pid);
});

test('an idle process that was killed is not used again', async () => {
  const { answer: before } = await invoke(core, {});
  process.kill(before.pid, 'SIGKILL');
  expect(await invoke(core, {})).toMatchObject({ answer: { invocations: 1 } });
});

test('concurrent invocations have a process each, and a change of the code ends them', async () => {
  const answers = await Promise.all([invoke(core, {}), invoke(core, {})]);
  expect(new Set(answers.map(({ answer }) => answer.pid)).size).toBe(2);
  const code = zipSync({ 'index.mjs': strToU8('export const handler = async () => "new"') });
  await core.send(new lambda.UpdateFunctionCodeCommand({ FunctionName: 'F', ZipFile: code }));
  expect((await invoke(core, {})).answer).toBe('new');
  expect(service.processes('F')).toHaveLength(1);
});

test('the time-out is counted in real time', async () => {
  await createFunction(core, { 'index.js': source }, { FunctionName: 'Slow', Timeout: 1 });
  expect((await invoke(core, { hang: true }, 'Slow')).answer).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringContaining('Task timed out after 1.00 seconds'),
  });
  expect(service.processes('Slow')).toEqual([]);
});

test.each([
  ['no file', { 'other.js': '' }, 'Runtime.ImportModuleError'],
  ['no export', { 'index.js': '' }, 'Runtime.HandlerNotFound'],
  ['wrong syntax', { 'index.js': 'const = 1' }, 'Runtime.UserCodeSyntaxError'],
])('a handler with %s says so', async (name, files, errorType) => {
  const FunctionName = name.replace(' ', '-');
  await createFunction(core, files, { FunctionName });
  expect((await invoke(core, {}, FunctionName)).answer).toMatchObject({ errorType });
});

test('what it prints is in its log group', async () => {
  const { events } = await core.send(
    new logs.FilterLogEventsCommand({ logGroupName: '/aws/lambda/F', filterPattern: '"event {"' }),
  );
  expect(events?.map(({ message }) => message)).toContain('event {"die":true}');
});
