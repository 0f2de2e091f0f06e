import {
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { RegisterImageCommand } from '@aws-sdk/client-ec2';
import { Fault } from '../../../local-aws/core/fault';
import type { MachineBehaviour } from '../../../local-aws/machines/memory-driver';
import { type Template, type Variant, VirtualAws, type VirtualAwsOptions } from '../../harness/virtual-aws';
import { FLEET, NAME, synthesize, type Wanted } from './native-stack';

// Stacks whose machines CloudFormation itself replaces: a small one of the CDK's own constructs, and ours without
// its rollout.

const minute = 60_000;

/** Starts, and then answers its health checks with 500. */
const broken: MachineBehaviour = { status: (age) => (age < 40_000 ? 'refused' : 500) };

interface Options extends Pick<VirtualAwsOptions, 'rollbackValues'> {
  readonly lost?: { readonly isLost: boolean };
}

/**
 * A local AWS with AMIs, and how the stack is deployed to it.
 * @param lost whether new machines of the first AMI can't be launched
 */
async function account({ rollbackValues, lost }: Options = {}) {
  const images = new Map<string, string>();
  const counted = { launches: 0 };
  const aws = await VirtualAws.start({
    behaviour: ({ imageId }) => {
      counted.launches += 1;
      if (lost?.isLost && imageId === images.get('one'))
        return { refused: new Fault('InsufficientInstanceCapacity', 'There is no capacity available.', 500) };
      return imageId === images.get('broken') ? broken : {};
    },
    rollbackValues,
  });
  for (const version of ['one', 'two', 'broken']) {
    const { ImageId = '' } = await aws.core.send(new RegisterImageCommand({ Name: version }));
    images.set(version, ImageId);
  }
  const deploy = async (wanted: Wanted) => {
    // An alarm that was just made has no data yet, and no refresh starts under it.
    await aws.clock.advance(5 * minute);
    counted.launches = 0;
    const started = aws.clock.now();
    const template = await synthesize(aws, images.get(wanted.version)!, wanted);
    const deployment = await aws.deployTemplate(NAME, template);
    return { ...deployment, minutes: (aws.clock.now() - started) / minute, launches: counted.launches };
  };
  return { aws, deploy };
}

/** Newest first. */
async function refreshes(aws: VirtualAws): Promise<string[]> {
  const { InstanceRefreshes = [] } = await aws.core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: FLEET }),
  );
  return InstanceRefreshes.map(({ Status }) => Status ?? '');
}

async function group(aws: VirtualAws): Promise<AutoScalingGroup | undefined> {
  return (await aws.core.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups?.[0];
}

async function inService(aws: VirtualAws): Promise<string[]> {
  return ((await group(aws))?.Instances ?? [])
    .filter(({ LifecycleState }) => LifecycleState === 'InService')
    .map(({ InstanceId = '' }) => InstanceId);
}

/** What the group's events say, ids left out. */
function ofGroup(events: readonly StackEvent[]): string[] {
  return events
    .filter(({ ResourceType }) => ResourceType === 'AWS::AutoScaling::AutoScalingGroup')
    .map(({ ResourceStatus, ResourceStatusReason = '' }) =>
      `${ResourceStatus} ${ResourceStatusReason}`.replace(/[0-9a-f-]{36}/, 'ID').trim(),
    );
}

describe('a stack with the CDK’s UpdatePolicy.instanceRefresh()', () => {
  it('brings a new AMI to all machines with no loss of capacity, and tells how far it is', async () => {
    const { aws, deploy } = await account();
    expect((await deploy({ version: 'one' })).status).toBe('CREATE_COMPLETE');
    const health = aws.watchHealth(NAME);
    const { status, events, launches } = await deploy({ version: 'two' });
    expect(status).toBe('UPDATE_COMPLETE');
    expect(await aws.versionsInService(NAME)).toEqual(['two', 'two']);
    expect({ least: health.least, launches }).toEqual({ least: 2, launches: 2 });
    expect(ofGroup(events)).toEqual([
      'UPDATE_IN_PROGRESS',
      'UPDATE_IN_PROGRESS Instance refresh ID is Pending, 0% complete.',
      'UPDATE_IN_PROGRESS Instance refresh ID is InProgress, 0% complete.',
      'UPDATE_IN_PROGRESS Instance refresh ID is InProgress, 50% complete.',
      'UPDATE_IN_PROGRESS Instance refresh ID is Successful, 100% complete.',
      'UPDATE_COMPLETE',
    ]);
  });

  // By number the old content is another version where CloudFormation looks it up anew.
  it.each([
    ['re-resolved', '3', 'no machine of before is left', 0],
    ['replayed', '1', 'a machine of before stays', 1],
  ] as const)(
    'brings the old one back after an hour, by a second refresh (rollback values %s: version %s, %s)',
    async (rollbackValues, version, _, left) => {
      const { aws, deploy } = await account({ rollbackValues });
      await deploy({ version: 'one' });
      const before = await inService(aws);
      const { status, minutes, failures } = await deploy({ version: 'broken' });
      expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(failures).toEqual([
        expect.stringMatching(
          /^FleetASG\w+: The instance refresh of .* Native-fleet \S+ ended as Failed\. .*health checks/,
        ),
      ]);
      expect(minutes).toBeGreaterThan(60);
      expect(await aws.versionsInService(NAME)).toEqual(['one', 'one']);
      expect((await group(aws))?.LaunchTemplate?.Version).toBe(version);
      expect(await refreshes(aws)).toEqual(['Successful', 'Failed']);
      const after = await inService(aws);
      expect(after.filter((id) => before.includes(id))).toHaveLength(left);
    },
  );

  it('turns back within minutes when an alarm fires, which does not keep it from going back', async () => {
    const { aws, deploy } = await account();
    await deploy({ version: 'one', isWatched: true });
    const { status, minutes, failures } = await deploy({ version: 'broken', isWatched: true });
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures).toEqual([expect.stringMatching(/ended as Failed\. CloudWatch alarm in ALARM state/)]);
    expect(minutes).toBeLessThan(20);
    expect(await aws.versionsInService(NAME)).toEqual(['one', 'one']);
    expect(await refreshes(aws)).toEqual(['Successful', 'Failed']);
  });

  it('can be continued on its way back, once what stopped it there is over', async () => {
    const lost = { isLost: false };
    const { aws, deploy } = await account({ lost });
    await deploy({ version: 'one', isWatched: true });
    lost.isLost = true;
    const { status, failures } = await deploy({ version: 'broken', isWatched: true });
    expect(status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(failures).toEqual([
      expect.stringContaining('CloudWatch alarm in ALARM state'),
      expect.stringContaining('No replacement has become ready for an hour'),
      expect.stringMatching(/^Native: The following resource\(s\) failed to update: \[FleetASG\w+\]/),
    ]);
    lost.isLost = false;
    await aws.core.send(new ContinueUpdateRollbackCommand({ StackName: NAME }));
    expect((await aws.ended(NAME)).status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await aws.versionsInService(NAME)).toEqual(['one', 'one']);
    expect(await refreshes(aws)).toEqual(['Successful', 'Failed', 'Failed']);
  });

  it('goes back when the update is cancelled: the refresh is cancelled first', async () => {
    const { aws, deploy } = await account();
    await deploy({ version: 'one' });
    aws.whenMixed(NAME, 'two', () => aws.core.send(new CancelUpdateStackCommand({ StackName: NAME })));
    const { status, failures } = await deploy({ version: 'two' });
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures).toEqual([expect.stringMatching(/^FleetASG\w+: Resource update cancelled$/)]);
    expect(await aws.versionsInService(NAME)).toEqual(['one', 'one']);
    expect(await refreshes(aws)).toEqual(['Successful', 'Cancelled']);
  });

  it('leaves a mixed fleet where the template that it goes back to has no such policy', async () => {
    const { aws, deploy } = await account();
    await deploy({ version: 'one', isRefreshed: false });
    const { status } = await deploy({ version: 'broken', isWatched: true });
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await refreshes(aws)).toEqual(['Failed']);
    expect(await aws.versionsInService(NAME)).toContain('broken');
  });
});

