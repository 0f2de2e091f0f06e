import * as sfn from '@aws-sdk/client-sfn';
import { coreWithStates } from './setup';

let times: number[];
let handle: jest.Mock<Promise<unknown>, [unknown, string]>;
let lateTask: (() => void) | undefined;
let world: Awaited<ReturnType<typeof coreWithStates>>;

beforeEach(async () => {
  times = [];
  lateTask = undefined;
  handle = jest.fn(async (event, _name) => event);
  world = await coreWithStates(
    (event, name) => {
      times.push(world.clock.now());
      return handle(event, name);
    },
    {
      realTimer: (_, callback) => {
        lateTask = callback;
        return { cancel: () => undefined };
      },
    },
  );
});

const task = (more: object = {}) => ({ Type: 'Task', Resource: world.functionArn, End: true, ...more });
const only = (state: object, more: object = {}) => ({ StartAt: 'S', States: { S: state }, ...more });
const named = (name: string, message = 'why') => Object.assign(new Error(message), { name });
const seconds = () => times.slice(1).map((time, index) => (time - times[index]!) / 1000);

describe('data', () => {
  test('goes through input path, parameters, result selector, result path and output path', async () => {
    handle.mockImplementation(async (event) => ({ got: event, more: 1 }));
    const state = task({
      InputPath: '$.in',
      Parameters: { 'value.$': '$.x', 'started.$': '$$.Execution.StartTime', 'state.$': '$$.State.Name' },
      ResultSelector: { 'kept.$': '$.got' },
      ResultPath: '$.out.result',
      OutputPath: '$.out',
    });
    const { output } = await world.run(only(state), { in: { x: 5 }, out: { old: true } });
    expect(output).toEqual({
      old: true,
      result: { kept: { value: 5, started: '2026-01-01T00:00:00.000Z', state: 'S' } },
    });
  });

  test('a result path of null keeps the input', async () => {
    expect((await world.run(only(task({ ResultPath: null })), { a: 1 })).output).toEqual({ a: 1 });
  });

  test('lambda:invoke answers with the call around the payload', async () => {
    const state = task({
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: world.functionArn, 'Payload.$': '$' },
      OutputPath: '$.Payload',
    });
    expect((await world.run(only(state), { a: 1 })).output).toEqual({ a: 1 });
  });

  test('a Pass gives its result, and a Choice goes where its first rule says', async () => {
    const definition = {
      StartAt: 'P',
      States: {
        P: { Type: 'Pass', Result: { n: 3 }, ResultPath: '$.p', Next: 'C' },
        C: {
          Type: 'Choice',
          Choices: [
            { Variable: '$.p.n', NumericLessThan: 3, Next: 'Bad' },
            { Variable: '$.p.n', NumericEquals: 3, Next: 'Good' },
          ],
          Default: 'Bad',
        },
        Good: { Type: 'Succeed' },
        Bad: { Type: 'Fail', Error: 'Wrong', Cause: 'way' },
      },
    };
    expect(await world.run(definition, { a: 1 })).toMatchObject({
      status: 'SUCCEEDED',
      output: { a: 1, p: { n: 3 } },
    });
  });

  test('a Fail ends it with its error', async () => {
    const state = { Type: 'Fail', Error: 'Wrong', CausePath: "States.Format('no {}', $.x)" };
    expect(await world.run(only(state), { x: 'way' })).toMatchObject({
      status: 'FAILED',
      error: 'Wrong',
      cause: 'no way',
    });
  });

  test.each([
    [
      'a choice without a match',
      { Type: 'Choice', Choices: [{ Variable: '$.a', NumericEquals: 2, Next: 'S' }] },
      'States.NoChoiceMatched',
    ],
    ['a path to nothing', { Type: 'Pass', InputPath: '$.none', End: true }, 'States.Runtime'],
    ['seconds that are none', { Type: 'Wait', SecondsPath: '$.text', End: true }, 'States.Runtime'],
  ])('%s fails it', async (_, state, error) => {
    expect(await world.run(only(state), { a: 1, text: 'x' })).toMatchObject({ status: 'FAILED', error });
  });
});

describe('waits', () => {
  test.each([
    ['seconds', { Seconds: 90 }, 90],
    ['seconds from the data', { SecondsPath: '$.s' }, 7],
    ['a moment', { TimestampPath: '$.t' }, 60],
    ['a moment that has passed', { Timestamp: '2025-01-01T00:00:00Z' }, 0],
  ])('for %s', async (_, wait, expected) => {
    const { startDate, stopDate } = await world.run(only({ Type: 'Wait', ...wait, End: true }), {
      s: 7,
      t: '2026-01-01T00:01:00Z',
    });
    expect((stopDate!.getTime() - startDate!.getTime()) / 1000).toBe(expected);
  });

  test('a loop of steps and waits ends when the step says so', async () => {
    let round = 0;
    handle.mockImplementation(async () => ({ done: ++round === 3, waitSeconds: 30 }));
    const definition = {
      StartAt: 'Step',
      States: {
        Step: { Type: 'Task', Resource: world.functionArn, ResultPath: '$.step', Next: 'Done?' },
        'Done?': {
          Type: 'Choice',
          Choices: [{ Variable: '$.step.done', BooleanEquals: true, Next: 'End' }],
          Default: 'Wait',
        },
        Wait: { Type: 'Wait', SecondsPath: '$.step.waitSeconds', Next: 'Step' },
        End: { Type: 'Succeed' },
      },
    };
    expect((await world.run(definition)).status).toBe('SUCCEEDED');
    expect(seconds()).toEqual([30, 30]);
  });
});

