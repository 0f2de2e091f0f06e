import * as eventBridge from '@aws-sdk/client-eventbridge';
import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { type AnswerEvent, endingOf } from '../../lib/custom-resource/answer';
import type { Ending } from '../../lib/custom-resource/protocol';
import { stateMachineDefinition } from '../../lib/custom-resource/state-machine';
import { type Outcome, runStep, type StepEvent } from '../../lib/custom-resource/step';
import { VirtualClock } from '../../local-aws/core/clock';
import { Core } from '../../local-aws/core/core';
import { IamService } from '../../local-aws/iam/service';
import { StepFunctionsService } from '../../local-aws/stepfunctions/service';
import { operation } from '../harness/stand-in';

const STEP = 'arn:aws:lambda:eu-central-1:000000000000:function:step';
const ANSWER = 'arn:aws:lambda:eu-central-1:000000000000:function:answer';
const DIED = { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error: signal: killed' };

type Round = { now: number; startedAt: number; note: string };

/** Runs a resource through its real state machine, with functions that run here. */
async function run(step: (round: Round, attempt: number) => Outcome | 'die', answerFails = false) {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  const endings: Ending[] = [];
  const events: AnswerEvent[] = [];
  let attempts = 0;

  const invoke = async ({ FunctionName, Payload }: lambda.InvokeCommandInput): Promise<object> => {
    const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString()) as StepEvent & AnswerEvent;
    if (FunctionName === ANSWER) {
      if (answerFails) throw new Error('CloudFormation can not be reached.');
      endings.push(endingOf(event).ending);
      return {};
    }
    const kind = {
      parse: () => ({}),
      step: async (round: Round) => {
        const outcome = step(round, ++attempts);
        if (outcome === 'die') throw DIED;
        return outcome;
      },
    };
    return runStep(event, kind);
  };
  core.register({
    signingName: 'lambda',
    sdk: lambda as unknown as Record<string, unknown>,
    operations: {
      Invoke: operation<lambda.InvokeCommandInput, lambda.InvokeCommandOutput>({
        action: 'lambda:InvokeFunction',
        resources: ({ FunctionName }) => [FunctionName ?? '*'],
        run: async (input) => {
          const payload = (value: object) => new Uint8Array(Buffer.from(JSON.stringify(value)));
          try {
            return { $metadata: {}, StatusCode: 200, Payload: payload(await invoke(input)) as never };
          } catch (error) {
            const shown =
              error instanceof Error
                ? { errorType: error.name, errorMessage: error.message }
                : (error as object);
            return {
              $metadata: {},
              StatusCode: 200,
              FunctionError: 'Unhandled',
              Payload: payload(shown) as never,
            };
          }
        },
      }),
    },
  });
  core.register({
    signingName: 'events',
    sdk: eventBridge as unknown as Record<string, unknown>,
    operations: {
      PutEvents: operation<eventBridge.PutEventsCommandInput, { FailedEntryCount: number }>({
        run: ({ Entries = [] }) => {
          for (const { Detail = '{}' } of Entries) events.push({ detail: JSON.parse(Detail) });
          return { FailedEntryCount: 0 };
        },
      }),
    },
  });
  core.register(new IamService(core));
  core.register(new StepFunctionsService(core));
  const { Role } = await core.send(
    new iam.CreateRoleCommand({
      RoleName: 'machine',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'states.amazonaws.com' } },
        ],
      }),
    }),
  );
  await core.send(
    new iam.PutRolePolicyCommand({
      RoleName: 'machine',
      PolicyName: 'functions',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: [STEP, ANSWER] }],
      }),
    }),
  );
  const { stateMachineArn } = await core.send(
    new CreateStateMachineCommand({
      name: 'fleet-rollout',
      roleArn: Role?.Arn,
      definition: JSON.stringify(stateMachineDefinition(STEP, ANSWER)),
    }),
  );
  const request = {
    RequestType: 'Create',
    RequestId: 'request-1',
    ResponseURL: 'http://127.0.0.1/',
    StackId: 'stack-1',
    ResourceType: 'Custom::Rollout',
    LogicalResourceId: 'Rollout',
    ResourceProperties: {},
  };
  const { executionArn } = await core.send(
    new StartExecutionCommand({
      stateMachineArn,
      name: 'request-1',
      input: JSON.stringify({ request, isGoingBack: false, step: { note: '' } }),
    }),
  );
  await clock.advance(2 * 3_600_000);
  const { status, startDate, stopDate } = await core.send(new DescribeExecutionCommand({ executionArn }));
  await core.close();
  const seconds = stopDate && startDate ? (stopDate.getTime() - startDate.getTime()) / 1000 : undefined;
  return { endings, status, seconds, attempts, last: events.at(-1) };
}

const wait = (seconds: number, note?: string): Outcome => ({
  kind: 'wait',
  seconds,
  message: 'Waiting.',
  note,
});
const done: Outcome = { kind: 'succeed', data: { A: 'b' }, message: 'Done.' };

describe('the state machine', () => {
  test('goes round with the waits that the step asks for, keeps its note, and answers once', async () => {
    const seen: Round[] = [];
    const { endings, status, seconds } = await run((round, attempt) => {
      seen.push(round);
      if (attempt === 1) return wait(10, 'Machine i-1 is sick.');
      return attempt === 2 ? wait(20) : done;
    });
    expect(endings).toEqual([done]);
    expect(status).toBe('SUCCEEDED');
    expect(seconds).toBe(30);
    expect(seen.map(({ note }) => note)).toEqual(['', 'Machine i-1 is sick.', 'Machine i-1 is sick.']);
    expect(seen.map(({ now, startedAt }) => (now - startedAt) / 1000)).toEqual([0, 10, 30]);
  });

  test('runs a step again whose function died', async () => {
    const { endings, attempts } = await run((_round, attempt) => (attempt <= 2 ? 'die' : done));
    expect(attempts).toBe(3);
    expect(endings).toEqual([done]);
  });

  test('answers with the cause when the function dies in every attempt, after some two minutes', async () => {
    const { endings, status, seconds } = await run(() => 'die');
    expect(endings).toEqual([{ kind: 'fail', reason: expect.stringContaining('signal: killed') }]);
    expect(status).toBe('SUCCEEDED');
    expect(seconds).toBeLessThan(130);
  });

  test('answers with the error of a step that fails in every attempt', async () => {
    const { endings } = await run(() => {
      throw new Error('not authorized to perform: ec2:RunInstances');
    });
    expect(endings).toEqual([{ kind: 'fail', reason: 'not authorized to perform: ec2:RunInstances' }]);
  });

  test('answers for a step that never comes to an end', async () => {
    const { endings, seconds } = await run(() => wait(600));
    expect(seconds).toBe(55 * 60);
    expect(endings).toEqual([
      {
        kind: 'fail',
        reason: 'Not finished after 55 minutes, and CloudFormation waits no more than an hour: Waiting.',
      },
    ]);
  });

  test('ends as FAILED when the answer does not get through, and the rule behind it can still give it', async () => {
    const { status, last } = await run(() => done, true);
    expect(status).toBe('FAILED');
    expect(endingOf(last!)).toMatchObject({
      request: { RequestId: 'request-1' },
      ending: { kind: 'fail', reason: expect.stringContaining('ended as FAILED before it had answered') },
    });
  });
});
