import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
} from '@aws-sdk/client-auto-scaling';
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { history } from '../../lib/ledger/history';
import { formatPin, formatRestart, PIN_PARAMETER, RESTART_PARAMETER } from '../../lib/rollout/pin';
import type { MachineBehaviour, MemoryMachine } from '../../local-aws/machines/memory-driver';
import { VirtualAws } from '../harness/virtual-aws';

// What an operator does to a rollout, and what it does when it takes longer than an hour, in virtual time.

const variant = 'InstanceBased';
const FLEET = 'InstanceBased-fleet';
const HOUR = 3_600_000;

/** As the guestbook is: 2.0.0 starts, and then answers its health checks with 500. */
function asReleased({ software }: MemoryMachine): MachineBehaviour {
  return software?.version === '2.0.0' ? { status: (age) => (age < 40_000 ? 'refused' : 500) } : {};
}

async function released(context: Readonly<Record<string, unknown>> = {}, options = {}) {
  const aws = await VirtualAws.start({ behaviour: asReleased, lookEveryMs: 20_000, ...options });
  const { status, failures } = await aws.deploy(variant, '1.0.0', context);
  expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
  return aws;
}

const outcomes = async (aws: VirtualAws) =>
  (await aws.ledger.revisions(FLEET)).map(
    ({ number, release, outcome }) => `${number} ${release.version} ${outcome?.kind}`,
  );

const refreshes = async (aws: VirtualAws) => {
  const { InstanceRefreshes } = await aws.core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: FLEET }),
  );
  return InstanceRefreshes!.map(({ Status }) => Status).reverse();
};

/** Sends the operator's word as soon as a condition on the open rollout holds. */
function onceOpen(
  aws: VirtualAws,
  condition: (open: NonNullable<Awaited<ReturnType<typeof aws.ledger.head>>['open']>) => boolean,
  change: Parameters<typeof aws.ledger.amend>[2],
): void {
  const read = async () => (await aws.ledger.head(FLEET)).open;
  aws.when(
    async () => {
      const open = await read();
      return open !== undefined && condition(open);
    },
    async () => aws.ledger.amend(FLEET, (await read())!, change),
  );
}

const by = 'arn:aws:iam::000000000000:user/operator';

async function pinTo(aws: VirtualAws, number: number): Promise<string> {
  const revisions = await aws.ledger.revisions(FLEET);
  const { release, software } = revisions[number - 1]!;
  return formatPin({
    revision: number,
    after: revisions.length,
    release: `${release.application} ${release.version}`,
    launchTemplateVersion: software.launchTemplateVersion,
    instead: revisions.findLast(({ origin }) => origin.kind === 'release')!.release.digest,
    by,
  });
}

