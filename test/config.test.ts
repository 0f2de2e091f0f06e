import { parseConfiguration } from '../lib/config';

test('without context values everything has a default', () => {
  expect(
    parseConfiguration({ '@aws-cdk/core:flag': true, 'aws:cdk:x': 1, 'availability-zones:a': [] }),
  ).toEqual({
    release: 'release.json',
    architecture: 'x86_64',
    instanceType: 't3.small',
    rootVolumeGiB: 8,
    capacity: { min: 2, max: 4 },
    replacement: {
      strategy: 'rolling',
      minHealthyPercentage: 100,
      maxHealthyPercentage: 150,
      warmupSeconds: 60,
      progressDeadlineMinutes: 15,
      ignoreAlarms: false,
    },
    rollout: { timeoutMinutes: 51, bakeTimeSeconds: 360, gates: [] },
    autoScalingEndpoint: false,
    imageBuildTimeoutMinutes: 55,
    patchTo: 'base',
    ledgerTable: 'image-rollouts-ledger',
    acceptFindings: [],
  });
});

test.each([
  [{}, 360],
  [{ warmupSeconds: 300 }, 360],
  [{ warmupSeconds: 20 }, 400],
  [{ warmupSeconds: 0 }, 420],
  [{ warmupSeconds: 0, bakeTimeSeconds: 10 }, 10],
])('with %j the alarms are watched for %i s after the last replacement', (context, seconds) => {
  expect(parseConfiguration(context).rollout.bakeTimeSeconds).toBe(seconds);
});

test.each([
  [0, 45],
  [360, 51],
  [90, 47],
  [120_000, 2045],
])(
  'with a bake time of %i s a rollout may take %i minutes, unless it is said otherwise',
  (seconds, minutes) => {
    expect(parseConfiguration({ bakeTimeSeconds: seconds }).rollout.timeoutMinutes).toBe(minutes);
  },
);

test('all values are taken, as texts or as numbers', () => {
  const gateFunctionArn = 'arn:aws:lambda:eu-central-1:000000000000:function:gate:live';
  const certificateArn = 'arn:aws:acm:eu-central-1:000000000000:certificate/0a1b-2c';
  expect(
    parseConfiguration({
      release: 'sample-app/1.1.0.json',
      stackPrefix: 'test',
      vpcId: 'vpc-0123456789abcdef0',
      autoScalingEndpoint: 'true',
      baseImageId: 'ami-0123456789abcdef0',
      playbooks: 'harden-kernel,other',
      imageBuildTimeoutMinutes: '110',
      patchTo: '2023.9.20251117',
      masterImageId: 'ami-12345678',
      architecture: 'arm64',
      instanceType: 'm7gd.large',
      rootVolumeGiB: '20',
      kmsKeyArn: 'arn:aws:kms:eu-central-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef',
      minCapacity: '1',
      desiredCapacity: 3,
      maxCapacity: 6,
      minHealthyPercentage: '50',
      maxHealthyPercentage: 120,
      warmupSeconds: '0',
      progressDeadlineMinutes: 10,
      ignoreAlarms: 'true',
      strategy: 'rolling',
      rolloutTimeoutMinutes: '300',
      bakeTimeSeconds: '600',
      gates: '25, 50:10m',
      gateFunctionArn,
      deployedBy: 'Jo <jo@example.com>',
      commit: '1f0e5c2',
      ledgerTable: 'my.ledger_1',
      acceptFindings: 'health-path-change,alarm-not-ok',
      certificateArn,
    }),
  ).toEqual({
    release: 'sample-app/1.1.0.json',
    stackPrefix: 'test',
    vpcId: 'vpc-0123456789abcdef0',
    autoScalingEndpoint: true,
    baseImageId: 'ami-0123456789abcdef0',
    playbooks: ['harden-kernel', 'other'],
    imageBuildTimeoutMinutes: 110,
    patchTo: '2023.9.20251117',
    masterImageId: 'ami-12345678',
    architecture: 'arm64',
    instanceType: 'm7gd.large',
    rootVolumeGiB: 20,
    kmsKeyArn: 'arn:aws:kms:eu-central-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef',
    capacity: { min: 1, desired: 3, max: 6 },
    replacement: {
      strategy: 'rolling',
      minHealthyPercentage: 50,
      maxHealthyPercentage: 120,
      warmupSeconds: 0,
      progressDeadlineMinutes: 10,
      ignoreAlarms: true,
    },
    rollout: {
      timeoutMinutes: 300,
      bakeTimeSeconds: 600,
      gates: [{ percentage: 25 }, { percentage: 50, minutes: 10 }],
      gateFunctionArn,
      deployedBy: 'Jo <jo@example.com>',
      commit: '1f0e5c2',
    },
    ledgerTable: 'my.ledger_1',
    acceptFindings: ['health-path-change', 'alarm-not-ok'],
    certificateArn,
  });
});

