import type { Round } from '../../lib/custom-resource/step';
import type { OpenRollout } from '../../lib/ledger/types';
import { fail } from '../../lib/rollout/endings';
import { type RolloutSpec, rolloutSpec } from '../../lib/rollout/properties';
import { rolloutProperties } from './properties';

const open = { revision: 2, isRestart: false, trouble: undefined } as unknown as OpenRollout;

function round(
  requestType: Round<RolloutSpec>['requestType'],
  part = 0,
  isGoingBack = false,
): Round<RolloutSpec> {
  return {
    ...{ requestType, requestId: 'request-1', stackId: 'stack-1', isGoingBack },
    ...{ startedAt: 0, now: 1000, answerBy: 2000, note: '' },
    spec: { ...rolloutSpec(rolloutProperties()), part },
  };
}

const REASON = 'The rollout of guestbook 1.1.0 to guestbook failed: so.';
const trouble = { kind: 'amend', open, change: { trouble: REASON } };
const closed = (kind: string) => ({ kind: 'close', open, outcome: { kind, reason: REASON, at: 1000 } });

describe('what the ledger is told of a failure', () => {
  test.each([
    ['an update, whose way back will tell how it ended', round('Update'), open, false, trouble],
    ['an update that is back already', round('Update'), open, true, closed('RolledBack')],
    ['a way back that fails', round('Update', 0, true), open, true, trouble],
    ['a first deployment, which has no way back', round('Create'), open, false, closed('Failed')],
    ['a part that an update creates', round('Create', 2), open, false, trouble],
    [
      'a restart',
      round('Update'),
      { ...open, isRestart: true },
      false,
      { ...closed('Failed'), open: { ...open, isRestart: true } },
    ],
  ])('of %s', (_name, given, rollout, isBack, entry) => {
    expect(fail(given, 'so.', rollout, isBack)).toEqual({ kind: 'fail', reason: REASON, entry });
  });

  test('what was in trouble first stays', () => {
    const inTrouble = { ...open, trouble: 'An alarm fired.' };
    expect(fail(round('Update'), 'so.', inTrouble)).toMatchObject({
      entry: { change: { trouble: 'An alarm fired.' } },
    });
  });
});
