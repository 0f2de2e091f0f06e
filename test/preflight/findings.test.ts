import { type FindingCode, without as notAccepted, report } from '../../lib/preflight/finding';
import { findings } from '../../lib/preflight/findings';
import { machinesAtOnce } from '../../lib/preflight/group-findings';
import { canLiveBeside } from '../../lib/preflight/release-findings';
import { harmOfSuspended, isAvailableImage } from '../../lib/preflight/statuses';
import type { ImageFacts, PreflightObserved, PreflightSubject } from '../../lib/preflight/subject';
import { GROUP, KNOWN, NOW, OBSERVED, release, SUBJECT } from './world';

const machines = (change: object, count = 1) =>
  GROUP.machines.map((machine, index) => (index < count ? { ...machine, ...change } : machine));

const withImage = (id: string, change: Partial<ImageFacts>): PreflightObserved => ({
  ...OBSERVED,
  images: new Map([...OBSERVED.images, [id, { ...OBSERVED.images.get(id)!, ...change }]]),
});

const withTemplate = (key: string, facts: object): PreflightObserved => ({
  ...OBSERVED,
  templates: new Map([...OBSERVED.templates, [key, facts]]),
});

const without = <Value>(map: ReadonlyMap<string, Value>, key: string) =>
  new Map([...map].filter(([name]) => name !== key));

const withGroup = (change: object): PreflightObserved => ({ ...OBSERVED, group: { ...GROUP, ...change } });

const BREAK = { ...SUBJECT, release: release('2.0.0') };

describe('nothing is found', () => {
  test.each<[name: string, PreflightSubject, PreflightObserved]>([
    ['early, on a fleet that is well', SUBJECT, OBSERVED],
    ['right before the refresh', KNOWN, OBSERVED],
    [
      'on the first deployment, whatever else',
      BREAK,
      { ...OBSERVED, group: undefined, alarms: [{ name: 'errors', state: 'ALARM', reason: '' }] },
    ],
    ['across a break with recreate', { ...BREAK, isMixed: false }, OBSERVED],
    ['when the ledger does not know what is in service', BREAK, { ...OBSERVED, inService: undefined }],
    [
      'when the older release says that it lives beside the newer',
      BREAK,
      { ...OBSERVED, inService: { ...OBSERVED.inService!, release: release('1.0.0', '<=2.0.0') } },
    ],
    ['of a kept revision that the ledger does not know', { ...BREAK, pinnedRevision: 1 }, OBSERVED],
    [
      'when the pinned revision can serve beside the one in service, and the template names another',
      { ...BREAK, pinnedRevision: 1 },
      {
        ...OBSERVED,
        pinned: {
          number: 1,
          release: release('0.9.0', '^1.0.0'),
          software: { launchTemplateId: 'lt-1', version: '2' },
        },
      },
    ],
    [
      'when an alarm fires and an operator goes back',
      { ...SUBJECT, pinnedRevision: 1 },
      { ...OBSERVED, alarms: [{ name: 'errors', state: 'ALARM', reason: '' }] },
    ],
    [
      'when a public image is deprecated',
      KNOWN,
      withImage('ami-2', { ownerAccount: '137112412989', deprecatedAt: NOW - 1 }),
    ],
    ['when an image will be deprecated', KNOWN, withImage('ami-1', { deprecatedAt: NOW + 1 })],
    [
      'when processes are suspended that do no harm',
      KNOWN,
      withGroup({
        suspendedProcesses: ['AZRebalance', 'AlarmNotification', 'ScheduledActions', 'ReplaceUnhealthy'],
      }),
    ],
    [
      'when a machine is protected that runs the release already',
      KNOWN,
      withGroup({ machines: machines({ isProtected: true, version: KNOWN.target }) }),
    ],
    [
      'when addresses are short and none is needed',
      { ...KNOWN, minHealthyPercentage: 50, maxHealthyPercentage: 100 },
      { ...OBSERVED, subnets: [{ id: 'subnet-a', freeAddresses: 0 }] },
    ],
  ])('%s', (_name, subject, observed) => {
    expect(findings(subject, observed, NOW)).toEqual([]);
  });
});

