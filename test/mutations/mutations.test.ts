import { existsSync, readFileSync } from 'node:fs';
import { MUTATIONS } from './mutations';

// Whether they are found takes minutes: `npm run mutations`.
test.each(MUTATIONS)('$name has something to change, and tests to find it', ({ file, changes, foundBy }) => {
  const source = readFileSync(file, 'utf8');
  for (const [from] of changes) expect(source.split(from)).toHaveLength(2);
  for (const tests of foundBy) expect(existsSync(tests)).toBe(true);
});
