import { currentRevision, history, undoTarget } from '../../lib/ledger/history';
import type { Head, Outcome, Revision } from '../../lib/ledger/types';
import { complete, FLEET, revisionOf, rolledBack, softwareOf } from '../cli/world';

const AT = 0;
const failed: Outcome = { kind: 'Failed', reason: 'The refresh failed.', at: AT };
const HEAD: Head = { fleet: FLEET, newest: 5 };

/** Revisions 1, 2, …; of each the launch template version, and how it ended. */
const revisions = (...items: readonly (readonly [number, Outcome | undefined])[]): Revision[] =>
  items.map(([template, outcome], index) =>
    revisionOf(index + 1, `1.${template}.0`, { software: softwareOf(template), outcome }),
  );
const done = complete(AT);
const back = rolledBack(AT);
const numbers = (items: readonly Revision[]) => items.map(({ number }) => number);

describe('numbering, as Kubernetes has it', () => {
  test.each([
    ['three releases', [1, 2, 3], [1, 2, 3]],
    ['after going back to 1', [1, 2, 3, 1], [2, 3, 4]],
    ['after going back to 2, and on to something new', [1, 2, 3, 2, 4], [1, 3, 4, 5]],
    ['to and fro', [1, 2, 1, 2, 1], [4, 5]],
    ['the content of 1 under another launch template version', [1, 2, 11], [2, 3]],
  ])('%s', (_, templates, listed) => {
    expect(numbers(history(revisions(...templates.map((template) => [template, done] as const))))).toEqual(
      listed,
    );
  });

  test('what a stack ran that is gone is neither listed nor gone back to', () => {
    const software = { ...softwareOf(2), launchTemplateId: 'lt-anew', content: 'anew' };
    const anew: Revision = { ...revisionOf(3, '1.2.0'), software, outcome: done };
    const all = [...revisions([1, done], [2, done]), anew];
    expect(numbers(history(all))).toEqual([3]);
    expect(undoTarget(HEAD, all)).toMatchObject({
      kind: 'impossible',
      message: expect.stringContaining('the only one'),
    });
  });

  test('what was rolled back is listed, and is not what the fleet runs', () => {
    const all = revisions([1, done], [2, done], [4, back]);
    expect(numbers(history(all))).toEqual([1, 2, 3]);
    expect(currentRevision(all)?.number).toBe(2);
    expect(currentRevision([])).toBeUndefined();
  });
});

describe('where an undo goes', () => {
  const target = (items: Revision[], wanted?: number) => {
    const undo = undoTarget(HEAD, items, wanted);
    return undo.kind === 'to' ? undo.revision.number : `${undo.kind}: ${undo.message}`;
  };

  test.each([
    ['to the one before', revisions([1, done], [2, done], [3, done]), undefined, 2],
    ['past what never completed', revisions([1, done], [2, back], [3, done]), undefined, 1],
    ['back again after an undo', revisions([1, done], [2, done], [1, done]), undefined, 2],
    ['to a number', revisions([1, done], [2, done], [3, done]), 1, 1],
    ['to what came back under another number', revisions([1, done], [2, done], [1, back], [3, done]), 3, 3],
  ])('%s', (_, items, wanted, number) => {
    expect(target(items, wanted)).toBe(number);
  });

  test.each([
    [
      'the newest was rolled back by itself',
      revisions([1, done], [2, done], [3, back]),
      undefined,
      'nothing: There is nothing to undo: revision 3 (guestbook 1.3.0) was rolled back, and the fleet runs revision 2 (guestbook 1.2.0). "--to-revision N" goes to another one of "rollout history".',
    ],
    [
      'there is only one',
      revisions([1, done]),
      undefined,
      'impossible: There is nothing to undo: revision 1 (guestbook 1.1.0) is the only one that completed. Deploy another release.',
    ],
    [
      'the number is what runs',
      revisions([1, done], [2, done], [1, done]),
      1,
      'nothing: The fleet already runs what revision 1 has: guestbook 1.1.0, as revision 3.',
    ],
    [
      'there is no such number',
      revisions([1, done], [2, done]),
      7,
      'impossible: There is no revision 7; there are 1, 2, as "rollout history" lists.',
    ],
    [
      'the number failed',
      revisions([1, done], [2, failed], [3, done]),
      2,
      'impossible: Revision 2 (guestbook 1.2.0) failed, and is nothing to go back to: "rollout retry" rolls out once more what failed last.',
    ],
    [
      'nothing has completed',
      revisions([1, back]),
      undefined,
      'impossible: No revision of ImageBased-fleet has completed yet.',
    ],
  ])('not when %s', (_, items, wanted, message) => {
    expect(target(items, wanted)).toBe(message);
  });
});
