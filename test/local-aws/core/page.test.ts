import { pageOf } from '../../../local-aws/core/page';

const invalid = (token: string) => new Error(`No such page: ${token}`) as never;

test.each([true, false])(
  'the pages of a list that grows meanwhile have each entry once (newest first: %s)',
  (newestFirst) => {
    const grown = [1, 2, 3, 4, 5, 6, 7];
    const list = (length: number) => {
      const entries = grown.slice(0, length);
      return newestFirst ? entries.reverse() : entries;
    };
    const seen: number[] = [];
    let token: string | undefined;
    for (let length = 5; length <= 7; length += 1) {
      const { items, next } = pageOf(list(length), { size: 2, token, newestFirst, invalid });
      seen.push(...items);
      token = next;
    }
    expect(seen).toEqual(newestFirst ? [5, 4, 3, 2, 1] : [1, 2, 3, 4, 5, 6]);
    expect(token === undefined).toBe(newestFirst);
  },
);

test('a list ends where a page ends', () => {
  expect(pageOf([1, 2], { size: 2, invalid })).toEqual({ items: [1, 2], next: undefined });
  expect(pageOf([2, 1], { size: 2, newestFirst: true, invalid })).toEqual({ items: [2, 1], next: undefined });
});