test('the ledger remembers each revision, and going back to one makes it the newest', async () => {
  const aws = await released();
  expect((await aws.deploy(variant, '1.1.0')).status).toBe('UPDATE_COMPLETE');
  expect((await aws.deploy(variant, '1.2.0')).status).toBe('UPDATE_COMPLETE');
  expect(await outcomes(aws)).toEqual(['1 1.0.0 Complete', '2 1.1.0 Complete', '3 1.2.0 Complete']);

  const undone = await aws.update(variant, { [PIN_PARAMETER]: await pinTo(aws, 2) });
  expect({ ...undone, events: [] }).toEqual({ status: 'UPDATE_COMPLETE', events: [], failures: [] });
  expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
  const revisions = await aws.ledger.revisions(FLEET);
  expect(history(revisions).map(({ number }) => number)).toEqual([1, 3, 4]);
  expect(revisions[3]).toMatchObject({
    ...{ number: 4, origin: { kind: 'undo', of: 2 }, by },
    release: { version: '1.1.0', changeCause: 'New look, entries with their date' },
    outcome: { kind: 'Complete' },
  });

  const broken = await aws.deploy(variant, '2.0.0');
  expect(broken.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
  expect((await outcomes(aws)).slice(3)).toEqual(['4 1.1.0 Complete', '5 2.0.0 RolledBack']);
  expect((await aws.ledger.head(FLEET)).open).toBeUndefined();
  const evidence = await aws.ledger.events(FLEET, 5);
  expect(evidence).toEqual([
    expect.objectContaining({
      kind: 'Evidence',
      message: expect.stringMatching(/unhealthy.*\[500\]\. End of its console: ./s),
    }),
  ]);

  // The pin overrides 1.2.0 alone: the next release is not held back by it.
  expect((await aws.deploy(variant, '1.0.0')).status).toBe('UPDATE_COMPLETE');
  expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
  // Nor is 1.2.0 itself, once another release has completed: the pin has served its time.
  expect((await aws.deploy(variant, '1.2.0')).status).toBe('UPDATE_COMPLETE');
  expect(await aws.versionsInService(variant)).toEqual(['1.2.0', '1.2.0']);
});

test('a gate holds until it is promoted, and the fleet is mixed meanwhile', async () => {
  const context = { minCapacity: 4, maxCapacity: 6, gates: '25,50' };
  const aws = await released(context);
  const seen: string[] = [];
  for (const gate of [25, 50]) {
    aws.when(
      async () => (await aws.ledger.head(FLEET)).open?.holding?.at === gate,
      async () => {
        await aws.clock.advance(10 * 60_000);
        seen.push(`${gate}: ${(await aws.versionsInService(variant)).join(' ')}`);
        await aws.ledger.amend(FLEET, (await aws.ledger.head(FLEET)).open!, { passed: gate });
      },
    );
  }
  const { status, failures } = await aws.deploy(variant, '1.1.0', context);
  expect({ status, failures }).toEqual({ status: 'UPDATE_COMPLETE', failures: [] });
  expect(seen).toEqual(['25: 1.0.0 1.0.0 1.0.0 1.1.0', '50: 1.0.0 1.0.0 1.1.0 1.1.0']);
  expect(await aws.versionsInService(variant)).toEqual(Array(4).fill('1.1.0'));
  expect(await refreshes(aws)).toEqual(['Cancelled', 'Cancelled', 'Successful']);
  expect(await outcomes(aws)).toEqual(['1 1.0.0 Complete', '2 1.1.0 Complete']);
});

test('a gate with a time passes when its alarms have been quiet for so long', async () => {
  const context = { minCapacity: 4, maxCapacity: 6, gates: '50:10m' };
  const aws = await released(context);
  const began = aws.clock.now();
  expect((await aws.deploy(variant, '1.1.0', context)).status).toBe('UPDATE_COMPLETE');
  expect(aws.clock.now() - began).toBeGreaterThan(12 * 60_000);
  const events = await aws.ledger.events(FLEET, 2);
  expect(events.map(({ kind, by }) => `${kind} by ${by}`)).toEqual([
    'Holding by rollout',
    'Promoted by rollout',
  ]);
});

test('paused for hours, with as many waiting resources as that takes, and resumed', async () => {
  const context = { minCapacity: 3, maxCapacity: 6, rolloutTimeoutMinutes: 6 * 60 };
  const aws = await released(context);
  const health = aws.watchHealth(variant);
  aws.whenMixed(variant, '1.1.0', async () => {
    await aws.ledger.amend(FLEET, (await aws.ledger.head(FLEET)).open!, {
      paused: { by, at: aws.clock.now() },
    });
  });
  let pausedAt = 0;
  aws.when(
    async () => (await refreshes(aws)).includes('Cancelled'),
    async () => {
      pausedAt = aws.clock.now();
    },
  );
  aws.when(
    async () => pausedAt > 0 && aws.clock.now() - pausedAt > 4 * HOUR,
    async () => aws.ledger.amend(FLEET, (await aws.ledger.head(FLEET)).open!, { paused: undefined }),
  );
  const { status, failures } = await aws.deploy(variant, '1.1.0', context);
  expect({ status, failures }).toEqual({ status: 'UPDATE_COMPLETE', failures: [] });
  expect(aws.clock.now() - pausedAt).toBeGreaterThan(4 * HOUR);
  expect(await aws.versionsInService(variant)).toEqual(Array(3).fill('1.1.0'));
  expect(await refreshes(aws)).toEqual(['Cancelled', 'Successful']);
  expect(health.least).toBe(3);
});

test('a rollout of five hours completes in one deployment', async () => {
  const context = { minCapacity: 6, maxCapacity: 9, rolloutTimeoutMinutes: 6 * 60, warmupSeconds: 3000 };
  const aws = await released({ ...context, maxHealthyPercentage: 117 });
  const began = aws.clock.now();
  const { status, failures } = await aws.deploy(variant, '1.1.0', { ...context, maxHealthyPercentage: 117 });
  expect({ status, failures }).toEqual({ status: 'UPDATE_COMPLETE', failures: [] });
  expect(aws.clock.now() - began).toBeGreaterThan(5 * HOUR);
  expect(await aws.versionsInService(variant)).toEqual(Array(6).fill('1.1.0'));
  expect(await refreshes(aws)).toEqual(['Successful']);
  expect(await outcomes(aws)).toEqual(['1 1.0.0 Complete', '2 1.1.0 Complete']);
});

test('a rollout that fails in its fourth hour comes back, however long that takes', async () => {
  const context = {
    ...{ minCapacity: 6, maxCapacity: 9, maxHealthyPercentage: 117 },
    ...{ rolloutTimeoutMinutes: 8 * 60, warmupSeconds: 3000 },
  };
  const aws = await released(context);
  const began = aws.clock.now();
  aws.when(
    async () => aws.clock.now() - began > 3.2 * HOUR,
    () =>
      aws.core.send(
        new SetAlarmStateCommand({
          ...{ AlarmName: `${FLEET}-unhealthy-hosts`, StateValue: 'ALARM', StateReason: 'Set by hand' },
        }),
      ),
  );
  const { status, failures } = await aws.deploy(variant, '1.1.0', context);
  expect({ status, failures }).toEqual({
    status: 'UPDATE_ROLLBACK_COMPLETE',
    failures: [expect.stringMatching(/^FleetRolloutPart3.*unhealthy-hosts/s)],
  });
  expect(aws.clock.now() - began).toBeGreaterThan(5 * HOUR);
  expect(await aws.versionsInService(variant)).toEqual(Array(6).fill('1.0.0'));
  expect(await refreshes(aws)).toEqual(['RollbackSuccessful']);
  expect(await outcomes(aws)).toEqual(['1 1.0.0 Complete', '2 1.1.0 RolledBack']);
});

test('an aborted rollout goes back, and says who gave it up and why', async () => {
  const aws = await released();
  onceOpen(aws, ({ revision }) => revision === 2, { aborted: { by, at: 0, reason: 'Orders fail' } });
  const { status, failures } = await aws.deploy(variant, '1.1.0');
  expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failures.join()).toContain(`given up by ${by}: Orders fail`);
  expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
  expect(await outcomes(aws)).toEqual(['1 1.0.0 Complete', '2 1.1.0 RolledBack']);
});

