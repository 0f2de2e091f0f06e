import { type Boot, bootFigures, median } from '../../../local-aws/rehearsal/boots';
import { linesOf, machineFiguresOf } from '../../../local-aws/rehearsal/machine-figures';

function boot(healthySeconds: number, change: Partial<Boot> = {}): Boot {
  return {
    ...{ variant: 'ImageBased', instanceId: 'i-1', beside: 0, healthySeconds },
    ...{ fetchedBytes: 100 * healthySeconds, processorSeconds: healthySeconds / 2 },
    ...change,
  };
}

test.each([
  [[], null],
  [[7], 7],
  [[9, 1, 2], 2],
  [[4, 1, 2, 100], 3],
])('the median of %j is %p', (values, middle) => {
  expect(median(values)).toBe(middle);
});

test('boots: the medians, the least and the most; what was not counted does not count', () => {
  expect(bootFigures([boot(3), boot(1), boot(2), boot(10, { processorSeconds: null })])).toEqual({
    boots: 4,
    ...{ healthySeconds: 2.5, fetchedBytes: 250, processorSeconds: 1 },
    least: { healthySeconds: 1, fetchedBytes: 100, processorSeconds: 0.5 },
    most: { healthySeconds: 10, fetchedBytes: 1000, processorSeconds: 1.5 },
  });
});

test('no boots: nothing was measured', () => {
  const nothing = { healthySeconds: null, fetchedBytes: null, processorSeconds: null };
  expect(bootFigures([])).toEqual({ boots: 0, ...nothing, least: nothing, most: nothing });
});

const measured: Parameters<typeof machineFiguresOf>[0] = {
  boots: [boot(2), boot(8, { variant: 'InstanceBased', fetchedBytes: 21_000_000 })],
  bakes: [
    { start: 2, build: 10 },
    { start: 4, build: 20, test: 3 },
  ],
  drift: {
    offered: ['libuv1', 'nodejs'],
    ImageBased: { packages: [], files: [] },
    InstanceBased: { packages: ['libuv1', 'nodejs'], files: ['/usr/bin/node'] },
  },
  report: { startedAt: '2026-11-21T09:00:00.000Z' },
  processors: [{ model: 'A' }, { model: 'A' }],
};

test('figures of each variant, of the bakes and their parts, and of the drift', () => {
  expect(machineFiguresOf(measured)).toMatchObject({
    schemaVersion: 1,
    startedAt: '2026-11-21T09:00:00.000Z',
    computer: { processors: 2, model: 'A' },
    boot: { ImageBased: { boots: 1, healthySeconds: 2 }, InstanceBased: { boots: 1, healthySeconds: 8 } },
    bake: { bakes: 2, seconds: 19.5, parts: { start: 3, build: 15, test: 3 } },
    drift: {
      offered: ['libuv1', 'nodejs'],
      ImageBased: { packages: 0, files: 0, packageNames: [], paths: [] },
      InstanceBased: { packages: 2, files: 1, packageNames: ['libuv1', 'nodejs'], paths: ['/usr/bin/node'] },
    },
    boots: measured.boots,
  });
});

test('for a reader: ranges with their units, and what differs by name', () => {
  const lines = linesOf(machineFiguresOf(measured));
  expect(lines).toContain(
    '  InstanceBased: from launch to first healthy answer 8.0 s (8.0 to 8.0), fetched 21.0 MB (21.0 to 21.0), processor time 4.0 s (4.0 to 4.0); 1 boots',
  );
  // 19.5 s of bake, 6 s of difference.
  expect(lines).toContain(
    '  A bake takes as long as 3.3 boots of InstanceBased take longer than those of ImageBased.',
  );
  expect(lines).toContain('  ImageBased: 0 packages and 0 files differ');
  expect(lines).toContain('  InstanceBased: 2 packages (libuv1, nodejs) and 1 files differ');
});

test('without a look at drift there are no figures of it, and no lines', () => {
  const figures = machineFiguresOf({ ...measured, drift: undefined });
  expect(figures.drift).toBeNull();
  expect(linesOf(figures).join('\n')).not.toContain('differ');
});

test.each([
  ['nothing was baked', { bakes: [] }],
  ['no instance-based machine has booted', { boots: [boot(2)] }],
  ['it boots no slower', { boots: [boot(2), boot(2, { variant: 'InstanceBased' })] }],
])('a bake is held against no boots when %s', (_, change) => {
  expect(linesOf(machineFiguresOf({ ...measured, ...change })).join('\n')).not.toContain('A bake takes');
});
