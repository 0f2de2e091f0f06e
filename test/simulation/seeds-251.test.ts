import { failuresOf } from './seeds';

test('seeds 251 to 375 hold every invariant', async () => {
  expect(await failuresOf(251, 375)).toEqual([]);
}, 600_000);