test('an alarm that fires while a rollout is paused gives it up', async () => {
  let sick = false;
  const aws = await released(
    { minCapacity: 3 },
    {
      behaviour: ({ software }: MemoryMachine): MachineBehaviour =>
        software?.version === '1.1.0'
          ? { status: (age) => (age < 40_000 ? 'refused' : sick ? 500 : 200) }
          : {},
    },
  );
  aws.whenMixed(variant, '1.1.0', async () => {
    await aws.ledger.amend(FLEET, (await aws.ledger.head(FLEET)).open!, {
      paused: { by, at: aws.clock.now() },
    });
    sick = true;
  });
  const { status, failures } = await aws.deploy(variant, '1.1.0', { minCapacity: 3 });
  expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failures.join()).toMatch(/alarm \S+unhealthy-hosts fired while it was paused/);
  // A machine that comes in the place of a unhealthy one may still be on its way.
  await aws.clock.advance(5 * 60_000);
  expect(await aws.versionsInService(variant)).toEqual(Array(3).fill('1.0.0'));
});

test('a restart replaces every machine, once, at the same revision', async () => {
  const aws = await released();
  const before = await machinesOf(aws);
  const restart = formatRestart({ by, at: '2026-01-01T00:00:00Z' });
  const { status, failures } = await aws.update(variant, { [RESTART_PARAMETER]: restart });
  expect({ status, failures }).toEqual({ status: 'UPDATE_COMPLETE', failures: [] });
  const after = await machinesOf(aws);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
  expect(await outcomes(aws)).toEqual(['1 1.0.0 Complete']);
  expect(await aws.ledger.head(FLEET)).toMatchObject({ restarted: { outcome: { kind: 'Complete' } } });

  expect((await aws.deploy(variant, '1.0.0', { minCapacity: 1 })).status).toBe('UPDATE_COMPLETE');
  expect(await machinesOf(aws)).toEqual(after);
});

test('what a rollout calls, and how soon after the refresh it answers', async () => {
  const context = { minCapacity: 8, maxCapacity: 12, maxHealthyPercentage: 113, warmupSeconds: 120 };
  const aws = await released(context);
  const before = aws.calls.length;
  const { status, events } = await aws.deploy(variant, '1.1.0', context);
  expect(status).toBe('UPDATE_COMPLETE');
  const { InstanceRefreshes } = await aws.core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: FLEET }),
  );
  const { StartTime, EndTime } = InstanceRefreshes![0]!;
  const seconds = (EndTime!.getTime() - StartTime!.getTime()) / 1000;
  const answered = events.findLast(
    ({ LogicalResourceId, ResourceStatus }) =>
      LogicalResourceId!.startsWith('FleetRollout') && ResourceStatus === 'UPDATE_COMPLETE',
  )!;
  expect(answered.Timestamp!.getTime() - EndTime!.getTime()).toBeLessThanOrEqual(20_000);
  const calls = aws.calls
    .slice(before)
    .filter(({ principal }) => /RolloutStep/.test(JSON.stringify(principal)));
  expect(seconds).toBeGreaterThan(20 * 60);
  expect((calls.length / seconds) * 1800).toBeLessThanOrEqual(130);
});

async function machinesOf(aws: VirtualAws): Promise<string[]> {
  const { AutoScalingGroups } = await aws.core.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [FLEET] }),
  );
  return AutoScalingGroups![0]!
    .Instances!.filter(({ LifecycleState }) => LifecycleState === 'InService')
    .map(({ InstanceId }) => InstanceId!)
    .sort();
}
