import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import type { LaunchClients, PreflightClients } from '../../lib/preflight/clients';
import { observePreflight } from '../../lib/preflight/observe';
import { preflight } from '../../lib/preflight/preflight-step';
import type { PreflightSubject } from '../../lib/preflight/subject';
import { formatPin } from '../../lib/rollout/pin';
import { runSteps } from '../custom-resource/run-steps';
import { knowing } from '../harness/knowing';
import { MemoryLedger } from '../ledger/memory-ledger';
import { KNOWN, LAUNCH, NOW, release, SUBJECT } from './world';

const minute = 60_000;

const request = (properties: object = {}): ResourceRequest => ({
  RequestType: 'Update',
  RequestId: 'request-1',
  ResponseURL: 'http://127.0.0.1/',
  StackId: 'arn:aws:cloudformation:eu-central-1:000000000000:stack/Stack/1',
  ResourceType: 'Custom::Preflight',
  LogicalResourceId: 'Preflight',
  PhysicalResourceId: 'Preflight/0',
  ResourceProperties: {
    GroupName: 'fleet',
    LedgerTable: 'ledger',
    Application: 'guestbook',
    Version: '1.1.0',
    ReleaseDigest: 'digest of 1.1.0',
    LivesBeside: '^1.0.0',
    HealthPath: '/health',
    Port: '8080',
    MinHealthyPercentage: '100',
    MaxHealthyPercentage: '150',
    IsMixed: 'true',
    AlarmNames: ['errors'],
    AcceptFindings: [],
    Pin: '',
    Restart: '',
    InstanceType: 't3.small',
    BaseImageId: 'ami-0',
    BaseImageKey: 'masterImageId',
    IsBaseImageConfigured: 'true',
    RootVolumeGiB: '8',
    Zones: ['eu-central-1a', 'eu-central-1b'],
    MachineSubnetIds: [],
    LoadBalancerSubnetIds: [],
    Capacity: '2',
    MachineContent: 'content',
    ...properties,
  },
});

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

/** What there is, by the name under which it is asked for. */
const THERE = {
  AutoScalingGroupName: ['fleet'],
  AutoScalingGroupNames: ['fleet'],
  AlarmNames: ['errors'],
  LaunchTemplateId: ['lt-1'],
  StackName: ['arn:aws:cloudformation:eu-central-1:000000000000:stack/Stack/1'],
  SubnetIds: ['subnet-a', 'subnet-b'],
  TargetGroupArns: ['target-group'],
  KeyId: ['arn:aws:kms:eu-central-1:000000000000:key/1'],
};

/** A fleet of 1.0.0, which the ledger knows as revision 1, and what is asked of it. */
class FakeAws implements PreflightClients, LaunchClients {
  readonly calls: string[] = [];
  readonly memory = new MemoryLedger();
  hasGroup = true;
  /** Launch template version that the machines have; the group has saved 1. */
  runs = '1';
  hasTable = true;
  alarmOkFrom = 0;
  suspended: string[] = [];
  versions: Record<string, string> = { '1': 'ami-1', '2': 'ami-2' };
  images: Record<string, string> = { 'ami-0': '/dev/sda1', 'ami-1': '/dev/xvda', 'ami-2': '/dev/xvda' };
  types = ['t3.small', 't3.large'];
  tagKeys: string[] = [];
  canReadImages = true;
  defaultKey = 'alias/aws/ebs';
  policy = '{"Statement":[]}';
  /** Actions that the preflight's role lacks. */
  denied: string[] = [];

  constructor(readonly time: { now: number }) {}

