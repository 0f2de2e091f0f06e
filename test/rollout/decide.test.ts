import fc from 'fast-check';
import { BUDGET_SECONDS, type Round } from '../../lib/custom-resource/step';
import type { Head, OpenRollout } from '../../lib/ledger/types';
import { decide } from '../../lib/rollout/decide';
import { isSameContent, strays } from '../../lib/rollout/fleet';
import type { Observed } from '../../lib/rollout/observe';
import { type RolloutSpec, rolloutSpec, type TemplateVersion } from '../../lib/rollout/properties';
import { isActive, stageOf } from '../../lib/rollout/statuses';
import { rolloutProperties } from './properties';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const version = (number: string): TemplateVersion => ({ launchTemplateId: 'lt-1', version: number });

const spec: RolloutSpec = rolloutSpec(rolloutProperties());

const number = fc.constantFrom('1', '2', '3', '4');
const contents = fc
  .tuple(...['1', '2', '3', '4'].map(() => fc.constantFrom('A', 'B', undefined)))
  .map((values) => {
    const map = new Map<string, string>();
    values.forEach((content, index) => {
      if (content) map.set(`lt-1:${index + 1}`, content);
    });
    return map;
  });

const ended = fc.constantFrom('Successful', 'Failed', 'Cancelled', 'RollbackSuccessful', 'RollbackFailed');
const active = fc.constantFrom('Pending', 'InProgress', 'Baking', 'Cancelling', 'RollbackInProgress');

const refreshes = fc
  .tuple(
    fc.option(active),
    fc.array(ended, { maxLength: 2 }),
    fc.array(number, { minLength: 3, maxLength: 3 }),
  )
  .chain(([current, past, desired]) =>
    fc.array(fc.integer({ min: -60, max: 50 }), { minLength: 3, maxLength: 3 }).map((starts) =>
      [...(current ? [current] : []), ...past].map((status, index) => ({
        id: `refresh-${index}`,
        status,
        statusReason: '',
        startedAt: START + [...starts].sort((a, b) => b - a)[index]! * MINUTE,
        percentageComplete: 50,
        instancesToUpdate: 2,
        desired: version(desired[index]!),
      })),
    ),
  );

const group = fc.record({
  saved: number.map(version),
  desiredCapacity: fc.constant(2),
  machines: fc.array(
    fc.record({
      id: fc.constant('i-1'),
      lifecycleState: fc.constantFrom('InService', 'Pending', 'Terminating'),
      version: number.map(version),
    }),
    { maxLength: 4 },
  ),
});

const open: fc.Arbitrary<OpenRollout> = fc.record(
  {
    revision: fc.constant(3),
    isRestart: fc.boolean(),
    content: fc.constantFrom('A', 'B'),
    launchTemplateVersion: number,
    stackId: fc.constantFrom('stack-1', 'stack-1', 'stack-2'),
    requestId: fc.constantFrom('request-1', 'request-1', 'request-0'),
    openedAt: fc.constantFrom(START, START - 30 * MINUTE),
    until: fc.constant(START + 60 * MINUTE),
    part: fc.constant(0),
    passed: fc.constantFrom(0, 25),
    paused: fc.constant({ by: 'operator', at: START }),
    aborted: fc.constant({ by: 'operator', at: START, reason: 'Looks odd' }),
    holding: fc.constant({ at: 25, since: START }),
    cancelled: fc.constantFrom('refresh-0', 'refresh-1'),
  },
  {
    requiredKeys: [
      ...(['revision', 'isRestart', 'content', 'launchTemplateVersion', 'stackId', 'requestId'] as const),
      ...(['openedAt', 'until', 'part', 'passed'] as const),
    ],
  },
);

const head: fc.Arbitrary<Head> = fc.option(open, { nil: undefined }).map((rollout) => ({
  ...{ fleet: 'guestbook', newest: 3 },
  ...(rollout ? { open: rollout } : {}),
}));

const observed: fc.Arbitrary<Observed> = fc.record({
  refreshes,
  head,
  revisions: fc.constant([]),
  target: fc.constantFrom('A', 'B').map((content) => ({
    ...{ launchTemplateId: 'lt-1', launchTemplateVersion: '2', content, imageId: 'ami-1' },
  })),
  group: fc.oneof({ weight: 9, arbitrary: group }, { weight: 1, arbitrary: fc.constant('absent' as const) }),
  contents,
  findings: fc.constantFrom(undefined, { machine: 'Machine i-1 is unhealthy.', activity: '' }),
  hasLooked: fc.boolean(),
  lastProgressAt: fc.option(
    fc.integer({ min: 0, max: 60 }).map((minute) => START + minute * MINUTE),
    {
      nil: undefined,
    },
  ),
  alarms: fc
    .constantFrom('OK', 'ALARM', 'INSUFFICIENT_DATA')
    .map((state) => [{ name: 'sick-hosts', state, reason: '' }]),
  isStackGoingBack: fc.boolean(),
});

