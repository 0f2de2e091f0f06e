import {
  type CreateAutoScalingGroupType,
  EnterStandbyCommand,
  type RefreshPreferences,
  SetInstanceProtectionCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { forecast } from '../../lib/forecast/forecast';
import type { Plan } from '../../lib/forecast/plan';
import { minute, setUp, until } from '../local-aws/autoscaling/fixture';

const ALARM = 'unhealthy-hosts';
/** How often the fleet is looked at for the fewest that serve. */
const GLANCE_MS = 20_000;

/** The target group believes in a machine that was sick after five answers, ten seconds apart. */
const CHECKS_MS = 40_000;

/** As the forecast assumes it. */
const METRICS_DELAY_SECONDS = 120;

type World = Awaited<ReturnType<typeof setUp>>;

interface Case {
  readonly plan: Plan;
  /** Preferences of the plan that the refresh is not asked for. @default none */
  readonly leftOut?: readonly (keyof RefreshPreferences)[];
  /** What it is asked for besides. */
  readonly preferences?: RefreshPreferences;
  readonly group?:
    | Partial<CreateAutoScalingGroupType>
    | ((world: World) => Promise<Partial<CreateAutoScalingGroupType>>);
  /** What is done to the fleet before. */
  readonly before?: (world: World, ids: readonly string[]) => Promise<unknown>;
  /** Part of the boot that a launch hook takes. @default 0 */
  readonly hookSeconds?: number;
  /** Machines that the group is created with. @default the plan's capacity */
  readonly created?: number;
  /** Whether a load balancer says who serves, and an alarm watches for unhealthy machines. @default false */
  readonly balanced?: boolean;
}

const plan = (more: Partial<Plan>): Plan => ({
  capacity: 4,
  minHealthyPercentage: 100,
  maxHealthyPercentage: 150,
  warmupSeconds: 720,
  bootSeconds: 180,
  ...more,
});

const percentages = ['MinHealthyPercentage', 'MaxHealthyPercentage'] as const;

const cases: Readonly<Record<string, Case>> = {
  'four machines, two more at a time': { plan: plan({}), balanced: true },
  'one machine and a maximum of 100: launched first': {
    plan: plan({ capacity: 1, maxHealthyPercentage: 100 }),
  },
  'one machine and no maximum: nobody serves for a while': {
    plan: plan({ capacity: 1, maxHealthyPercentage: undefined }),
    balanced: true,
  },
  'twenty machines, both percentages left out: a tenth at a time': {
    plan: plan({
      ...{ capacity: 20, minHealthyPercentage: 90, maxHealthyPercentage: undefined },
      ...{ bootSeconds: 120, warmupSeconds: 480 },
    }),
    leftOut: percentages,
  },
  'an explicit 100 for both: one at a time, launched first': {
    plan: plan({ capacity: 4, maxHealthyPercentage: 100 }),
  },
  'a minimum of 100 and no maximum: one at a time, ended first': {
    plan: plan({ capacity: 4, maxHealthyPercentage: undefined }),
  },
  'half, and no more than all': {
    plan: plan({ capacity: 8, minHealthyPercentage: 50, maxHealthyPercentage: 100 }),
  },
  'a minimum of 0: all at once': {
    plan: plan({ capacity: 6, minHealthyPercentage: 0, maxHealthyPercentage: undefined }),
  },
  'sixty machines, doubled': {
    plan: plan({ capacity: 60, maxHealthyPercentage: 200, bootSeconds: 120, warmupSeconds: 480 }),
  },
  'seven machines, whose percentages are no whole machines': {
    plan: plan({ capacity: 7, minHealthyPercentage: 85, maxHealthyPercentage: 130 }),
  },
  'checkpoints with a delay': {
    plan: plan({ capacity: 10, checkpointPercentages: [20, 50, 100], checkpointDelaySeconds: 900 }),
  },
  'a checkpoint with the delay that nobody gave': {
    plan: plan({ capacity: 2, checkpointPercentages: [50, 100] }),
  },
  'checkpoints that end at 40%': {
    plan: plan({ capacity: 5, checkpointPercentages: [20, 40], checkpointDelaySeconds: 600 }),
  },
  'a bake time': { plan: plan({ bakeTimeSeconds: 1500 }) },
  'skip matching, three of eight already new': {
    plan: plan({ capacity: 8, alreadyNew: 3, maxHealthyPercentage: 125 }),
    before: async (world) => {
      const MinHealthyPercentage = 0;
      await start(world, { MinHealthyPercentage, InstanceWarmup: 0, CheckpointPercentages: [37] });
      await world.clock.advance(20 * minute);
    },
  },
  'protected machines, ignored': {
    plan: plan({ capacity: 6, protectedMachines: 2, whenProtected: 'Ignore' }),
    before: ({ core }, ids) => protect(core, ids.slice(0, 2)),
  },
  'protected machines, waited for: an hour, and back': {
    plan: plan({ capacity: 4, protectedMachines: 1 }),
    before: ({ core }, ids) => protect(core, ids.slice(0, 1)),
  },
  'machines in standby, ignored': {
    plan: plan({ capacity: 4 }),
    created: 6,
    preferences: { StandbyInstances: 'Ignore' },
    before: ({ core }, ids) =>
      core.send(
        new EnterStandbyCommand({
          AutoScalingGroupName: 'fleet',
          InstanceIds: ids.slice(0, 2),
          ShouldDecrementDesiredCapacity: true,
        }),
      ),
  },
  "the group's default warmup": {
    plan: plan({ warmupSeconds: 1000 }),
    leftOut: ['InstanceWarmup'],
    group: { DefaultInstanceWarmup: 1000 },
  },
  'a warmup that falls back to the grace period': {
    plan: plan({ warmupSeconds: 1300 }),
    leftOut: ['InstanceWarmup'],
    group: { DefaultInstanceWarmup: undefined, HealthCheckGracePeriod: 1300 },
  },
  "percentages from the group's maintenance policy": {
    plan: plan({ capacity: 5, minHealthyPercentage: 80, maxHealthyPercentage: 120 }),
    leftOut: percentages,
    group: { InstanceMaintenancePolicy: { MinHealthyPercentage: 80, MaxHealthyPercentage: 120 } },
  },
  'a launch hook of seven minutes': {
    plan: plan({ bootSeconds: 600 }),
    hookSeconds: 420,
    group: {
      LifecycleHookSpecificationList: [
        {
          LifecycleHookName: 'settle',
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          HeartbeatTimeout: 420,
          DefaultResult: 'CONTINUE',
        },
      ],
    },
  },
  'machines that answer long after they came into service': {
    plan: plan({ warmupSeconds: 300, healthySeconds: 900, ignoreAlarms: true }),
    balanced: true,
    group: { HealthCheckGracePeriod: 7200 },
  },
  'machines that answer so late that the alarm fires': {
    plan: plan({ bootSeconds: 2400, healthySeconds: 900 }),
    balanced: true,
    group: { HealthCheckGracePeriod: 7200 },
  },
  'seven machines in three zones': {
    plan: plan({ capacity: 7, minHealthyPercentage: 60, maxHealthyPercentage: 120 }),
    group: async ({ core }) => {
      const { Subnets = [] } = await core.send(new DescribeSubnetsCommand({}));
      return {
        VPCZoneIdentifier: Subnets.slice(0, 3)
          .map(({ SubnetId }) => SubnetId)
          .join(','),
      };
    },
  },
  'sick from half on: back by the alarm': {
    plan: plan({ capacity: 6, maxHealthyPercentage: 150, warmupSeconds: 1200, failAtPercent: 50 }),
    balanced: true,
    group: { HealthCheckGracePeriod: 7200 },
  },
  'silent from 30% on: back after an hour of retries': {
    plan: plan({ capacity: 5, maxHealthyPercentage: 140, failAtPercent: 30, failsAs: 'silent' }),
    group: { HealthCheckGracePeriod: 36_000 },
  },
};

describe('a refresh on the local AWS takes as long as it was forecast, and falls as low', () => {
  test.each(Object.entries(cases))('%s', async (_, given) => {
    const foreseen = forecast(given.plan);
    const seen = await carryOut(given);
    expect(seen.status).toBe(foreseen.outcome);
    expect(Math.abs(seen.seconds / foreseen.rolloutSeconds - 1)).toBeLessThanOrEqual(0.01);
    expect(seen.lowest).toBe(foreseen.lowestHealthyCapacity);
  });
});

async function carryOut({ plan: planned, leftOut = [], ...given }: Case) {
  const world = await setUp({ metricsDelaySeconds: METRICS_DELAY_SECONDS });
  const { clock } = world;
  const settings = typeof given.group === 'function' ? await given.group(world) : given.group;
  const created = given.created ?? planned.capacity;
  const TargetGroupARNs = given.balanced ? [world.targetGroupArn] : [];
  await world.create({ TargetGroupARNs, MaxSize: 200, DesiredCapacity: created, ...settings });
  await until(clock, async () => (await serving(world)).length === created);
  if (given.balanced) await watch(world);
  // Until all have warmed up.
  await clock.advance(planned.warmupSeconds * 1000);
  await given.before?.(world, await serving(world));
  behave(world, planned, given.hookSeconds);
  const preferences = Object.entries({
    MinHealthyPercentage: planned.minHealthyPercentage,
    MaxHealthyPercentage: planned.maxHealthyPercentage,
    InstanceWarmup: planned.warmupSeconds,
    CheckpointPercentages: planned.checkpointPercentages && [...planned.checkpointPercentages],
    CheckpointDelay: planned.checkpointDelaySeconds,
    BakeTime: planned.bakeTimeSeconds,
    ScaleInProtectedInstances: planned.whenProtected,
    AutoRollback: true,
    AlarmSpecification: { Alarms: given.balanced && !planned.ignoreAlarms ? [ALARM] : [] },
    ...given.preferences,
  }).filter(([name]) => !leftOut.includes(name as keyof RefreshPreferences));
  const id = await start(world, Object.fromEntries(preferences));
  let lowest = Number.POSITIVE_INFINITY;
  for (;;) {
    await clock.advance(GLANCE_MS);
    lowest = Math.min(lowest, (await serving(world)).length);
    const refresh = (await world.refreshes()).find(({ InstanceRefreshId }) => InstanceRefreshId === id);
    if (!refresh?.EndTime) continue;
    const seconds = (Number(refresh.EndTime) - Number(refresh.StartTime)) / 1000;
    return { status: refresh.Status, reason: refresh.StatusReason, seconds, lowest };
  }
}

/** Ids of the machines that serve: in service, and healthy where a load balancer says so. */
async function serving({ group, targets }: World): Promise<readonly string[]> {
  const { Instances = [], TargetGroupARNs = [] } = (await group()) ?? {};
  const healthy = TargetGroupARNs.length > 0 ? await targets() : undefined;
  return Instances.filter(({ LifecycleState }) => LifecycleState === 'InService')
    .map(({ InstanceId = '' }) => InstanceId)
    .filter((id) => !healthy || healthy.get(id) === 'healthy');
}

async function start({ core, template }: World, preferences: RefreshPreferences) {
  const { InstanceRefreshId } = await core.send(
    new StartInstanceRefreshCommand({
      AutoScalingGroupName: 'fleet',
      DesiredConfiguration: { LaunchTemplate: template('2') },
      Preferences: { SkipMatching: true, ...preferences },
    }),
  );
  return InstanceRefreshId;
}

/** Gives new machines, and those of the way back, the plan's times. */
function behave({ behaviours }: World, planned: Plan, hookSeconds = 0): void {
  const { bootSeconds, healthySeconds = 0 } = planned;
  const bootMs = (bootSeconds - hookSeconds) * 1000;
  const answersAt = bootMs + healthySeconds * 1000 - CHECKS_MS;
  const well = (ageMs: number) => (ageMs < answersAt ? 'refused' : 200);
  behaviours.set('v1', { bootMs, status: well });
  const { capacity, failAtPercent = 101, failsAs } = planned;
  let launched = 0;
  behaviours.set('v2', {
    // Both are asked for once for each launch.
    get bootMs() {
      const isSilent = failsAs === 'silent' && launched >= (capacity * failAtPercent) / 100;
      return isSilent ? 1000 * 24 * 3_600_000 : bootMs;
    },
    get status() {
      const isSick = launched++ >= (capacity * failAtPercent) / 100;
      return isSick ? () => 500 : well;
    },
  });
}

function protect(core: World['core'], ids: readonly string[]) {
  return core.send(
    new SetInstanceProtectionCommand({
      AutoScalingGroupName: 'fleet',
      InstanceIds: [...ids],
      ProtectedFromScaleIn: true,
    }),
  );
}

/** The alarm of this project's fleets: three minutes of six with an unhealthy machine. */
async function watch({ core, dimensions }: World): Promise<void> {
  await core.send(
    new PutMetricAlarmCommand({
      AlarmName: ALARM,
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'UnHealthyHostCount',
      Dimensions: dimensions,
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 6,
      DatapointsToAlarm: 3,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    }),
  );
}
