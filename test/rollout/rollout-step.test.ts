import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { rollout } from '../../lib/rollout/rollout-step';
import { runSteps } from '../custom-resource/run-steps';
import { awsError, FakeGroup, killAt, type Version } from './fake-group';
import { rolloutProperties } from './properties';

const START = Date.UTC(2026, 0, 1);

function request(target: string, type: ResourceRequest['RequestType'] = 'Update'): ResourceRequest {
  return {
    RequestType: type,
    RequestId: 'request-1',
    ResponseURL: 'http://127.0.0.1/',
    StackId: 'stack-1',
    ResourceType: 'Custom::Rollout',
    LogicalResourceId: 'Rollout',
    PhysicalResourceId: 'Rollout/0',
    ResourceProperties: rolloutProperties({ TargetVersion: target }),
  };
}

/** Version 3 has the content of version 1, as a stack's rollback writes it. */
const VERSIONS: Record<string, Version> = { 1: { content: 'A' }, 2: { content: 'B' }, 3: { content: 'A' } };
const SICK: Record<string, Version> = { ...VERSIONS, 2: { content: 'B', sick: true } };

function group(versions = VERSIONS, machines?: readonly string[]): FakeGroup {
  return new FakeGroup({ now: START }, versions, machines);
}

const run = (fake: FakeGroup, target: string, options: { isGoingBack?: boolean } = {}) =>
  runSteps(rollout(fake), request(target), fake.time, options);
const count = (fake: FakeGroup, call: string) => fake.calls.filter((name) => name === call).length;
const fleet = (fake: FakeGroup) => fake.machines.map(({ version }) => version).join('');