test.each<[FindingCode, PreflightSubject, PreflightObserved, message: string]>([
  [
    'ledger-missing',
    SUBJECT,
    { ...OBSERVED, isLedgerThere: false, group: undefined },
    'There is no DynamoDB table ledger, in which rollouts are kept: deploy the stack with the ledger first, or name its table with -c ledgerTable=NAME.',
  ],
  [
    'no-co-existence',
    BREAK,
    OBSERVED,
    "guestbook 2.0.0 (lives beside 2.0.0) can't serve beside guestbook 1.0.0, in service as revision 3 (lives beside 1.0.0), and with strategy rolling both serve for a while: deploy with -c strategy=recreate, under which nothing serves for a while;",
  ],
  [
    'no-co-existence',
    { ...SUBJECT, pinnedRevision: 1 },
    {
      ...OBSERVED,
      pinned: {
        number: 1,
        release: release('0.9.0'),
        software: { launchTemplateId: 'lt-1', version: '2' },
      },
    },
    "guestbook 0.9.0 (lives beside 0.9.0) can't serve beside guestbook 1.0.0,",
  ],
  [
    'port-change',
    { ...SUBJECT, service: { port: 9090, healthPath: '/health' } },
    OBSERVED,
    'The target group of fleet has port 8080, and would be replaced by one with port 9090, in which no machine of guestbook 1.0.0 is: keep service.port at 8080, or deploy the release as another fleet',
  ],
  [
    'health-path-change',
    { ...SUBJECT, service: { port: 8080, healthPath: '/ready' } },
    { ...OBSERVED, inService: undefined },
    'The target group of fleet checks /health, and would check /ready before the first machine is replaced, so that machines of the release in service are taken for sick: release a version first that answers on both',
  ],
  [
    'health-path-change',
    { ...SUBJECT, pinnedRevision: 1 },
    {
      ...OBSERVED,
      pinned: {
        number: 1,
        release: { ...release('0.9.0', '^1.0.0'), healthPath: '/old' },
        software: { launchTemplateId: 'lt-1', version: '2' },
      },
    },
    'The target group of fleet checks /health, and guestbook 0.9.0 says that it answers on /old,',
  ],
  [
    'target-version-unnumbered',
    { ...KNOWN, target: { launchTemplateId: 'lt-1', version: '$Latest' } },
    OBSERVED,
    'Launch template version $Latest of lt-1, which is to be rolled out, is not told by a number,',
  ],
  [
    'target-version-missing',
    KNOWN,
    { ...OBSERVED, templates: without(OBSERVED.templates, 'lt-1:2') },
    'Launch template version 2 of lt-1, which is to be rolled out, is not there any more:',
  ],
  [
    'target-image-indirect',
    KNOWN,
    withTemplate('lt-1:2', { imageId: 'resolve:ssm:/golden' }),
    "names the image resolve:ssm:/golden, with which Auto Scaling rolls nothing back: an AMI's id is expected.",
  ],
  ['target-image-indirect', KNOWN, withTemplate('lt-1:2', {}), 'names no image,'],
  [
    'target-image-missing',
    KNOWN,
    { ...OBSERVED, images: without(OBSERVED.images, 'ami-2') },
    'starts machines from ami-2, which is not there or not shared with this account:',
  ],
  [
    'target-image-unavailable',
    KNOWN,
    withImage('ami-2', { state: 'pending' }),
    'starts machines from ami-2, which is pending, and has to be available:',
  ],
  [
    'target-image-architecture',
    KNOWN,
    withImage('ami-2', { architecture: 'arm64' }),
    'starts t3.small, which runs x86_64, from ami-2, which is for arm64:',
  ],
  [
    'target-image-deprecated',
    KNOWN,
    withImage('ami-2', { deprecatedAt: NOW }),
    'starts machines from ami-2, which is marked as deprecated since 2026-01-15T12:00:00.000Z and may be deleted any time:',
  ],
  [
    'rollback-version-unnumbered',
    KNOWN,
    withGroup({ saved: { launchTemplateId: 'lt-1', version: '$Default' } }),
    'Launch template version $Default of lt-1, which a rollback would need, is not told by a number,',
  ],
  [
    'rollback-version-unnumbered',
    SUBJECT,
    withGroup({ saved: undefined }),
    'fleet has no launch template, so that nothing could be rolled back:',
  ],
  [
    'rollback-version-missing',
    KNOWN,
    { ...OBSERVED, templates: without(OBSERVED.templates, 'lt-1:1') },
    'Launch template version 1 of lt-1, which a rollback would need, is not there any more:',
  ],
  [
    'rollback-image-indirect',
    SUBJECT,
    withTemplate('lt-1:1', { imageId: 'resolve:ssm:/golden' }),
    'names the image',
  ],
  [
    'rollback-image-missing',
    SUBJECT,
    { ...OBSERVED, images: without(OBSERVED.images, 'ami-1') },
    'Launch template version 1 of lt-1, which a rollback would need, starts machines from ami-1, which is not there',
  ],
  ['rollback-image-unavailable', KNOWN, withImage('ami-1', { state: 'disabled' }), 'which is disabled,'],
  ['rollback-image-architecture', KNOWN, withImage('ami-1', { architecture: 'arm64' }), 'which is for arm64'],
  [
    'rollback-image-deprecated',
    KNOWN,
    withImage('ami-1', { deprecatedAt: 0 }),
    'aws ec2 disable-image-deprecation --image-id ami-1',
  ],
  [
    'addresses-short',
    KNOWN,
    { ...OBSERVED, subnets: [{ id: 'subnet-a', freeAddresses: 1 }] },
    'subnet-a has 1 free address, and the rollout needs 2, for up to 6 machines at a time where 4 are desired: free some, or lower maxHealthyPercentage, which is 150.',
  ],
  [
    'machines-protected',
    KNOWN,
    withGroup({ machines: machines({ isProtected: true }, 4) }),
    'i-1, i-2, i-3 and 1 more of fleet are protected from scale-in, for which a refresh waits until it fails: take it off with "aws autoscaling set-instance-protection',
  ],
  [
    'machines-protected',
    KNOWN,
    withGroup({ protectsNewMachines: true }),
    'fleet protects the machines that it starts from scale-in, so that a rollback would wait for them',
  ],
  [
    'machines-standby',
    KNOWN,
    withGroup({ machines: machines({ lifecycleState: 'Standby' }) }),
    'i-1 of fleet is in standby, for which a refresh waits until it fails: bring it back with "aws autoscaling exit-standby --auto-scaling-group-name fleet --instance-ids i-1", or end it.',
  ],
  [
    'processes-suspended',
    KNOWN,
    withGroup({ suspendedProcesses: ['Launch', 'AZRebalance', 'Terminate', 'HealthCheck'] }),
    'Launch, Terminate and HealthCheck are suspended in fleet, so that no machine is replaced and no machine is found sick: resume with "aws autoscaling resume-processes --auto-scaling-group-name fleet --scaling-processes Launch Terminate HealthCheck".',
  ],
  [
    'other-refresh',
    SUBJECT,
    { ...OBSERVED, refresh: { id: 'refresh-1', status: 'InProgress', startedAt: NOW } },
    'Instance refresh refresh-1 of fleet, started 2026-01-15T12:00:00.000Z, is InProgress, and there can be no second one:',
  ],
  [
    'alarm-not-ok',
    SUBJECT,
    { ...OBSERVED, alarms: [{ name: 'errors', state: 'ALARM', reason: 'Threshold crossed.' }] },
    'Alarm errors is in ALARM (Threshold crossed), with which no instance refresh starts:',
  ],
])('%s', (code, subject, observed, message) => {
  const found = findings(subject, observed, NOW);
  expect(found.map((each) => each.code)).toEqual([code]);
  expect(found[0]!.message).toContain(message);
});