  /** Enters a revision that completed. */
  async remember(number: number, version: string): Promise<void> {
    const open = {
      revision: number,
      isRestart: false,
      content: version,
      launchTemplateVersion: String(number),
      stackId: 'stack-1',
      requestId: `request-${number}`,
      openedAt: number,
      until: 0,
      part: 0,
      passed: 0,
    };
    await this.memory.open(await this.memory.head('fleet'), open, {
      fleet: 'fleet',
      number,
      origin: { kind: 'release' },
      release: { ...release(version), changeCause: 'Why not' },
      software: {
        launchTemplateId: 'lt-1',
        launchTemplateVersion: String(number),
        content: version,
        imageId: `ami-${number}`,
      },
      by: 'somebody',
      strategy: 'rolling',
      gates: [],
      stackId: 'stack-1',
      requestId: `request-${number}`,
      openedAt: number,
    });
    await this.memory.close('fleet', open, { kind: 'Complete', reason: '', at: number });
  }

  private answer<T extends object>(call: string, value: T): Promise<T & { $metadata: object }> {
    this.calls.push(call);
    return Promise.resolve({ $metadata: {}, ...value });
  }

  readonly autoScaling: PreflightClients['autoScaling'] = knowing(
    {
      describeAutoScalingGroups: () =>
        this.answer('groups', {
          AutoScalingGroups: this.hasGroup
            ? [
                {
                  AutoScalingGroupName: 'fleet',
                  AutoScalingGroupARN: 'arn:aws:autoscaling:eu-central-1:000000000000:autoScalingGroup:x',
                  MinSize: 2,
                  MaxSize: 4,
                  DesiredCapacity: 2,
                  DefaultCooldown: 300,
                  AvailabilityZones: ['eu-central-1a', 'eu-central-1b'],
                  Instances: ['i-1', 'i-2'].map((InstanceId) => ({
                    InstanceId,
                    AvailabilityZone: 'eu-central-1a',
                    LifecycleState: 'InService' as const,
                    HealthStatus: 'Healthy',
                    ProtectedFromScaleIn: false,
                    LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: this.runs },
                  })),
                  HealthCheckType: 'ELB',
                  CreatedTime: new Date(0),
                  LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '1' },
                  VPCZoneIdentifier: 'subnet-a,subnet-b',
                  TargetGroupARNs: ['target-group'],
                  SuspendedProcesses: this.suspended.map((ProcessName) => ({ ProcessName })),
                },
              ]
            : [],
        }),
      describeInstanceRefreshes: () => this.answer('refreshes', { InstanceRefreshes: [] }),
    },
    THERE,
  );

  readonly cloudWatch: PreflightClients['cloudWatch'] = knowing(
    {
      describeAlarms: () =>
        this.answer('alarms', {
          MetricAlarms: [
            { AlarmName: 'errors', StateValue: this.time.now >= this.alarmOkFrom ? 'OK' : 'ALARM' } as const,
          ],
        }),
    },
    THERE,
  );

  readonly ec2: PreflightClients['ec2'] & LaunchClients['ec2'] = knowing(
    {
      describeLaunchTemplateVersions: async ({ Versions = [] }) => {
        await this.answer('versions', {});
        if (Versions.some((version) => !this.versions[version]))
          throw named('InvalidLaunchTemplateId.VersionNotFound', `Could not find ${Versions}`);
        return {
          $metadata: {},
          LaunchTemplateVersions: Versions.map((version) => ({
            VersionNumber: Number(version),
            LaunchTemplateData: {
              ImageId: this.versions[version],
              InstanceType: 't3.small' as const,
              BlockDeviceMappings: [{ DeviceName: '/dev/saved' }],
            },
          })),
        };
      },
      describeImages: async ({ Filters }) => {
        await this.answer('images', {});
        if (!this.canReadImages) throw named('UnauthorizedOperation', 'You are not authorized.');
        const there = Filters![0]!.Values!.filter((id) => this.images[id]);
        return {
          $metadata: {},
          Images: there.map((ImageId) => ({
            ImageId,
            State: 'available' as const,
            Architecture: 'x86_64' as const,
            OwnerId: '000000000000',
            RootDeviceType: 'ebs' as const,
            RootDeviceName: this.images[ImageId],
            BlockDeviceMappings: [{ DeviceName: this.images[ImageId], Ebs: { VolumeSize: 8 } }],
          })),
        };
      },
      describeInstanceTypes: ({ Filters }) =>
        this.answer('types', {
          InstanceTypes: this.types
            .filter((type) => Filters![0]!.Values!.includes(type))
            .map((type) => ({
              InstanceType: type as 't3.small',
              ProcessorInfo: { SupportedArchitectures: ['x86_64' as const] },
            })),
        }),
      getEbsDefaultKmsKeyId: () => this.read('ec2:GetEbsDefaultKmsKeyId', { KmsKeyId: this.defaultKey }),
      describeInstanceTypeOfferings: ({ LocationType, Filters, NextToken }) => {
        const [wanted] = Filters ?? [];
        const offered = this.types.filter((type) => wanted?.Values?.includes(type) ?? true);
        // The region's own list comes on two pages.
        const isFirst = LocationType === 'region' && NextToken === undefined;
        return this.answer('offers', {
          InstanceTypeOfferings: (isFirst ? [] : offered).flatMap((InstanceType) =>
            ['eu-central-1a', 'eu-central-1b'].map((Location) => ({
              InstanceType: InstanceType as 't3.small',
              Location,
            })),
          ),
          NextToken: isFirst ? 'next' : undefined,
        });
      },
      describeSubnets: () =>
        this.answer('subnets', { Subnets: [{ SubnetId: 'subnet-a', AvailableIpAddressCount: 8 }] }),
    },
    THERE,
  );

  private async read<T extends object>(action: string, value: T) {
    if (this.denied.includes(action))
      throw named(action.startsWith('ec2') ? 'UnauthorizedOperation' : 'AccessDeniedException', 'No.');
    return this.answer(action, value);
  }

  readonly kms: LaunchClients['kms'] = knowing(
    {
      describeKey: ({ KeyId }) =>
        this.read('kms:DescribeKey', {
          KeyMetadata: {
            KeyId: KeyId!,
            KeyManager: 'CUSTOMER' as const,
            KeyState: 'Enabled' as const,
            KeySpec: 'SYMMETRIC_DEFAULT' as const,
          },
        }),
      getKeyPolicy: () => this.read('kms:GetKeyPolicy', { Policy: this.policy }),
      listGrants: () => this.read('kms:ListGrants', { Grants: [] }),
    },
    THERE,
  );

  readonly cloudFormation: LaunchClients['cloudFormation'] = knowing(
    {
      describeStacks: () =>
        this.answer('stack', {
          Stacks: [
            {
              StackName: 'Stack',
              CreationTime: new Date(0),
              StackStatus: 'UPDATE_IN_PROGRESS' as const,
              Tags: this.tagKeys.map((Key) => ({ Key, Value: 'x' })),
            },
          ],
        }),
    },
    THERE,
  );

  readonly loadBalancing: PreflightClients['loadBalancing'] = knowing(
    {
      describeTargetGroups: () =>
        this.answer('target groups', { TargetGroups: [{ Port: 8080, HealthCheckPath: '/health' }] }),
    },
    THERE,
  );

  ledger() {
    this.calls.push('ledger');
    if (this.hasTable) return this.memory;
    return {
      revisions: () => Promise.reject(named('ResourceNotFoundException', 'Requested resource not found')),
    };
  }
}

