import { failuresOf } from './seeds';

test('seeds 376 to 500 hold every invariant', async () => {
  expect(await failuresOf(376, 500)).toEqual([]);
}, 600_000);