test('everything is found at once', () => {
  const found = findings(
    { ...KNOWN, release: release('2.0.0') },
    {
      ...withGroup({ suspendedProcesses: ['Launch'], machines: machines({ isProtected: true }) }),
      images: new Map(),
      subnets: [{ id: 'subnet-a', freeAddresses: 0 }],
      refresh: { id: 'refresh-1', status: 'Pending', startedAt: NOW },
    },
    NOW,
  );
  expect(found.map(({ code }) => code)).toEqual([
    'no-co-existence',
    'target-image-missing',
    'rollback-image-missing',
    'addresses-short',
    'machines-protected',
    'processes-suspended',
    'other-refresh',
  ]);
});

test('an image that rollout and rollback share is found wanting once', () => {
  const observed = withTemplate('lt-1:2', { imageId: 'ami-1', instanceType: 't3.small' });
  const codes = findings(KNOWN, { ...observed, images: new Map() }, NOW).map(({ code }) => code);
  expect(codes).toEqual(['target-image-missing']);
});

test.each([
  ['the newer one includes the older', release('2.0.0', '>=1.0.0'), release('1.0.0'), true],
  ['the older one includes the newer', release('2.0.0'), release('1.0.0', '*'), true],
  ['neither includes the other', release('2.0.0', '^2.0.0'), release('1.0.0', '^1.0.0'), false],
  ['it is the same version', release('1.0.0', '0.9.0'), release('1.0.0', '0.9.0'), true],
  ['a release candidate is in the range', release('1.1.0-rc.1', '^1.0.0'), release('1.0.0'), true],
  ['the range holds a release candidate', release('1.1.0', '^1.0.0'), release('1.1.0-rc.1'), true],
  [
    'it is another application',
    { ...release('1.0.0', '*'), application: 'shop' },
    release('1.0.0', '*'),
    false,
  ],
])('two releases can serve beside each other: %s', (_name, one, other, expected) => {
  expect(canLiveBeside(one, other)).toBe(expected);
  expect(canLiveBeside(other, one)).toBe(expected);
});