async function world() {
  const time = { now: NOW };
  const aws = new FakeAws(time);
  await aws.remember(1, '1.0.0');
  const run = async (given = request(), isGoingBack = false) => {
    const { result, seconds } = await runSteps(preflight(aws), given, time, { isGoingBack });
    return { ...result.outcome, seconds };
  };
  return { aws, time, run };
}

test('nothing is found, by fourteen calls at most', async () => {
  const { aws, run } = await world();
  expect(await run()).toMatchObject({ kind: 'succeed', message: 'Nothing was found against the rollout.' });
  expect(aws.calls).toHaveLength(14);
});

test('right before a refresh it takes seven calls', async () => {
  const { aws } = await world();
  await observePreflight(aws, { ...KNOWN, alarmNames: [] });
  expect(aws.calls).toHaveLength(7);
});

test('findings refuse at once, all of them, and say what was not done', async () => {
  const { aws, run } = await world();
  aws.suspended = ['Launch'];
  aws.alarmOkFrom = Number.POSITIVE_INFINITY;
  const outcome = await run(request({ Version: '2.0.0', ReleaseDigest: 'x', LivesBeside: '2.0.0' }));
  expect(outcome).toMatchObject({
    kind: 'fail',
    seconds: 0,
    reason: expect.stringMatching(
      /^The rollout of guestbook 2\.0\.0 to fleet is refused, and nothing was changed\. \(1\) .*\[no-co-existence\] \(2\) .*\[processes-suspended\] \(3\) .*\[alarm-not-ok\] Whoever knows better/,
    ),
  });
});