describe('a rollout', () => {
  test('ends at once with the wanted version while there is no group', async () => {
    const fake = group();
    fake.exists = false;
    const { result, rounds } = await runSteps(rollout(fake), request('1', 'Create'), fake.time);
    expect(rounds).toBe(2);
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '1' } });
  });

  test('replaces every machine, and ends with what the group has saved', async () => {
    const fake = group();
    const { result } = await run(fake, '2');
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '2' } });
    expect(fleet(fake)).toBe('222');
  });

  test('does nothing for another version with the same content, and keeps the number', async () => {
    const fake = group();
    const { result } = await run(fake, '3');
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '1' } });
    expect(count(fake, 'startInstanceRefresh')).toBe(0);
  });

  test('cures strays, and spares the machines that have the content under another number', async () => {
    const fake = group(VERSIONS, ['1', '2', '1']);
    const { result } = await run(fake, '3');
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '1' } });
    expect(fleet(fake)).toBe('111');
    expect(fake.machines.map(({ id }) => id)).toEqual(['i-1', 'i-4', 'i-3']);
  });

  test('turns back at the progress deadline, and names the sick machine', async () => {
    const fake = group(SICK);
    const { result, seconds } = await run(fake, '2');
    expect(fleet(fake)).toBe('111');
    expect(seconds).toBeLessThan(25 * 60);
    expect(result.outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(
        /^The rollout of guestbook 1\.1\.0 to guestbook failed: 1\d minutes after its start no machine of the release is healthy\. Machine i-4 is unhealthy in the target group: Target\.ResponseCodeMismatch, Health checks failed with these codes: \[500\]\. .* was rolled back/,
      ),
    });
  });

  test('goes on beyond the progress deadline as long as machines become healthy', async () => {
    const fake = group(
      VERSIONS,
      Array.from({ length: 18 }, () => '1'),
    );
    const { result, seconds } = await run(fake, '2');
    expect(result.outcome.kind).toBe('succeed');
    expect(seconds).toBeGreaterThan(18 * 60);
  });

  test('turns back when it has taken all the time that it may', async () => {
    const fake = group(
      VERSIONS,
      Array.from({ length: 60 }, () => '1'),
    );
    const { result, seconds } = await run(fake, '2');
    expect(seconds).toBeLessThan(56 * 60);
    expect(result.outcome).toMatchObject({
      reason: expect.stringMatching(
        /the time is up\. After 45 minutes, which is all that it may take, the refresh was/,
      ),
    });
    const back = await run(fake, '1', { isGoingBack: true });
    expect(back.result.outcome.kind).toBe('succeed');
    expect(fleet(fake)).toBe('1'.repeat(60));
  });

  test('makes no more than some 130 calls in half an hour', async () => {
    const fake = group(
      VERSIONS,
      Array.from({ length: 25 }, () => '1'),
    );
    const { seconds } = await run(fake, '2');
    expect(seconds).toBeGreaterThan(25 * 60);
    expect(fake.calls.length).toBeLessThanOrEqual(130);
  });

  test('says so when the way back takes longer than it may wait', async () => {
    const fake = group(SICK);
    const rollback = fake.autoScaling.rollbackInstanceRefresh;
    fake.autoScaling.rollbackInstanceRefresh = async (input) => {
      const answer = await rollback(input);
      fake.refreshes[0]!.next = Number.POSITIVE_INFINITY;
      return answer;
    };
    const { result, seconds } = await run(fake, '2');
    expect(seconds).toBeLessThan(56 * 60);
    expect(result.outcome).toMatchObject({
      reason: expect.stringMatching(/the time is up\. .*is rolling back/),
    });
  });

  test('is cancelled where it can not be rolled back', async () => {
    const fake = group(SICK);
    fake.isReversible = false;
    const { result } = await run(fake, '2');
    expect(result.outcome).toMatchObject({
      reason: expect.stringMatching(
        /It can't be rolled back: It has no way back\..*ended as Cancelled: the fleet may hold two/,
      ),
    });
  });

  test.each(['ALARM', 'INSUFFICIENT_DATA'])(
    'waits ten minutes for an alarm in %s, then names it',
    async (state) => {
      const fake = group();
      fake.alarmState = state;
      const { result, seconds } = await run(fake, '2');
      expect(seconds).toBeCloseTo(600, -2);
      expect(result.outcome).toMatchObject({
        reason: expect.stringContaining(`alarm sick-hosts is in ${state}`),
      });
      expect(count(fake, 'startInstanceRefresh')).toBe(0);
    },
  );

  test('starts as soon as the alarm that an earlier failure set off is OK again', async () => {
    const fake = group();
    fake.alarmState = 'ALARM';
    const describeAlarms = fake.cloudWatch.describeAlarms;
    fake.cloudWatch.describeAlarms = async (input) => {
      if (fake.time.now >= START + 180_000) fake.alarmState = 'OK';
      return describeAlarms.call(fake.cloudWatch, input);
    };
    const { result } = await run(fake, '2');
    expect(result.outcome.kind).toBe('succeed');
  });

  test.each([
    [
      'one with alarms starts when none can fire because of it any more',
      rolloutProperties({ TargetVersion: '4' }),
      300,
    ],
    ['one that watches none starts at once', rolloutProperties({ TargetVersion: '4', AlarmNames: [] }), 0],
  ])('after a rollout that failed, %s', async (_, ResourceProperties, waitedSeconds) => {
    const fake = group({ ...SICK, 4: { content: 'C' } });
    await run(fake, '2');
    await run(fake, '1', { isGoingBack: true });
    const failedAt = (await fake.ledgerItems.revisions('guestbook')).at(-1)!.outcome!.at;
    const next = { ...request('4'), RequestId: 'request-2', ResourceProperties };
    const { result } = await runSteps(rollout(fake), next, fake.time);
    expect(result.outcome.kind).toBe('succeed');
    const startedAt = Math.max(...fake.refreshes.map((refresh) => refresh.startedAt));
    const waited = (startedAt - failedAt) / 1000;
    expect(waited).toBeGreaterThanOrEqual(waitedSeconds);
    expect(waited).toBeLessThan(waitedSeconds + 30);
  });

  test("waits for somebody else's refresh, then fails naming it", async () => {
    const fake = group({ ...VERSIONS, 4: { content: 'C', sick: true } });
    fake.startRefresh('4', START - 60_000);
    const { result } = await run(fake, '2');
    expect(result.outcome).toMatchObject({
      reason: expect.stringContaining(
        'instance refresh refresh-1 towards launch template version 4, started 2025-12-31T23:59:00.000Z by somebody else',
      ),
    });
    expect(count(fake, 'rollbackInstanceRefresh')).toBe(0);
  });

  test("takes AWS's refusal as its reason", async () => {
    const fake = group();
    fake.autoScaling.startInstanceRefresh = () =>
      Promise.reject(awsError('ValidationError', 'The group is odd.'));
    const { result } = await run(fake, '2');
    expect(result.outcome).toMatchObject({
      reason:
        'The rollout of guestbook 1.1.0 to guestbook failed: Auto Scaling refused to start it: The group is odd.',
    });
  });

  test('names the permissions that starting a refresh takes', async () => {
    const fake = group();
    fake.autoScaling.startInstanceRefresh = () =>
      Promise.reject(awsError('AccessDenied', 'You are not authorized to use launch template: lt-1'));
    await expect(run(fake, '2')).rejects.toThrow(/lt-1 \(Starting a refresh takes ec2:RunInstances/);
  });

  test.each([
    ['is going back', 'UPDATE_ROLLBACK_IN_PROGRESS'],
    ['is back already, for a function that comes late', 'UPDATE_ROLLBACK_COMPLETE'],
    ['could not go back', 'UPDATE_ROLLBACK_FAILED'],
  ])('is not started any more when the stack %s', async (_what, stackStatus) => {
    const fake = group();
    fake.stackStatus = stackStatus;
    const { result } = await run(fake, '2');
    expect(result.outcome).toMatchObject({ reason: expect.stringContaining('given up before it began') });
    expect(fleet(fake)).toBe('111');
  });

  test("is not started any more when the stack's next update goes on already", async () => {
    const fake = group();
    fake.stackUpdatedAt = START + 60_000;
    const { result } = await run(fake, '2');
    expect(result.outcome).toMatchObject({ reason: expect.stringContaining('given up before it began') });
    expect(fleet(fake)).toBe('111');
  });

  test('keeps the outcome when the function is killed between any two calls', async () => {
    for (const versions of [VERSIONS, SICK]) {
      const plain = group(versions);
      const expected = (await run(plain, '2')).result.outcome.kind;
      for (let moment = 0; moment < plain.calls.length * 2; moment++) {
        const fake = group(versions);
        fake.interrupt = killAt(moment);
        const { result } = await run(fake, '2');
        expect(result.outcome.kind).toBe(expected);
        expect(fleet(fake)).toBe(fleet(plain));
        expect(fake.refreshes).toHaveLength(1);
      }
    }
  });
});

