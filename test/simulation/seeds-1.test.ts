import { failuresOf } from './seeds';

test('seeds 1 to 125 hold every invariant', async () => {
  expect(await failuresOf(1, 125)).toEqual([]);
}, 600_000);