test('an accepted finding does not refuse', async () => {
  const { aws, run } = await world();
  aws.suspended = ['HealthCheck'];
  expect(await run(request({ AcceptFindings: ['processes-suspended'] }))).toMatchObject({
    kind: 'succeed',
    message: 'Accepted: processes-suspended.',
  });
});

test('an alarm that goes out is waited for', async () => {
  const { aws, time, run } = await world();
  aws.alarmOkFrom = time.now + 5 * minute;
  expect(await run()).toMatchObject({ kind: 'succeed', seconds: 300 });
});

test('an alarm that stays refuses after ten minutes', async () => {
  const { aws, run } = await world();
  aws.alarmOkFrom = Number.POSITIVE_INFINITY;
  expect(await run()).toMatchObject({
    kind: 'fail',
    seconds: 600,
    reason: expect.stringContaining('deploy with -c ignoreAlarms=true'),
  });
});

test('on Delete nothing is looked at', async () => {
  const { aws, run } = await world();
  aws.suspended = ['Launch'];
  expect(await run({ ...request(), RequestType: 'Delete' })).toMatchObject({ kind: 'succeed' });
  expect(aws.calls).toEqual([]);
});

describe('the first deployment', () => {
  const create: ResourceRequest = { ...request(), RequestType: 'Create' };

  test('asks whether machines would start, and hands on where the base image has its root volume', async () => {
    const { aws, run } = await world();
    aws.hasGroup = false;
    expect(await run(create)).toMatchObject({
      kind: 'succeed',
      message: 'Nothing was found against starting machines.',
      data: { RootDeviceName: '/dev/sda1' },
    });
    expect(aws.calls).toEqual([
      ...['ledger', 'groups', 'images', 'offers', 'types', 'stack', 'ec2:GetEbsDefaultKmsKeyId'],
    ]);
  });

  test('is refused for all that would keep them from starting', async () => {
    const { aws, run } = await world();
    Object.assign(aws, { hasGroup: false, tagKeys: ['cost center'], images: {} });
    const properties = { ...create.ResourceProperties, InstanceType: 't3.smal' };
    expect(await run({ ...create, ResourceProperties: properties })).toMatchObject({
      kind: 'fail',
      seconds: 0,
      reason: expect.stringMatching(
        /There is no instance type t3\.smal in eu-central-1 \(did you mean "t3\.small"\?\).*\[instance-type-unknown\] .*\[base-image-missing\] .*\[tag-key\]$/,
      ),
    });
  });
});

test('without a ledger not even the first deployment begins', async () => {
  const { aws, run } = await world();
  aws.hasGroup = false;
  aws.hasTable = false;
  expect(await run()).toMatchObject({
    kind: 'fail',
    reason: expect.stringContaining('There is no DynamoDB table ledger'),
  });
});