const round: fc.Arbitrary<Round<RolloutSpec>> = fc.record({
  requestType: fc.constantFrom('Create', 'Update', 'Update', 'Delete'),
  requestId: fc.constant('request-1'),
  stackId: fc.constant('stack-1'),
  spec: fc.constant(spec),
  isGoingBack: fc.boolean(),
  startedAt: fc.constant(START),
  now: fc.integer({ min: 0, max: 70 }).map((minute) => START + minute * MINUTE),
  answerBy: fc.constant(START + BUDGET_SECONDS * 1000),
  note: fc.constantFrom('', 'A machine was sick.'),
});

const always = (property: (round: Round<RolloutSpec>, seen: Observed) => void) =>
  fc.assert(fc.property(round, observed, property), { numRuns: 2000 });

describe('a decision, whatever was observed,', () => {
  test('never starts a refresh while one is active', () => {
    always((given, seen) => {
      if (seen.refreshes.some(({ status }) => isActive(status)))
        expect(decide(given, seen).kind).not.toBe('start');
    });
  });

  test('never starts a second refresh after one of the same request has ended, but for one that it interrupted itself', () => {
    always((given, seen) => {
      const own = seen.refreshes.find(
        ({ startedAt, desired }) =>
          startedAt >= given.startedAt && isSameContent(seen.contents, desired, given.spec.target),
      );
      const isInterrupted = own?.status === 'Cancelled' && own.id === seen.head?.open?.cancelled;
      if (own && !(isInterrupted && !given.isGoingBack)) expect(decide(given, seen).kind).not.toBe('start');
    });
  });

  test('is an ending once the time is up, or the turn back that is still possible', () => {
    always((given, seen) => {
      const action = decide({ ...given, now: given.answerBy }, seen);
      expect(action.kind).not.toBe('start');
      if (given.requestType !== 'Delete') expect(action.kind).not.toBe('wait');
    });
  });

  test('succeeds only where the group has saved the wanted content', () => {
    always((given, seen) => {
      const action = decide(given, seen);
      if (action.kind !== 'succeed' || given.requestType === 'Delete' || typeof seen.group === 'string')
        return;
      expect(isSameContent(seen.contents, seen.group.saved, given.spec.target)).toBe(true);
      expect(action.data.LaunchTemplateVersion).toBe(seen.group.saved?.version);
      const refreshed = seen.refreshes.some(({ status }) => stageOf(status) === 'successful');
      if (!refreshed) expect(strays(seen.group, given.spec.target, seen.contents)).toEqual([]);
    });
  });

  test('turns back only what goes forward, and cancels only that', () => {
    always((given, seen) => {
      const action = decide(given, seen);
      if (action.kind !== 'rollBack' && action.kind !== 'cancel') return;
      const refresh = seen.refreshes.find(({ id }) => id === action.refreshId);
      expect(stageOf(refresh?.status ?? '')).toBe('forward');
      if (action.kind === 'rollBack') expect(refresh?.status).not.toBe('Pending');
    });
  });

  test('starts towards the wanted content, and without a way back only where there is none', () => {
    always((given, seen) => {
      const action = decide(given, seen);
      if (action.kind !== 'start' || typeof seen.group === 'string') return;
      expect(isSameContent(seen.contents, action.version, given.spec.target)).toBe(true);
      const isSaved = isSameContent(seen.contents, seen.group.saved, given.spec.target);
      const isRestart = seen.head?.open?.isRestart ?? false;
      expect(action.isReversible).toBe(!given.isGoingBack && !isSaved && !isRestart);
      if (action.isReversible) expect(seen.alarms?.[0]?.state).toBe('OK');
    });
  });
});

describe('a status that is not known', () => {
  test('is an error that names it', () => {
    const given = fc.sample(round, 1)[0]!;
    const refresh = {
      id: 'r',
      status: 'Resting',
      statusReason: '',
      startedAt: 0,
      percentageComplete: 0,
      instancesToUpdate: 0,
    };
    const seen: Observed = {
      ...{ refreshes: [refresh], group: 'unread', contents: new Map() },
      head: { fleet: 'guestbook', newest: 0 },
    };
    expect(() => decide(given, seen)).toThrow('An instance refresh has the unknown status "Resting".');
  });
});