describe('errors', () => {
  test('are tried again with back-off, up to a maximum delay', async () => {
    handle.mockRejectedValue(named('Busy'));
    const Retry = [
      { ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 4, MaxDelaySeconds: 6 },
    ];
    const { status, error, cause } = await world.run(only(task({ Retry })));
    expect(seconds()).toEqual([2, 4, 6, 6]);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'Busy' });
    expect(JSON.parse(cause!)).toMatchObject({ errorType: 'Busy', errorMessage: 'why' });
  });

  test('each retrier counts for itself', async () => {
    for (const name of ['A', 'B', 'A']) handle.mockRejectedValueOnce(named(name));
    const Retry = ['A', 'B'].map((name) => ({ ErrorEquals: [name], MaxAttempts: 1 }));
    expect(await world.run(only(task({ Retry })))).toMatchObject({ status: 'FAILED', error: 'A' });
    expect(times).toHaveLength(3);
  });

  test('MaxAttempts 0 never tries again, and the next catcher takes over', async () => {
    handle.mockRejectedValueOnce(named('A'));
    const definition = {
      StartAt: 'S',
      States: {
        S: task({
          Retry: [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }],
          Catch: [{ ErrorEquals: ['States.TaskFailed'], ResultPath: '$.error', Next: 'C' }],
        }),
        C: { Type: 'Pass', End: true },
      },
    };
    const { output } = await world.run(definition, { kept: true });
    expect(output).toMatchObject({ kept: true, error: { Error: 'A' } });
    expect(times).toHaveLength(1);
  });

  test('a function whose process died is Lambda.Unknown', async () => {
    handle.mockRejectedValueOnce(named('Runtime.ExitError', 'signal: killed'));
    const Retry = [{ ErrorEquals: ['Lambda.Unknown'] }];
    expect((await world.run(only(task({ Retry })))).status).toBe('SUCCEEDED');
  });

  test('an invocation that the role does not allow says which permission lacks', async () => {
    const Resource = world.core.arn('lambda', 'function:G');
    expect(await world.run(only(task({ Resource })))).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.AccessDeniedException',
      cause: expect.stringContaining('is not authorized to perform: lambda:InvokeFunction'),
    });
  });

  test('States.ALL does not retry what the data is to blame for', async () => {
    const state = task({ InputPath: '$', OutputPath: '$.none', Retry: [{ ErrorEquals: ['States.ALL'] }] });
    expect(await world.run(only(state))).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(times).toHaveLength(1);
  });

  test('a task that takes too long is States.Timeout', async () => {
    handle.mockImplementation(async () => {
      await Promise.resolve();
      lateTask?.();
      return {};
    });
    expect(await world.run(only(task({ TimeoutSeconds: 5 })))).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
    });
  });
});

describe('the end', () => {
  const waiting = () => only({ Type: 'Wait', Seconds: 3600, End: true });

  test('comes by the machine’s own time-out', async () => {
    const definition = { ...waiting(), TimeoutSeconds: 60 };
    const { status, error, startDate, stopDate } = await world.run(definition);
    expect({ status, error }).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(stopDate!.getTime() - startDate!.getTime()).toBe(60_000);
  });

  test('comes by StopExecution, and once only', async () => {
    const executionArn = await world.start(await world.create(waiting()), {});
    const stop = (error: string) => world.core.send(new sfn.StopExecutionCommand({ executionArn, error }));
    await stop('First');
    await world.clock.advance(7_200_000);
    await stop('Second');
    expect(await world.describe(executionArn)).toMatchObject({ status: 'ABORTED', error: 'First' });
  });

  test('takes the session with it', async () => {
    const sessions = world.core.sessions.size;
    await world.run(only(task()));
    expect(world.core.sessions.size).toBe(sessions);
  });
});

test('the history tells the main events', async () => {
  handle.mockRejectedValueOnce(named('Busy'));
  const { executionArn } = await world.run(only(task({ Retry: [{ ErrorEquals: ['Busy'] }] })));
  const { events } = await world.core.send(new sfn.GetExecutionHistoryCommand({ executionArn }));
  expect(events?.map(({ type }) => type)).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'LambdaFunctionScheduled',
    'LambdaFunctionStarted',
    'LambdaFunctionFailed',
    'LambdaFunctionScheduled',
    'LambdaFunctionStarted',
    'LambdaFunctionSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
});