describe("a default key of the account's own", () => {
  const key = 'arn:aws:kms:eu-central-1:000000000000:key/1';

  test('that Auto Scaling may not use is refused', async () => {
    const { aws, run } = await world();
    aws.defaultKey = key;
    expect(await run()).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining(
        `The account's default key for volumes, ${key}, does not let Auto Scaling use it (CreateGrant, Decrypt, DescribeKey, GenerateDataKeyWithoutPlaintext, ReEncryptFrom, ReEncryptTo), so that machines end while they start`,
      ),
    });
  });

  test('whose policy may not be read is told so, and not guessed at', async () => {
    const { aws, run } = await world();
    Object.assign(aws, { defaultKey: key, denied: ['kms:GetKeyPolicy', 'kms:ListGrants'] });
    // Permissions that were just given take a while.
    expect(await run()).toMatchObject({
      kind: 'fail',
      seconds: 120,
      reason: expect.stringMatching(
        /may use it is not known, because kms:GetKeyPolicy and kms:ListGrants is not allowed to the preflight.*\[ebs-key-unread\]/,
      ),
    });
  });

  test('is not known where it may not be asked for', async () => {
    const { aws, run } = await world();
    aws.denied = ['ec2:GetEbsDefaultKmsKeyId'];
    expect(await run(request({ AcceptFindings: ['ebs-key-unread'] }))).toMatchObject({
      kind: 'succeed',
      message: 'Accepted: ebs-key-unread.',
    });
    // A key that is named needs no default.
    expect(await run(request({ KmsKeyArn: key }))).toMatchObject({
      reason: expect.stringContaining(`Key ${key} does not let Auto Scaling use it`),
    });
  });

  test('holds no undo back for what is doubtful', async () => {
    const { aws, run } = await world();
    Object.assign(aws, { defaultKey: key, denied: ['kms:GetKeyPolicy', 'kms:ListGrants'] });
    await aws.remember(2, '1.1.0');
    const Pin = formatPin({
      ...{ after: 2, revision: 1, release: 'guestbook 1.0.0', launchTemplateVersion: '1', by: 'somebody' },
      instead: 'digest of 1.1.0',
    });
    expect(await run(request({ Pin, IsMixed: 'false' }))).toMatchObject({
      kind: 'succeed',
      message: 'Accepted: ebs-key-unread.',
    });
  });
});

describe('with the release that is in service already', () => {
  const again = { Version: '1.0.0', ReleaseDigest: 'digest of 1.0.0' };
  /** What was deployed before, and what is deployed now. */
  const update = (properties: object = {}, before: object = {}): ResourceRequest => ({
    ...request({ ...again, ...properties }),
    OldResourceProperties: request({ ...again, ...before }).ResourceProperties,
  });

  test('nothing is held back by what hinders a rollout, when no machine is replaced', async () => {
    const { aws, run } = await world();
    aws.suspended = ['Launch'];
    expect(await run(update({ AcceptFindings: ['alarm-not-ok'] }))).toMatchObject({
      kind: 'succeed',
      message: 'guestbook 1.0.0 is in service already.',
      data: { RootDeviceName: '/dev/sda1' },
    });
    expect(aws.calls).not.toContain('offers');
  });

  test.each<[string, object, object]>([
    ['its machines are started otherwise', { MachineContent: 'other' }, {}],
    ['it is made from another base image', { BaseImageId: 'ami-1' }, {}],
    ['all machines are to be replaced', { Restart: JSON.stringify({ by: 'Jo', at: '2026-01-01' }) }, {}],
    [
      'a pin is gone',
      {},
      {
        Pin: '{"revision":1,"release":"guestbook 1.0.0","launchTemplateVersion":"1","instead":"x","after":1,"by":"Jo"}',
      },
    ],
    ['it is not known how its machines were started before', {}, { InstanceType: '' }],
  ])('every question is asked when %s', async (_, now, before) => {
    const { aws, run } = await world();
    aws.suspended = ['Launch'];
    expect(await run(update(now, before))).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining('[processes-suspended]'),
    });
    expect(aws.calls).toContain('offers');
  });

  test('every question is asked when a machine is outdated', async () => {
    const { aws, run } = await world();
    aws.suspended = ['Launch'];
    aws.runs = '2';
    expect(await run(update())).toMatchObject({ kind: 'fail' });
  });

  test('what keeps machines from starting is asked when more of them are to start', async () => {
    const { aws, run } = await world();
    aws.suspended = ['HealthCheck'];
    aws.tagKeys = ['cost center'];
    const outcome = await run(update({ Capacity: '3' }));
    expect(outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(/\(1\) .*\[tag-key\]$/),
    });
  });

  test('another instance type is refused when there is none of its name', async () => {
    const { run } = await world();
    expect(await run(update({ InstanceType: 't3.smal', MachineContent: 'other' }))).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(/\(1\) .*did you mean "t3\.small".*\[instance-type-unknown\]$/),
    });
  });
});

