import type { Origin, Outcome, Revision } from '../../lib/ledger/types';
import { formatPin, isPinInForce, type Pin, parsePin, parseRestart } from '../../lib/rollout/pin';

const pin: Pin = {
  ...{ revision: 2, release: 'guestbook 1.1.0', launchTemplateVersion: '2', instead: 'digest' },
  ...{ after: 3, by: 'operator' },
};

/** The ledger from the undo on: revision 4 is what the pin brought about. */
function ledger(...later: readonly (readonly [Origin['kind'], Outcome['kind']])[]): Revision[] {
  return [
    ['release', 'Complete'],
    ['release', 'Complete'],
    ['release', 'Complete'],
    ['undo', 'Complete'],
    ...later,
  ].map(
    ([kind, outcome], index) =>
      ({ number: index + 1, origin: { kind }, outcome: { kind: outcome } }) as Revision,
  );
}

test.each<[string, Revision[], boolean, boolean]>([
  ['right after it was made', ledger().slice(0, 3), false, true],
  ['after what it brought about', ledger(), false, true],
  ['after a release that was rolled back', ledger(['release', 'RolledBack']), false, true],
  ['after another release', ledger(['release', 'Complete']), false, false],
  ['while another release that had completed is given up', ledger(['release', 'Complete']), true, true],
  ['after that', ledger(['release', 'Complete'], ['back', 'Complete']), false, true],
  [
    'while one is given up that came after another',
    ledger(['release', 'Complete'], ['release', 'Complete']),
    true,
    false,
  ],
])('a pin %s', (_name, revisions, isGoingBack, isInForce) => {
  expect(isPinInForce(pin, revisions, isGoingBack)).toBe(isInForce);
});

test('a pin and a restart are read as they are written, and nothing else is', () => {
  expect(parsePin(formatPin(pin))).toEqual(pin);
  expect(parsePin('')).toBeUndefined();
  expect(() => parsePin('{"revision":2}')).toThrow(
    'FleetPin is to be empty, or to name revision, release, launchTemplateVersion, instead, after and by, as "rollout undo" sets it; found {"revision":2}.',
  );
  expect(() => parseRestart('now')).toThrow('FleetRestart is to be empty, or to name by and at');
});
