import type { Core } from '../../../local-aws/core/core';
import { allImages } from '../../../local-aws/rehearsal/images';

const PAGES = new Map([
  [undefined, { imageSummaryList: [{ name: 'a' }, { name: 'b' }], nextToken: '2' }],
  ['2', { imageSummaryList: [{ name: 'c' }] }],
]);

test('images on further pages count too', async () => {
  const send = async ({ input }: { input: { maxResults?: number; nextToken?: string } }) => {
    expect(input.maxResults ?? 25).toBeLessThanOrEqual(25);
    return PAGES.get(input.nextToken);
  };
  const images = await allImages({ send } as unknown as Core);
  expect(images.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});