describe('while the stack goes back, nothing is refused, and the root volume is', () => {
  const back = async (change: Partial<FakeAws>, properties: object = {}) => {
    const { aws, run } = await world();
    Object.assign(aws, { suspended: ['Launch'], ...change });
    return { ...(await run(request(properties), true)), calls: aws.calls };
  };

  test("the base image's", async () => {
    expect(await back({})).toMatchObject({ kind: 'succeed', data: { RootDeviceName: '/dev/sda1' } });
  });

  test.each<[string, Partial<FakeAws>, string]>([
    ['gone', { images: {} }, '/dev/saved'],
    ['gone, without a group', { images: {}, hasGroup: false }, '/dev/xvda'],
    ['not to be read', { canReadImages: false }, '/dev/xvda'],
  ])('one that is known otherwise when the image is %s', async (_, change, RootDeviceName) => {
    expect(await back(change)).toMatchObject({ kind: 'succeed', data: { RootDeviceName } });
  });

  test('not asked for where it is Amazon Linux, or what was deployed before did not ask', async () => {
    for (const properties of [{ IsBaseImageConfigured: 'false' }, { InstanceType: '' }])
      expect(await back({}, properties)).toMatchObject({ kind: 'succeed', data: {}, calls: [] });
  });
});

test('a launch template version that is gone is a finding, and the other one is read all the same', async () => {
  const { aws } = await world();
  delete aws.versions['2'];
  const { templates } = await observePreflight(aws, KNOWN);
  expect([...templates.keys()]).toEqual(['lt-1:1']);
});

describe('a pinned fleet', () => {
  const pin = (instead: string) =>
    formatPin({
      after: 2,
      revision: 1,
      release: 'guestbook 1.0.0',
      launchTemplateVersion: '1',
      instead,
      by: 'somebody',
    });
  const newer = { Version: '2.0.0', ReleaseDigest: 'digest of 2.0.0', LivesBeside: '2.0.0' };

  test('is held against the revision that it goes to, and not against the release that the template names', async () => {
    const { aws, run } = await world();
    await aws.remember(2, '2.0.0');
    expect(await run(request({ ...newer, Pin: pin('digest of 2.0.0') }))).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(
        /^The rollout of guestbook 1\.0\.0 to fleet is refused.* guestbook 1\.0\.0 \(lives beside 1\.0\.0\) can't serve beside guestbook 2\.0\.0, in service as revision 2/,
      ),
    });
  });

  test('takes a release that the pin does not override as any other', async () => {
    const { run } = await world();
    expect(await run(request({ ...newer, Pin: pin('digest of 1.9.0') }))).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining('The rollout of guestbook 2.0.0 to fleet is refused'),
    });
  });
});

test('what is asked about is not bound to how it was asked', () => {
  const { subject } = preflight(new FakeAws({ now: NOW })).parse(request().ResourceProperties);
  expect(subject).toEqual<PreflightSubject>({
    ...SUBJECT,
    pinnedRevision: undefined,
    launch: {
      ...LAUNCH,
      baseImage: { ...LAUNCH.baseImage, key: 'masterImageId' },
      machineSubnetIds: [],
      loadBalancerSubnetIds: [],
    },
  });
});

test.each([
  [{ Pin: '{}' }, 'FleetPin is to be empty, or to name revision,'],
  [{ Port: '0' }, 'Property Port of Custom::Preflight is to be a whole number from 1 to 65535; found "0".'],
  [{ IsMixed: 'perhaps' }, 'Property IsMixed of Custom::Preflight is to be true or false; found "perhaps".'],
])('%j is refused', (properties, message) => {
  expect(() => preflight(new FakeAws({ now: NOW })).parse(request(properties).ResourceProperties)).toThrow(
    message,
  );
});
