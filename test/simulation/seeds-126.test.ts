import { failuresOf } from './seeds';

test('seeds 126 to 250 hold every invariant', async () => {
  expect(await failuresOf(126, 250)).toEqual([]);
}, 600_000);