describe("a stack's rollback", () => {
  test('ends at once where the fleet is stable', async () => {
    const fake = group();
    const { result, rounds } = await run(fake, '3', { isGoingBack: true });
    expect(rounds).toBe(1);
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '1' } });
  });

  test('turns the abandoned refresh back, and waits for it', async () => {
    const fake = group(VERSIONS, ['1', '2', '1']);
    fake.startRefresh('2', START - 90_000);
    const { result } = await run(fake, '3', { isGoingBack: true });
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '1' } });
    expect(fleet(fake)).toBe('111');
    expect(count(fake, 'startInstanceRefresh')).toBe(0);
  });

  test('waits for the rollback of the refresh that is going on', async () => {
    const fake = group(VERSIONS, ['1', '2', '1']);
    fake.startRefresh('2', START - 90_000);
    fake.refreshes[0]!.status = 'RollbackInProgress';
    const { result } = await run(fake, '1', { isGoingBack: true });
    expect(result.outcome.kind).toBe('succeed');
    expect(fleet(fake)).toBe('111');
  });

  test('rolls a release back that was already complete, whatever the alarms say', async () => {
    const fake = group(VERSIONS, ['2', '2', '2']);
    fake.saved = '2';
    fake.alarmState = 'ALARM';
    fake.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const { result } = await run(fake, '3', { isGoingBack: true });
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { LaunchTemplateVersion: '3' } });
    expect(fleet(fake)).toBe('333');
  });
});

describe('a deletion', () => {
  test('cancels what is going on, and leaves the group alone', async () => {
    const fake = group();
    fake.startRefresh('2');
    const { result } = await runSteps(rollout(fake), request('2', 'Delete'), fake.time);
    expect(result.outcome.kind).toBe('succeed');
    expect(fake.calls).toEqual([
      ...['describeInstanceRefreshes', 'head', 'cancelInstanceRefresh'],
      ...['describeInstanceRefreshes', 'head'],
    ]);
  });

  test('succeeds where properties never were right', async () => {
    const fake = group();
    const broken = { ...request('2', 'Delete'), ResourceProperties: {} };
    expect((await runSteps(rollout(fake), broken, fake.time)).result.outcome.kind).toBe('succeed');
    expect(fake.calls).toEqual([]);
  });
});
