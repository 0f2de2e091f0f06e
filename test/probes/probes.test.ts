import { PROBES } from '../../probes/all';
import { compare } from '../../probes/compare';
import { localLab } from '../../probes/local-lab';
import type { Probe } from '../../probes/probe';
import { runProbe } from '../../probes/run';

/** What the local AWS answers. A change here is a change of what this project assumes about AWS. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'rollback-values': {
    endsAs: 'UPDATE_ROLLBACK_COMPLETE',
    newestVersion: '3',
    dependantHolds: 're-resolved',
  },
  'rollback-order': { order: 'First, Second, Third' },
  'group-size-change': { endsAs: 'UPDATE_COMPLETE', version: 'written again' },
  'group-wait': { endsAs: 'failed' },
  'refresh-alarm-without-data': { start: 'ValidationError' },
  'rollback-while-baking': {
    afterTheLastReplacement: 'Baking',
    savedVersion: '1',
    rollback: 'accepted',
    endsAs: 'RollbackSuccessful',
  },
  'launch-tag-key': { launch: 'Failed', namesTheKey: 'yes' },
  'balancer-metrics-delay': { answers: '503' },
  'alarm-fill': { withFill: 'never fires', plainSum: 'fires' },
  'listener-change': {},
  'image-build-end': { image: 'FAILED', logGroup: 'named as the recipe was written' },
  'console-of-old-type': { latest: 'UnsupportedOperation', kept: 'accepted' },
  'policy-spread': { withoutPermission: 'refused', namedAlarm: 'allowed', otherAlarm: 'refused' },
};

test.each(PROBES)(
  'the local AWS answers the probe $id within what is assumed, and nothing is left',
  async (probe) => {
    const { lab, close } = await localLab(probe.id, () => undefined);
    const result = await runProbe(probe, lab);
    const stack = await lab.stack();
    await close();
    expect(result).toMatchObject({ probe: probe.id, observation: { facts: ANSWERS[probe.id] } });
    expect(result.left).toBeUndefined();
    expect(stack).toBeUndefined();
    // As if AWS had answered the same: every figure is within its range.
    for (const { name, agrees } of compare(probe, result, result))
      expect([name, agrees]).toEqual([name, true]);
  },
);

test('a probe that fails says why, and its stack is removed all the same', async () => {
  const failing: Probe = {
    ...PROBES[0]!,
    run: async (lab) => {
      await lab.create({ Nothing: { Type: 'AWS::CloudFormation::WaitConditionHandle' } });
      throw new Error('no answer');
    },
  };
  const { lab, close } = await localLab('failing', () => undefined);
  expect(await runProbe(failing, lab)).toMatchObject({ error: 'no answer' });
  expect(await lab.stack()).toBeUndefined();
  await close();
});
