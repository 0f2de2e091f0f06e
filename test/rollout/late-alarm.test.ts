import { NO_HEAD, type Outcome, type Revision } from '../../lib/ledger/types';
import { fleetStatus } from '../../lib/rollout/fleet-status';
import { lateAlarmText } from '../../lib/rollout/hindrance';

// After a rollout that failed the next one waits: what is said of it, and for how long.

const FAILED_AT = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

const outcome = (kind: Outcome['kind'], at = FAILED_AT): Outcome => ({ kind, reason: 'Because.', at });

test.each<[string, readonly (Outcome | undefined)[], number, boolean]>([
  ['nothing has ended', [undefined], 0, false],
  ['the last one completed', [outcome('Complete')], 0, false],
  ['one was rolled back just now', [outcome('RolledBack')], 0, true],
  ['one failed almost five minutes ago', [outcome('Failed')], 5 * MINUTE_MS - 1, true],
  ['one failed five minutes ago', [outcome('Failed')], 5 * MINUTE_MS, false],
  [
    'two failed, the first of them long ago',
    [outcome('Failed', FAILED_AT - 60 * MINUTE_MS), outcome('Failed')],
    MINUTE_MS,
    true,
  ],
])('where %s', (_, ended, passedMs, waits) => {
  const text = lateAlarmText(ended, FAILED_AT + passedMs);
  expect(text !== '').toBe(waits);
  if (waits) expect(text).toContain('starts at 2026-01-01T00:05:00.000Z at the earliest');
});

test.each([
  ['UPDATE_IN_PROGRESS', true],
  ['UPDATE_ROLLBACK_IN_PROGRESS', false],
])('the status of a fleet whose stack is %s says so: %s', (stackStatus, says) => {
  const newest = {
    number: 2,
    release: { application: 'guestbook', version: '2.0.0' },
    outcome: outcome('RolledBack'),
  } as Revision;
  const { message } = fleetStatus({
    ...{ head: NO_HEAD('fleet'), newest, strays: 0, stackStatus, now: FAILED_AT + MINUTE_MS },
  });
  expect(message.includes('starts at 2026-01-01T00:05:00.000Z at the earliest')).toBe(says);
  expect(message).toContain('Because.');
});
