import { failuresOf } from './seeds';

// Continuous integration runs 500 by the command line, side by side.
test('the first seeds hold every invariant', async () => {
  expect(await failuresOf(1, 20)).toEqual([]);
});
