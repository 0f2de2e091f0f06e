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
      minHealthyPercentage: 100,
      maxHealthyPercentage: 150,
      warmupSeconds: 60,
      progressDeadlineMinutes: 15,
      ignoreAlarms: false,
    },
  });
});

test('all values are taken, as texts or as numbers', () => {
  const certificateArn = 'arn:aws:acm:eu-central-1:000000000000:certificate/0a1b-2c';
  expect(
    parseConfiguration({
      release: 'sample-app/1.1.0.json',
      stackPrefix: 'test',
      vpcId: 'vpc-0123456789abcdef0',
      baseImageId: 'ami-0123456789abcdef0',
      masterImageId: 'ami-12345678',
      architecture: 'arm64',
      instanceType: 'm7gd.large',
      rootVolumeGiB: '20',
      minCapacity: '1',
      desiredCapacity: 3,
      maxCapacity: 6,
      minHealthyPercentage: '50',
      maxHealthyPercentage: 120,
      warmupSeconds: '0',
      progressDeadlineMinutes: 10,
      ignoreAlarms: 'true',
      certificateArn,
    }),
  ).toEqual({
    release: 'sample-app/1.1.0.json',
    stackPrefix: 'test',
    vpcId: 'vpc-0123456789abcdef0',
    baseImageId: 'ami-0123456789abcdef0',
    masterImageId: 'ami-12345678',
    architecture: 'arm64',
    instanceType: 'm7gd.large',
    rootVolumeGiB: 20,
    capacity: { min: 1, desired: 3, max: 6 },
    replacement: {
      minHealthyPercentage: 50,
      maxHealthyPercentage: 120,
      warmupSeconds: 0,
      progressDeadlineMinutes: 10,
      ignoreAlarms: true,
    },
    certificateArn,
  });
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
  [{ vpcId: 'subnet-1' }, 'vpcId is "subnet-1"; expected is the id of a VPC, such as vpc-0123456789abcdef0.'],
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
    { certificateArn: 'arn:aws:iam::1:x' },
    'certificateArn is "arn:aws:iam::1:x"; expected is the ARN of a certificate in ACM.',
  ],
])('%j is refused', (context, message) => {
  expect(() => parseConfiguration(context)).toThrow(message);
});
