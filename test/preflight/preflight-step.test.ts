import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import type { PreflightClients } from '../../lib/preflight/clients';
import { observePreflight } from '../../lib/preflight/observe';
import { preflight } from '../../lib/preflight/preflight-step';
import type { PreflightSubject } from '../../lib/preflight/subject';
import { formatPin } from '../../lib/rollout/pin';
import { runSteps } from '../custom-resource/run-steps';
import { MemoryLedger } from '../ledger/memory-ledger';
import { KNOWN, NOW, release, SUBJECT } from './world';

const minute = 60_000;

const request = (properties: object = {}): ResourceRequest => ({
  RequestType: 'Update',
  RequestId: 'request-1',
  ResponseURL: 'http://127.0.0.1/',
  StackId: 'stack-1',
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
    ...properties,
  },
});

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

/** A fleet of 1.0.0, which the ledger knows as revision 1, and what is asked of it. */
class FakeAws implements PreflightClients {
  readonly calls: string[] = [];
  readonly memory = new MemoryLedger();
  hasGroup = true;
  hasTable = true;
  alarmOkFrom = 0;
  suspended: string[] = [];
  versions: Record<string, string> = { '1': 'ami-1', '2': 'ami-2' };

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

  readonly autoScaling: PreflightClients['autoScaling'] = {
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
                AvailabilityZones: [],
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
  };

  readonly cloudWatch: PreflightClients['cloudWatch'] = {
    describeAlarms: () =>
      this.answer('alarms', {
        MetricAlarms: [
          { AlarmName: 'errors', StateValue: this.time.now >= this.alarmOkFrom ? 'OK' : 'ALARM' } as const,
        ],
      }),
  };

  readonly ec2: PreflightClients['ec2'] = {
    describeLaunchTemplateVersions: async ({ Versions = [] }) => {
      await this.answer('versions', {});
      if (Versions.some((version) => !this.versions[version]))
        throw named('InvalidLaunchTemplateId.VersionNotFound', `Could not find ${Versions}`);
      return {
        $metadata: {},
        LaunchTemplateVersions: Versions.map((version) => ({
          VersionNumber: Number(version),
          LaunchTemplateData: { ImageId: this.versions[version], InstanceType: 't3.small' },
        })),
      };
    },
    describeImages: ({ Filters }) =>
      this.answer('images', {
        Images: Filters![0]!.Values!.map((ImageId) => ({
          ImageId,
          State: 'available' as const,
          Architecture: 'x86_64' as const,
          OwnerId: '000000000000',
        })),
      }),
    describeInstanceTypes: () =>
      this.answer('types', {
        InstanceTypes: [
          { InstanceType: 't3.small', ProcessorInfo: { SupportedArchitectures: ['x86_64'] } } as const,
        ],
      }),
    describeSubnets: () =>
      this.answer('subnets', { Subnets: [{ SubnetId: 'subnet-a', AvailableIpAddressCount: 8 }] }),
  };

  readonly loadBalancing: PreflightClients['loadBalancing'] = {
    describeTargetGroups: () =>
      this.answer('target groups', { TargetGroups: [{ Port: 8080, HealthCheckPath: '/health' }] }),
  };

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

test('nothing is found, by nine calls at most', async () => {
  const { aws, run } = await world();
  expect(await run()).toMatchObject({ kind: 'succeed', message: 'Nothing was found against the rollout.' });
  expect(aws.calls).toHaveLength(9);
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

test.each<[name: string, RequestType: ResourceRequest['RequestType'], isGoingBack: boolean]>([
  ['on the way back', 'Update', true],
  ['on Delete', 'Delete', false],
])('%s nothing is looked at', async (_name, RequestType, isGoingBack) => {
  const { aws, run } = await world();
  aws.suspended = ['Launch'];
  expect(await run({ ...request(), RequestType }, isGoingBack)).toMatchObject({ kind: 'succeed' });
  expect(aws.calls).toEqual([]);
});

test('the first deployment has nothing to lose', async () => {
  const { aws, run } = await world();
  aws.hasGroup = false;
  expect(await run()).toMatchObject({
    kind: 'succeed',
    message: 'There is no group yet that could be harmed.',
  });
  expect(aws.calls).toEqual(['ledger', 'groups']);
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

test('a release that is in service already is not held back by what hinders a rollout', async () => {
  const { aws, run } = await world();
  aws.suspended = ['Launch'];
  expect(await run(request({ Version: '1.0.0', ReleaseDigest: 'digest of 1.0.0' }))).toMatchObject({
    kind: 'succeed',
    message: 'guestbook 1.0.0 is in service already.',
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
  expect(subject).toEqual<PreflightSubject>({ ...SUBJECT, pinnedRevision: undefined });
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