describe('our stack, with CloudFormation’s refresh in the place of its rollout', () => {
  const variant: Variant = 'InstanceBased';

  /** Deploys a release that works and then one that does not. @returns what the latter took */
  async function breakOn(change: (template: Template) => void) {
    const counted = { launches: 0 };
    const aws = await VirtualAws.start({
      // Calm: what is compared is how long each takes.
      variations: {},
      behaviour: ({ software }) => {
        counted.launches += 1;
        return software?.version === '2.0.0' ? broken : {};
      },
    });
    expect((await aws.deploy(variant, '1.0.0', {}, change)).status).toBe('CREATE_COMPLETE');
    counted.launches = 0;
    const started = aws.clock.now();
    expect((await aws.deploy(variant, '2.0.0', {}, change)).status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
    return { minutes: (aws.clock.now() - started) / minute, launches: counted.launches };
  }

  it('takes more time and more machines to come back from the same broken release', async () => {
    const ours = await breakOn(() => undefined);
    const watched = await breakOn((template) => refreshNatively(template, true));
    const unwatched = await breakOn((template) => refreshNatively(template, false));
    expect(ours.minutes).toBeLessThan(6);
    expect(ours.launches).toBe(1);
    // The second refresh goes by number, and replaces what had the old content already.
    expect(watched.minutes).toBeGreaterThan(ours.minutes * 2);
    expect(watched.launches).toBe(3);
    expect(unwatched.minutes).toBeGreaterThan(60);
    expect(unwatched.launches).toBeGreaterThan(watched.launches);
  });
});

function refreshNatively(template: Template & { Outputs?: object }, isWatched: boolean): void {
  const { Resources } = template;
  const idsOf = (type: string) => Object.keys(Resources).filter((id) => Resources[id]!.Type === type);
  const only = (type: string) => {
    const [id = '', ...more] = idsOf(type);
    if (id === '' || more.length > 0) throw new Error(`The template was to have one ${type}.`);
    return id;
  };
  type Ordered = Template['Resources'][string] & { DependsOn?: string[]; UpdatePolicy?: object };
  const rollout = only('Custom::Rollout');
  const { DependsOn: before = [] } = Resources[rollout] as Ordered;
  const group = Resources[only('AWS::AutoScaling::AutoScalingGroup')] as Ordered;
  const { LaunchTemplate } = group.Properties as { LaunchTemplate: Record<string, unknown> };
  LaunchTemplate.Version = { 'Fn::GetAtt': [only('AWS::EC2::LaunchTemplate'), 'LatestVersionNumber'] };
  group.DependsOn = [...new Set([...before, ...(group.DependsOn ?? [])])].filter((id) => id !== rollout);
  const Alarms = idsOf('AWS::CloudWatch::Alarm').map((Ref) => ({ Ref }));
  group.UpdatePolicy = {
    ...group.UpdatePolicy,
    AutoScalingInstanceRefresh: {
      Strategy: 'Rolling',
      ...(isWatched ? { Preferences: { AlarmSpecification: { Alarms } } } : {}),
    },
  };
  delete Resources[rollout];
  // One of them says what the rollout brought about.
  delete template.Outputs;
  delete Resources[only('Custom::Verification')];
}
