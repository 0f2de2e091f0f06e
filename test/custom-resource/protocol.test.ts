import fc from 'fast-check';
import { type AnswerEvent, endingOf } from '../../lib/custom-resource/answer';
import {
  answerBody,
  isDeleteOfFailedCreate,
  MAX_ANSWER_BYTES,
  type ResourceRequest,
} from '../../lib/custom-resource/protocol';

const create: ResourceRequest = {
  RequestType: 'Create',
  RequestId: 'request-1',
  ResponseURL: 'http://127.0.0.1/answer',
  StackId: 'arn:aws:cloudformation:eu-central-1:000000000000:stack/Fleet/1',
  ResourceType: 'Custom::Rollout',
  LogicalResourceId: 'Rollout',
  ResourceProperties: {},
};
const update: ResourceRequest = { ...create, RequestType: 'Update', PhysicalResourceId: 'Rollout/request-0' };

describe('an answer', () => {
  test('carries the data of a success, and an id that stays', () => {
    const ending = { kind: 'succeed', data: { ImageId: 'ami-1' }, message: 'Done.' } as const;
    expect(JSON.parse(answerBody(create, ending))).toEqual({
      Status: 'SUCCESS',
      Reason: 'Done.',
      PhysicalResourceId: 'Rollout/request-1',
      StackId: create.StackId,
      RequestId: 'request-1',
      LogicalResourceId: 'Rollout',
      Data: { ImageId: 'ami-1' },
    });
    expect(JSON.parse(answerBody(update, ending)).PhysicalResourceId).toBe('Rollout/request-0');
  });

  test('of a failed Create marks its id, so that the Delete after it is known', () => {
    const failure = { kind: 'fail', reason: 'No.' } as const;
    const { PhysicalResourceId } = JSON.parse(answerBody(create, failure));
    const remove = { ...create, RequestType: 'Delete', PhysicalResourceId } as const;
    expect(isDeleteOfFailedCreate(remove)).toBe(true);
    expect(JSON.parse(answerBody(update, failure)).PhysicalResourceId).toBe('Rollout/request-0');
    expect(isDeleteOfFailedCreate({ ...remove, PhysicalResourceId: 'Rollout/request-0' })).toBe(false);
  });

  test('never is longer than CloudFormation takes, and keeps the beginning of a reason', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 6000 }), (reason) => {
        const body = answerBody(create, { kind: 'fail', reason: `Machine i-1 is sick. ${reason}` });
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
        const answer = JSON.parse(body) as { Reason: string };
        expect(answer.Reason).toMatch(/^Machine i-1 is sick\. /);
        expect(answer.Reason).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 50 },
    );
    const long = answerBody(create, { kind: 'fail', reason: '"\n'.repeat(4000) });
    expect(Buffer.byteLength(long)).toBeGreaterThan(MAX_ANSWER_BYTES - 50);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
  });

  test('with data that is too long becomes a failure that says so', () => {
    const body = answerBody(create, { kind: 'succeed', data: { Text: 'x'.repeat(5000) }, message: '' });
    expect(JSON.parse(body)).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('CloudFormation takes 4096'),
    });
  });
});

describe('what is answered', () => {
  const cases: readonly [string, AnswerEvent, string][] = [
    [
      "is the step's own error, when it failed in every attempt",
      {
        request: create,
        error: {
          Error: 'States.TaskFailed',
          Cause: '{"errorType":"AccessDenied","errorMessage":"no ec2:X"}',
        },
      },
      'AccessDenied: no ec2:X',
    ],
    [
      'is a cause that is no JSON, as it is',
      { request: create, error: { Error: 'Lambda.Unknown', Cause: 'The function died.' } },
      'The function died.',
    ],
    [
      "is the error's name where there is no cause",
      { request: create, error: { Error: 'States.Timeout' } },
      'Custom::Rollout failed with States.Timeout.',
    ],
    [
      'names the execution that ended without an answer',
      {
        detail: {
          executionArn: 'arn:execution',
          status: 'TIMED_OUT',
          input: JSON.stringify({ request: create }),
        },
      },
      'arn:execution ended as TIMED_OUT before it had answered.',
    ],
  ];
  test.each(cases)('%s', (_name, event, reason) => {
    expect(endingOf(event)).toEqual({ request: create, ending: { kind: 'fail', reason } });
  });
});
