import { deliver } from '../../lib/custom-resource/deliver';
import { type EntryClients, enter } from '../../lib/custom-resource/entry';
import { kinds } from '../../lib/custom-resource/kinds';
import type { ResourceRequest } from '../../lib/custom-resource/protocol';

const request: ResourceRequest = {
  RequestType: 'Create',
  RequestId: 'request-1',
  ResponseURL: 'http://127.0.0.1/answer',
  StackId: 'stack-1',
  ResourceType: 'Custom::Release',
  LogicalResourceId: 'Release',
  ResourceProperties: {
    ServiceToken: 'entry',
    ParameterName: '/p',
    Application: 'guestbook',
    Version: '1.0.0',
    Digest: 'd',
  },
};

function fake(overrides: Partial<EntryClients> = {}) {
  const started: { arn: string; name: string; input: Record<string, unknown> }[] = [];
  const answers: { Status: string; Reason: string }[] = [];
  const pauses: number[] = [];
  const clients: EntryClients = {
    startExecution: async (arn, name, input) => {
      started.push({ arn, name, input: JSON.parse(input) });
    },
    stackStatus: async () => 'UPDATE_IN_PROGRESS',
    newestEvent: async () => undefined,
    deliver: async (_url, body) => {
      answers.push(JSON.parse(body));
    },
    sleep: async (ms) => void pauses.push(ms),
    ...overrides,
  };
  const run = (given: ResourceRequest) => enter(given, kinds, 'arn:machine:Fleet-', clients);
  return { started, answers, pauses, run };
}

function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

describe('the entry', () => {
  test("starts the kind's state machine under the request's id", async () => {
    const { started, answers, run } = fake();
    await run(request);
    expect(started).toEqual([
      {
        arn: 'arn:machine:Fleet-release',
        name: 'request-1',
        input: { request, isGoingBack: false, step: { note: '' } },
      },
    ]);
    expect(answers).toEqual([]);
  });

  test.each([
    ['UPDATE_IN_PROGRESS', false],
    ['UPDATE_ROLLBACK_IN_PROGRESS', true],
  ])('tells an update of a stack that is in %s apart', async (status, isGoingBack) => {
    const { started, run } = fake({ stackStatus: async () => status });
    await run({ ...request, RequestType: 'Update', PhysicalResourceId: 'Release/0' });
    expect(started[0]?.input.isGoingBack).toBe(isGoingBack);
  });

  test('has the kind clean up after a Create that failed, and lets the stack go whatever keeps it from that', async () => {
    const deletion = {
      ...request,
      RequestType: 'Delete',
      PhysicalResourceId: 'failed-create/request-0',
    } as const;
    const { started, answers, run } = fake();
    await run(deletion);
    expect(started).toHaveLength(1);
    expect(answers).toEqual([]);

    const denied = fake({ startExecution: () => Promise.reject(named('AccessDeniedException')) });
    await denied.run(deletion);
    expect(denied.answers).toMatchObject([{ Status: 'SUCCESS' }]);
  });

  test('answers bad properties at once, and names them', async () => {
    const { started, answers, run } = fake();
    await run({ ...request, ResourceProperties: { ...request.ResourceProperties, Digest: 7 } });
    expect(started).toEqual([]);
    expect(answers).toMatchObject([
      {
        Status: 'FAILED',
        Reason: 'Property Digest of Custom::Release is to be a text that is not empty; found 7.',
      },
    ]);
  });

  test('answers an unknown resource type at once', async () => {
    const { answers, run } = fake();
    await run({ ...request, ResourceType: 'Custom::Other' });
    expect(answers[0]?.Reason).toContain('no resource type Custom::Other');
  });

  test('has nothing to delete of a type that it does not know: a later version had it, which was rolled back', async () => {
    const { answers, run } = fake();
    await run({
      ...request,
      RequestType: 'Delete',
      PhysicalResourceId: 'other',
      ResourceType: 'Custom::Other',
    });
    expect(answers).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId: 'other' }]);
  });

  test('answers at once when the execution is refused as wrong', async () => {
    const { answers, pauses, run } = fake({
      startExecution: () => Promise.reject(named('InvalidName', 'not a name')),
    });
    await run(request);
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: 'not a name' }]);
    expect(pauses).toEqual([]);
  });

  test('waits for the permissions of a role that was made a moment ago, in each of its calls', async () => {
    let denials = 2;
    const spreading =
      <T>(value: T) =>
      async () => {
        if (denials-- > 0) throw named('AccessDeniedException', 'not allowed');
        denials = 2;
        return value;
      };
    const { answers, pauses, started, run } = fake({
      stackStatus: spreading('UPDATE_IN_PROGRESS'),
      newestEvent: spreading(undefined),
    });
    await run({ ...request, RequestType: 'Update', PhysicalResourceId: 'Release/0' });
    expect(started).toHaveLength(1);
    expect(answers).toEqual([]);
    expect(pauses).toEqual([1000, 2000, 1000, 2000]);
  });

  test('answers within the three minutes that it has when a permission is missing for good', async () => {
    const { answers, pauses, run } = fake({
      startExecution: () => Promise.reject(named('AccessDenied', 'not allowed')),
    });
    await run(request);
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: 'not allowed' }]);
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(120_000);
  });

  test.each([
    [
      'a service that fails itself',
      Object.assign(named('InternalFailure'), { $metadata: { httpStatusCode: 500 } }),
    ],
    ['throttling', Object.assign(named('ThrottlingException'), { $metadata: { httpStatusCode: 400 } })],
    ['an answer that was lost, to an execution that may run', named('TimeoutError')],
  ])('answers nothing for what the next attempt may not meet: %s', async (_what, error) => {
    const { answers, run } = fake({ startExecution: () => Promise.reject(error) });
    await expect(run(request)).rejects.toBe(error);
    expect(answers).toEqual([]);
  });

  test('leaves a repeated request alone whose execution has ended', async () => {
    const { answers, run } = fake({ startExecution: () => Promise.reject(named('ExecutionAlreadyExists')) });
    await run(request);
    expect(answers).toEqual([]);
  });
});

describe('the delivery', () => {
  test('is tried again, later and later, and then succeeds', async () => {
    const results = [() => Promise.reject(new Error('unreachable')), async () => 503, async () => 200];
    const pauses: number[] = [];
    await deliver('url', 'body', {
      put: () => results.shift()!(),
      sleep: async (ms) => void pauses.push(ms),
    });
    expect(results).toEqual([]);
    expect(pauses).toEqual([500, 1000]);
  });

  test('fails with the last failure in the end', async () => {
    const put = jest.fn(async () => 403);
    await expect(deliver('url', 'body', { put, sleep: async () => undefined })).rejects.toThrow(
      'HTTP status 403',
    );
    expect(put).toHaveBeenCalledTimes(6);
  });
});
