import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { formatPin } from '../../lib/rollout/pin';
import { rollout } from '../../lib/rollout/rollout-step';
import { runSteps, type Time } from '../custom-resource/run-steps';
import { FakeGroup, type Version } from './fake-group';
import { rolloutProperties } from './properties';

const START = Date.UTC(2026, 0, 1);
const VERSIONS: Record<string, Version> = { 1: { content: 'A' }, 2: { content: 'B' }, 3: { content: 'A' } };

interface Case {
  readonly machines?: readonly string[];
  readonly saved?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly old?: Readonly<Record<string, unknown>>;
  readonly isGoingBack?: boolean;
  /** Called whenever time has passed. */
  readonly meanwhile?: (fake: FakeGroup) => Promise<unknown>;
}

/** Runs a rollout to version 2 with a bake time of six minutes. */
async function run({ machines, saved = '1', properties, old, isGoingBack, meanwhile }: Case) {
  const time: Time = {
    now: START,
    pass: async (ms) => {
      time.now += ms;
      await meanwhile?.(fake);
    },
  };
  const fake: FakeGroup = new FakeGroup(time, VERSIONS, machines);
  fake.saved = saved;
  if (isGoingBack) fake.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
  const request: ResourceRequest = {
    RequestType: 'Update',
    RequestId: 'request-1',
    ResponseURL: 'http://127.0.0.1/',
    StackId: 'stack-1',
    ResourceType: 'Custom::Rollout',
    LogicalResourceId: 'Rollout',
    PhysicalResourceId: 'Rollout/0',
    ResourceProperties: rolloutProperties({ BakeTimeSeconds: '360', ...properties }),
    OldResourceProperties: rolloutProperties(old),
  };
  const { result, seconds } = await runSteps(rollout(fake), request, time, { isGoingBack });
  return { fake, result, seconds, asked: fake.refreshes.map(({ preferences }) => preferences) };
}

const WATCHED = { BakeTime: 360, AlarmSpecification: { Alarms: ['sick-hosts'] }, AutoRollback: true };

/** The open rollout in the ledger is changed once, as soon as the bake time runs. */
function onceBaking(change: Parameters<FakeGroup['ledgerItems']['amend']>[2]) {
  let isDone = false;
  return async (fake: FakeGroup) => {
    if (isDone || fake.active?.status !== 'Baking') return;
    isDone = true;
    const { open } = await fake.ledgerItems.head('guestbook');
    await fake.ledgerItems.amend('guestbook', open!, change);
  };
}

test('a release is watched for its bake time after the last machine, and is complete after that', async () => {
  const { result, asked, seconds } = await run({});
  expect(result.outcome.kind).toBe('succeed');
  expect(asked).toEqual([expect.objectContaining(WATCHED)]);
  expect(seconds).toBeGreaterThan(3 * 60 + 360);
  expect(seconds).toBeLessThan(3 * 60 + 360 + 150);
});

test('a template from before there was a bake time has none', async () => {
  const { asked } = await run({ properties: { BakeTimeSeconds: undefined } });
  expect(asked).toEqual([expect.objectContaining({ ...WATCHED, BakeTime: 0 })]);
});

const PIN = formatPin({
  ...{ revision: 1, launchTemplateVersion: '2', release: 'guestbook 1.0.0' },
  ...{ instead: 'd'.repeat(64), after: 1, by: 'operator' },
});
const RESTART = JSON.stringify({ by: 'operator', at: '2026-01-01T00:00:00.000Z' });

test.each<[string, Case]>([
  ['a rollout without alarms', { properties: { AlarmNames: [] } }],
  ['an undo', { properties: { TargetVersion: '3', Pin: PIN } }],
  ['outdated machines', { properties: { TargetVersion: '3' }, machines: ['1', '2', '1'] }],
  [
    "a stack's rollback",
    { properties: { TargetVersion: '3' }, machines: ['2', '2'], saved: '2', isGoingBack: true },
  ],
])('%s: no alarm is watched, and nothing is waited for', async (_, given) => {
  const { result, asked } = await run(given);
  expect(result.outcome.kind).toBe('succeed');
  expect(asked).toHaveLength(1);
  expect(asked[0]).not.toHaveProperty('BakeTime');
});

