import { findings } from '../../lib/preflight/findings';
import { lastLook } from '../../lib/preflight/last-look';
import { rolloutSpec } from '../../lib/rollout/properties';
import { NOW, OBSERVED, release } from './world';

const spec = rolloutSpec({
  GroupName: 'fleet',
  LaunchTemplateId: 'lt-1',
  TargetVersion: '2',
  TargetGroupArn: 'target-group',
  AlarmNames: ['errors'],
  MinHealthyPercentage: '100',
  MaxHealthyPercentage: '150',
  SkipMatching: 'true',
  ProgressDeadlineSeconds: '900',
  TimeoutSeconds: '2700',
  Part: '0',
  Parts: '1',
  Gates: [],
  AcceptFindings: [],
  Application: 'guestbook',
  Version: '2.0.0',
  ReleaseDigest: 'digest of 2.0.0',
  ChangeCause: 'New format',
  LivesBeside: '2.0.0',
  HealthPath: '/ready',
  LedgerTable: 'ledger',
});

const codes = (given: typeof spec, observed = OBSERVED) =>
  findings(lastLook(given), observed, NOW).map(({ code }) => code);

test('the last look is for all but the target group, which has been changed by then, and the alarms', () => {
  const observed = { ...OBSERVED, images: new Map([...OBSERVED.images].slice(0, 1)) };
  expect(codes(spec, observed)).toEqual(['no-co-existence', 'target-image-missing']);
});

test('a rollout that replaces all at once mixes nothing, unless it stops on its way', () => {
  const recreated = { ...spec, minHealthyPercentage: 0, maxHealthyPercentage: 100 };
  expect(codes(recreated)).toEqual([]);
  expect(codes({ ...recreated, gates: [{ percentage: 50 }] })).toEqual(['no-co-existence']);
});

test('an undo is held against the revision that it goes to', () => {
  const undo = { ...spec, origin: { kind: 'undo', of: 1 } } as const;
  const pinned = {
    number: 1,
    release: release('0.9.0', '^1.0.0'),
    software: { launchTemplateId: 'lt-1', version: '2' },
  };
  expect(codes(undo, { ...OBSERVED, pinned })).toEqual([]);
});
