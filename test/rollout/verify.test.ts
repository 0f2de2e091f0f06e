import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { verification } from '../../lib/rollout/verify';
import { runSteps } from '../custom-resource/run-steps';
import { FakeGroup, killAt, type Version } from './fake-group';

const START = Date.UTC(2026, 0, 1);
const VERSIONS: Record<string, Version> = { 1: { content: 'A' }, 2: { content: 'B' }, 3: { content: 'A' } };

function request(type: ResourceRequest['RequestType'] = 'Create', target = '1'): ResourceRequest {
  return {
    RequestType: type,
    RequestId: 'request-1',
    ResponseURL: 'http://127.0.0.1/',
    StackId: 'stack-1',
    ResourceType: 'Custom::Verification',
    LogicalResourceId: 'Verification',
    ResourceProperties: {
      GroupName: 'guestbook',
      LaunchTemplateId: 'lt-1',
      LaunchTemplateVersion: target,
      TargetGroupArn: 'arn:tg',
      ProgressDeadlineSeconds: '900',
      Release: 'guestbook 1.0.0',
      LedgerTable: 'ledger',
    },
  };
}

const run = (fake: FakeGroup, given = request(), isGoingBack = false) =>
  runSteps(verification(fake), given, fake.time, { isGoingBack });

describe('a verification', () => {
  test('succeeds where every machine serves the release, under whatever number', async () => {
    const fake = new FakeGroup({ now: START }, VERSIONS, ['1', '3']);
    const { result, rounds } = await run(fake);
    expect(rounds).toBe(1);
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { Machines: '2' } });
  });

  test('waits for the machines of a first deployment', async () => {
    const fake = new FakeGroup({ now: START }, VERSIONS, ['1', '1']);
    for (const machine of fake.machines) machine.startedAt = START;
    const { result, seconds } = await run(fake);
    expect(result.outcome.kind).toBe('succeed');
    expect(seconds).toBe(30);
  });

  test.each([
    ['as it is now', true, 'guestbook: cannot open database'],
    ['as EC2 kept it, where it keeps no newer one', false, 'Linux version 6.1'],
  ])(
    'of a broken first release fails with a sick machine and the end of its console, %s',
    async (_, isNitro, end) => {
      const fake = new FakeGroup({ now: START }, { 1: { content: 'A', sick: true } }, ['1', '1']);
      fake.isNitro = isNitro;
      const { result, seconds } = await run(fake);
      expect(seconds).toBeGreaterThanOrEqual(900);
      expect(seconds).toBeLessThan(960);
      expect(result.outcome).toMatchObject({
        kind: 'fail',
        reason: expect.stringMatching(
          new RegExp(
            `0 of 2 machines serve guestbook 1\\.0\\.0, .*Machine i-1 is unhealthy in the target group: Target\\.ResponseCodeMismatch.*End of its console: ${end}`,
          ),
        ),
      });
    },
  );

  test('names strays, and how to have them replaced', async () => {
    const fake = new FakeGroup({ now: START }, VERSIONS, ['1', '2']);
    const { result, seconds } = await run(fake);
    expect(seconds).toBeLessThan(240);
    expect(result.outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining('Started from something else: i-2 (version 2). Deploy again'),
    });
  });

  test('waits for a refresh that replaces the strays', async () => {
    const fake = new FakeGroup({ now: START }, VERSIONS, ['2', '2', '2', '2', '2']);
    fake.startRefresh('1');
    const { result, seconds } = await run(fake);
    expect(seconds).toBeGreaterThan(240);
    expect(result.outcome.kind).toBe('succeed');
  });

  test.each([
    ['a Delete', request('Delete'), false],
    ["a stack's rollback", request('Update'), true],
  ])('does not look at anything on %s', async (_name, given, isGoingBack) => {
    const fake = new FakeGroup({ now: START }, VERSIONS, ['2']);
    const { result } = await run(fake, given, isGoingBack);
    expect(result.outcome.kind).toBe('succeed');
    expect(fake.calls).toEqual([]);
  });

  test('ends the same when the function is killed between any two calls', async () => {
    for (let moment = 0; moment < 30; moment++) {
      const fake = new FakeGroup({ now: START }, VERSIONS, ['1', '2']);
      fake.interrupt = killAt(moment);
      expect((await run(fake)).result.outcome.kind).toBe('fail');
    }
  });
});