test('a restart of what the fleet runs already has no bake time', async () => {
  const time = { now: START };
  const fake = new FakeGroup(time, VERSIONS);
  const request = (id: string, restart: string, target: string): ResourceRequest => ({
    ...{ RequestType: 'Update', RequestId: id, ResponseURL: 'http://127.0.0.1/', StackId: 'stack-1' },
    ...{ ResourceType: 'Custom::Rollout', LogicalResourceId: 'Rollout', PhysicalResourceId: 'Rollout/0' },
    ResourceProperties: rolloutProperties({
      ...{ BakeTimeSeconds: '360', ForecastSeconds: '900', TargetVersion: target, Restart: restart },
    }),
    OldResourceProperties: rolloutProperties(),
  });
  await runSteps(rollout(fake), request('first', '', '2'), time);
  const { open: first } = await fake.ledgerItems.head('guestbook');
  await fake.ledgerItems.close('guestbook', first!, { kind: 'Complete', reason: '', at: time.now });
  const opened: unknown[] = [];
  fake.interrupt = (moment) => {
    if (moment === 'after startInstanceRefresh') opened.push(fake.ledgerItems.head('guestbook'));
  };
  await runSteps(rollout(fake), request('second', RESTART, '2'), time);
  expect(fake.refreshes).toHaveLength(2);
  expect(fake.refreshes[0]!.preferences).not.toHaveProperty('BakeTime');
  expect(await opened[0]).toMatchObject({ open: { isRestart: true, forecastSeconds: 540 } });
});

test('an order to abort takes the fleet back in the bake time, too', async () => {
  const { fake, result } = await run({
    meanwhile: onceBaking({ aborted: { by: 'operator', at: START, reason: 'orders fail' } }),
  });
  expect(result.outcome).toMatchObject({ kind: 'fail', reason: expect.stringContaining('orders fail') });
  expect(fake.machines.map(({ version }) => version).join('')).toBe('111');
  expect(fake.refreshes.map(({ status }) => status)).toEqual(['RollbackSuccessful']);
});

test('after a pause in the bake time it is watched for the whole of it', async () => {
  let paused: Promise<unknown> | undefined;
  const pause = onceBaking({ paused: { by: 'operator', at: START } });
  const { result, asked, fake } = await run({
    meanwhile: async (fake) => {
      await pause(fake);
      if (fake.refreshes[0]?.status !== 'Cancelled' || paused) return;
      const { open } = await fake.ledgerItems.head('guestbook');
      paused = fake.ledgerItems.amend('guestbook', open!, { paused: undefined });
      await paused;
    },
  });
  expect(result.outcome.kind).toBe('succeed');
  expect(fake.refreshes.map(({ status }) => status)).toEqual(['Successful', 'Cancelled']);
  expect(asked).toEqual([expect.objectContaining(WATCHED), expect.objectContaining(WATCHED)]);
});

test('the bake time counts as time that the rollout takes', async () => {
  const { fake, result } = await run({ properties: { BakeTimeSeconds: '1800', TimeoutSeconds: '1200' } });
  expect(result.outcome).toMatchObject({
    kind: 'fail',
    reason: expect.stringContaining('which is all that it may take, the bake time was not over.'),
  });
  expect(fake.machines.map(({ version }) => version).join('')).toBe('111');
});

test('a long bake time is looked at once a minute', async () => {
  const { fake } = await run({ properties: { BakeTimeSeconds: '1800' } });
  const looks = fake.calls.filter((name) => name === 'describeInstanceRefreshes').length;
  expect(looks).toBeLessThan(30 + 25);
});