test.each<[desired: number, min: number, max: number, atOnce: number]>([
  [4, 100, 150, 6],
  [3, 100, 150, 4],
  [1, 100, 150, 2],
  [4, 100, 100, 5],
  [4, 50, 100, 4],
  [4, 0, 100, 4],
  [4, 100, 200, 8],
  [0, 100, 200, 0],
])(
  '%i machines at %i to %i %% are %i at most',
  (desired, minHealthyPercentage, maxHealthyPercentage, atOnce) => {
    expect(machinesAtOnce(desired, { minHealthyPercentage, maxHealthyPercentage })).toBe(atOnce);
  },
);

test('an unknown state of an image is an error that names it', () => {
  expect(() => isAvailableImage('melted')).toThrow('unknown state "melted"');
});

test('a process that is not known does no harm', () => {
  expect(harmOfSuspended('Tomorrow')).toBe('');
});

describe('a report', () => {
  test('offers to accept what a deployment can end well with, and nothing else', () => {
    const [unknown, zone] = (['instance-type-unknown', 'instance-type-zone'] as const).map((code) => ({
      code,
      message: 'Found.',
    }));
    expect(report([unknown!])).toBe('(1) Found. [instance-type-unknown]');
    expect(report([unknown!, zone!])).toMatch(/deploys with -c acceptFindings=instance-type-zone$/);
    expect(notAccepted(['instance-type-unknown', 'instance-type-zone'], [unknown!, zone!])).toEqual([
      unknown,
    ]);
  });

  test('numbers what was found, and says how to accept it', () => {
    expect(
      report([
        { code: 'machines-standby', message: 'One.' },
        { code: 'machines-standby', message: 'Two.' },
        { code: 'other-refresh', message: 'Three.' },
      ]),
    ).toBe(
      '(1) One. [machines-standby] (2) Two. [machines-standby] (3) Three. [other-refresh] ' +
        'Whoever knows better deploys with -c acceptFindings=machines-standby,other-refresh',
    );
  });

  test.each([1, 9, 10, 11, 100])('of %i long findings fits, and counts those that do not', (count) => {
    const many = Array.from({ length: count }, () => ({
      code: 'rollback-image-unavailable' as const,
      message: 'x'.repeat(266),
    }));
    const text = report(many);
    expect(text.length).toBeLessThanOrEqual(3000);
    const shown = text.match(/\(\d+\)/g)!.length;
    if (shown < count) expect(text).toContain(`And ${count - shown} more, cut for length.`);
    expect(text).toContain('acceptFindings=rollback-image-unavailable');
  });
});
