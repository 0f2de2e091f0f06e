import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBES } from '../../probes/all';
import { assumptionsPage } from '../../probes/page';
import { ASSUMPTIONS } from '../../probes/register';

const ROOT = join(__dirname, '..', '..');

test('docs/assumptions.md is the register as it is; "npm run docs" writes it', () => {
  const written = readFileSync(join(ROOT, 'docs', 'assumptions.md'), 'utf8');
  expect(written).toBe(assumptionsPage(ASSUMPTIONS, PROBES));
});

test('every assumption and every probe has a name of its own', () => {
  for (const names of [ASSUMPTIONS.map(({ id }) => id), PROBES.map(({ id }) => id)])
    expect(new Set(names).size).toBe(names.length);
});

test.each(ASSUMPTIONS)('$id is settled by a probe, or held by a test that exists', ({ settledBy }) => {
  if ('probe' in settledBy) expect(PROBES.map(({ id }) => id)).toContain(settledBy.probe);
  else expect(existsSync(join(ROOT, settledBy.test))).toBe(true);
});

test.each(PROBES)('the probe $id settles an assumption', ({ id }) => {
  expect(ASSUMPTIONS.some(({ settledBy }) => 'probe' in settledBy && settledBy.probe === id)).toBe(true);
});