test('with recreate all machines go before others come', () => {
  expect(parseConfiguration({ strategy: 'recreate' }).replacement).toMatchObject({
    strategy: 'recreate',
    minHealthyPercentage: 0,
    maxHealthyPercentage: 100,
  });
});

test('the ledger has the prefix of the stacks', () => {
  expect(parseConfiguration({ stackPrefix: 'test' }).ledgerTable).toBe('test-image-rollouts-ledger');
});

test.each([[25], ['25'], [['25']]])('gates can be given as %j', (gates) => {
  expect(parseConfiguration({ gates }).rollout.gates).toEqual([{ percentage: 25 }]);
});

test('a large fleet needs no maximum, and a low percentage none either', () => {
  expect(parseConfiguration({ minCapacity: 10 }).capacity).toEqual({ min: 10, max: 10 });
  expect(parseConfiguration({ minHealthyPercentage: 20 }).replacement.maxHealthyPercentage).toBe(120);
});

test.each<[context: Record<string, unknown>, message: string]>([
  [{ relaese: 'x' }, 'Unknown context value "relaese" (did you mean "release"?); known are release, '],
  [{ colour: 'x' }, 'Unknown context value "colour"; known are release, '],
  [{ release: 7 }, 'release is 7; expected is the path of a release manifest.'],
  [{ stackPrefix: '1x' }, 'stackPrefix is "1x"; expected is at most 32 letters'],
  [
    { kmsKeyArn: 'alias/mine' },
    'kmsKeyArn is "alias/mine"; expected is the ARN of a key in KMS, such as arn:aws:kms:eu-central-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef.',
  ],
  [{ vpcId: 'subnet-1' }, 'vpcId is "subnet-1"; expected is the id of a VPC, such as vpc-0123456789abcdef0.'],
  [
    { patchTo: 'newest' },
    'patchTo is "newest"; expected is base, or a release of Amazon Linux 2023, such as ',
  ],
  [
    { patchTo: 'latest' },
    'patchTo is latest, which would be baked once and never patched again; for the newest patches take the newest base image, by leaving baseImageId and patchTo out, or name a release',
  ],
  [
    { imageBuildTimeoutMinutes: 5 },
    'imageBuildTimeoutMinutes is 5; expected is a whole number from 10 to 720.',
  ],
  [
    { baseImageId: 'ami' },
    'baseImageId is "ami"; expected is the id of an AMI, such as ami-0123456789abcdef0.',
  ],
  [{ masterImageId: 'ami-xyz' }, 'masterImageId is "ami-xyz"; expected is the id of an AMI'],
  [
    { architecture: 'arm' },
    'architecture is "arm"; expected is one of x86_64, arm64 (did you mean "arm64"?).',
  ],
  [{ instanceType: 'small' }, 'instanceType is "small"; expected is an EC2 instance type, such as t3.small.'],
  [
    { instanceType: 't4g.small' },
    'instanceType is t4g.small, whose processors are arm64, but architecture is x86_64;',
  ],
  [
    { instanceType: 'g5.xlarge', architecture: 'arm64' },
    'instanceType is g5.xlarge, whose processors are x86_64',
  ],
  [{ rootVolumeGiB: 0 }, 'rootVolumeGiB is 0; expected is a whole number from 1 to 16384.'],
  [{ minCapacity: 'two' }, 'minCapacity is "two"; expected is a whole number from 0 to 10000.'],
  [{ minCapacity: 5, maxCapacity: 4 }, 'minCapacity is 5 and maxCapacity 4;'],
  [{ desiredCapacity: 5 }, 'desiredCapacity is 5; it has to be from minCapacity, 2, to maxCapacity, 4.'],
  [{ minHealthyPercentage: 101 }, 'minHealthyPercentage is 101; expected is a whole number from 0 to 100.'],
  [{ minHealthyPercentage: '-1' }, 'minHealthyPercentage is "-1"; expected is a whole number from 0 to 100.'],
  [{ minHealthyPercentage: 99.5 }, 'minHealthyPercentage is 99.5; expected is a whole number'],
  [{ maxHealthyPercentage: 99 }, 'maxHealthyPercentage is 99; expected is a whole number from 100 to 200.'],
  [
    { maxHealthyPercentage: '201' },
    'maxHealthyPercentage is "201"; expected is a whole number from 100 to 200.',
  ],
  [
    { minHealthyPercentage: 50, maxHealthyPercentage: 160 },
    'minHealthyPercentage is 50 and maxHealthyPercentage 160; they can be at most 100 apart.',
  ],
  [{ warmupSeconds: 3601 }, 'warmupSeconds is 3601; expected is a whole number from 0 to 3600.'],
  [{ ignoreAlarms: 'yes' }, 'ignoreAlarms is "yes"; expected is true or false.'],
  [{ progressDeadlineMinutes: 0 }, 'progressDeadlineMinutes is 0; expected is a whole number from 1 to 50.'],
  [
    { strategy: 'recreated' },
    'strategy is "recreated"; expected is one of rolling, recreate (did you mean "recreate"?).',
  ],
  [
    { strategy: 'recreate', minHealthyPercentage: 50 },
    'minHealthyPercentage is 50 and maxHealthyPercentage 100; with strategy recreate all machines go before others come,',
  ],
  [{ rolloutTimeoutMinutes: 9 }, 'rolloutTimeoutMinutes is 9; expected is a whole number from 10 to 2160.'],
  [{ gates: '0' }, 'gates is "0"; expected is percentages from 1 to 99 that rise'],
  [{ gates: 100 }, 'gates is 100; expected is percentages'],
  [{ gates: '50,25' }, 'gates is "50,25"; expected is percentages'],
  [{ gates: '25,25' }, 'gates is "25,25"; expected is percentages'],
  [{ gates: '25:10' }, 'gates is "25:10"; expected is percentages'],
  [{ gates: '' }, 'gates is ""; expected is percentages'],
  [
    { gates: '25:30m,50:15m' },
    'bakeTimeSeconds is 360, gates hold for 45 minutes in all, and rolloutTimeoutMinutes is 51; the rollout must have more time than both take.',
  ],
  [{ bakeTimeSeconds: 129_541 }, 'bakeTimeSeconds is 129541; expected is a whole number from 0 to 129540.'],
  [{ bakeTimeSeconds: 600, rolloutTimeoutMinutes: 10 }, 'bakeTimeSeconds is 600, gates hold for 0 minutes'],
  [
    { bakeTimeSeconds: 129_540, gates: '50:10m' },
    'rolloutTimeoutMinutes is 2160; the rollout must have more time than both take.',
  ],
  [{ gates: 25, strategy: 'recreate' }, 'gates are given, and strategy is recreate,'],
  [{ gateFunctionArn: 'gate' }, 'gateFunctionArn is "gate"; expected is the ARN of a Lambda function.'],
  [{ deployedBy: 'a\nb' }, 'deployedBy is "a\\nb"; expected is one line of at most 160 characters.'],
  [{ commit: 'main' }, 'commit is "main"; expected is the hash of a commit, such as 1f0e5c2.'],
  [{ ledgerTable: 'a b' }, 'ledgerTable is "a b"; expected is the name of a DynamoDB table'],
  [{ acceptFindings: 'alarm-ok' }, 'acceptFindings is "alarm-ok"; expected is a list of ledger-missing,'],
  [{ acceptFindings: ['alarm-not-okay'] }, '(did you mean "alarm-not-ok"?).'],
  [
    { certificateArn: 'arn:aws:iam::1:x' },
    'certificateArn is "arn:aws:iam::1:x"; expected is the ARN of a certificate in ACM.',
  ],
])('%j is refused', (context, message) => {
  expect(() => parseConfiguration(context)).toThrow(message);
});

describe('the root volume', () => {
  test.each([1, '7'])('of %j GiB is too small for Amazon Linux 2023', (rootVolumeGiB) => {
    expect(() => parseConfiguration({ rootVolumeGiB })).toThrow(
      `rootVolumeGiB is ${JSON.stringify(rootVolumeGiB)}; expected is a whole number from 8 to 16384, since Amazon Linux 2023 has a root volume of 8 GiB.`,
    );
  });

  test("may be smaller with an image of one's own, whose size only the account knows", () => {
    expect(parseConfiguration({ rootVolumeGiB: 4, baseImageId: 'ami-12345678' }).rootVolumeGiB).toBe(4);
  });
});

test('a finding with which no machine starts can not be accepted', () => {
  expect(() => parseConfiguration({ acceptFindings: 'instance-type-zone,base-image-missing' })).toThrow(
    'acceptFindings is "instance-type-zone,base-image-missing"; expected is a list without base-image-missing, with which no machine starts: put right what the preflight finds.',
  );
});
