import type { Instance, InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import { parseConfiguration } from '../../lib/config';
import { Random } from '../../local-aws/core/random';
import type { Variant } from '../harness/virtual-aws';
import { Blueprints } from '../simulation/blueprints';
import { Operator } from '../simulation/operator';
import { synthesize } from '../simulation/synthesis';
import { type Mutation, World } from '../simulation/world';

/** The stacks' own settings; the size of the fleet alone differs. */
const { replacement, rollout, ledgerTable } = parseConfiguration({});
const blueprints = new Blueprints(synthesize);

interface Case {
  readonly variant: Variant;
  readonly machines: number;
  /** How late the load balancer's metrics are, in seconds. */
  readonly late: number;
}

/** What is wrong on purpose, so that the test shows that it would be found. */
interface Fault {
  readonly mutation?: Mutation;
  readonly change?: (template: string) => string;
}

/** Deploys a release that works, and then one that is healthy and fails its visitors. */
async function deployed({ variant, machines, late }: Case, visitorsPerMinute: number, fault: Fault = {}) {
  const world = await World.make({
    random: new Random(1),
    rollbackValues: 're-resolved',
    variations: { metricsDelaySeconds: late },
    visitorsPerMinute,
    mutation: fault.mutation,
  });
  const operator = new Operator(world, variant, ledgerTable);
  const deploy = async (version: string, isFirst: boolean) => {
    const settings = {
      ...replacement,
      ...rollout,
      machines,
      maxMachines: 2 * machines,
      skipMatching: true,
      gates: [],
    };
    const blueprint = blueprints.get(variant, version, rollout.timeoutMinutes);
    const template = fault.change?.(blueprint.template) ?? blueprint.template;
    await operator.deploy({ ...blueprint, template }, settings, isFirst);
    return operator.untilRest();
  };
  world.releases.set('1.0.0', 'good').set('1.1.0', 'failing its visitors');
  expect(await deploy('1.0.0', true)).toBe('CREATE_COMPLETE');
  // What visitors were answered before there was a machine is forgotten by then.
  await world.clock.advance(15 * 60_000);
  const newInService = whenNewInService(world, operator);
  const status = await deploy('1.1.0', false);
  await world.core.close();
  const [refresh] = world.refreshes(operator.groupName) as [InstanceRefresh];
  const minutes = (Number(refresh.RollbackDetails?.RollbackStartTime) - (await newInService)) / 60_000;
  const versions = inService(world, operator).map(({ LaunchTemplate }) => LaunchTemplate?.Version);
  return { status, refresh, minutes, versions };
}

function inService(world: World, { groupName }: Operator): readonly Instance[] {
  return world.group(groupName)!.Instances!.filter(({ LifecycleState }) => LifecycleState === 'InService');
}

/** When the first machine came into service that was not there before. */
function whenNewInService(world: World, operator: Operator): Promise<number> {
  const before = new Set(inService(world, operator).map(({ InstanceId }) => InstanceId));
  return new Promise((resolve) => {
    const look = () => {
      const isNew = inService(world, operator).some(({ InstanceId }) => !before.has(InstanceId));
      if (isNew) resolve(world.now());
      else world.clock.after(1_000, look);
    };
    look();
  });
}

const CASES = (['ImageBased', 'InstanceBased'] as const).flatMap((variant) =>
  [1, 2, 10].flatMap((machines) => [0, 60, 90, 120, 180].map((late): Case => ({ variant, machines, late }))),
);

test.each(CASES)(
  '$variant, $machines machines, metrics $late s late: a release that fails its visitors is rolled back in time',
  async (given) => {
    const { status, refresh, minutes, versions } = await deployed(given, 60);
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(refresh.Status).toBe('RollbackSuccessful');
    expect(refresh.StatusReason).toMatch(/alarm in ALARM state: .*-server-errors/);
    expect(versions).toEqual(Array(given.machines).fill('1'));
    expect(minutes).toBeLessThan(10);
  },
);

const FAULTS: readonly (readonly [string, Fault])[] = [
  [
    'no bake time',
    {
      mutation: {
        around: (_name, operation, input, call) => {
          if (operation === 'StartInstanceRefresh')
            delete (input as { Preferences: { BakeTime?: number } }).Preferences.BakeTime;
          return call();
        },
      },
    },
  ],
  [
    'an alarm with FILL',
    {
      change: (template) =>
        template
          .replace('machines + balancer', 'FILL(machines, 0) + FILL(balancer, 0)')
          .replace(
            '"DatapointsToAlarm":2,"EvaluationPeriods":5',
            '"DatapointsToAlarm":2,"EvaluationPeriods":3',
          ),
    },
  ],
];

test.each(FAULTS)('with %s the release would be kept', async (_, fault) => {
  const { status } = await deployed({ variant: 'InstanceBased', machines: 1, late: 120 }, 60, fault);
  expect(status).toBe('UPDATE_COMPLETE');
});
