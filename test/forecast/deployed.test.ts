import * as autoScaling from '@aws-sdk/client-auto-scaling';
import { type RefreshPreferences, StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { type DeployedClients, deployedSettings } from '../../lib/forecast/deployed';
import { forecast } from '../../lib/forecast/forecast';
import { planVariants } from '../../lib/forecast/settings';
import type { CommandLike } from '../../local-aws/core/core';
import { setUp, until } from '../local-aws/autoscaling/fixture';

const TEMPLATE = {
  Resources: {
    Rollout: {
      Type: 'Custom::Rollout',
      Properties: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, ProgressDeadlineSeconds: '3600' },
    },
    Group: { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { MinSize: '2' } },
    Template: { Type: 'AWS::EC2::LaunchTemplate' },
  },
};
const RESOURCES = [
  { LogicalResourceId: 'Group', PhysicalResourceId: 'fleet' },
  { LogicalResourceId: 'Template', PhysicalResourceId: 'lt-1' },
];
const result = { $metadata: {} };

/** A stack whose group is on the local Auto Scaling. */
async function world(body = JSON.stringify(TEMPLATE)) {
  const local = await setUp();
  const calls =
    <Input extends object, Output extends object>(
      Command: new (input: Input) => CommandLike<Input, Output>,
    ) =>
    async (input: Input): Promise<Output & { $metadata: object }> => ({
      $metadata: {},
      ...(await local.core.send(new Command(input))),
    });
  const clients: DeployedClients = {
    cloudFormation: {
      getTemplate: async () => ({ ...result, TemplateBody: body }),
      listStackResources: async ({ NextToken }) => ({
        ...result,
        // On two pages.
        StackResourceSummaries: (NextToken ? RESOURCES.slice(1) : RESOURCES.slice(0, 1)) as never,
        NextToken: NextToken ? undefined : 'more',
      }),
    },
    autoScaling: {
      describeAutoScalingGroups: calls(autoScaling.DescribeAutoScalingGroupsCommand),
      describeScalingActivities: calls(autoScaling.DescribeScalingActivitiesCommand),
      describeInstanceRefreshes: calls(autoScaling.DescribeInstanceRefreshesCommand),
    },
  };
  /** Brings a launch template version to all machines. */
  const roll = async (version: string, preferences: RefreshPreferences = {}) => {
    await local.core.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName: 'fleet',
        DesiredConfiguration: { LaunchTemplate: local.template(version) },
        Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, ...preferences },
      }),
    );
    await until(local.clock, async () => (await local.refreshes())[0]?.EndTime !== undefined);
    const [refresh] = await local.refreshes();
    return (Number(refresh?.EndTime) - Number(refresh?.StartTime)) / 1000;
  };
  return { ...local, clients, roll };
}

const foreseen = (known: Awaited<ReturnType<typeof deployedSettings>>) => {
  const [planned] = planVariants({}, known);
  if (!planned) throw new Error('Nothing is planned.');
  return forecast(planned.plan);
};

it('reads the group as it is, and how long its launches took', async () => {
  const { create, clients, clock, behaviours } = await world();
  behaviours.set('v1', { bootMs: 75_000 });
  await create({ DesiredCapacity: 5 });
  await clock.advance(300_000);
  expect(await deployedSettings('Web', clients)).toMatchObject({
    variant: 'instance-based',
    capacity: { value: 5, from: 'group fleet' },
    min: { value: 100, from: 'deployed stack Web' },
    warmupSeconds: { value: 60, from: 'group fleet' },
    bootSeconds: { value: 75, from: "the group's past: median of its last 5 launches" },
    healthySeconds: undefined,
    progressDeadlineSeconds: { value: 3600 },
    notes: ['The group fleet has 5 machines of launch template lt-1, version 1.'],
  });
});

it('foresees the next rollout by the last one, which took longer than launches and warmup explain', async () => {
  const { create, clients, clock, behaviours, roll } = await world();
  for (const version of ['v1', 'v2', 'v3']) {
    behaviours.set(version, { bootMs: 60_000, status: (age) => (age < 400_000 ? 'refused' : 200) });
  }
  await create({ HealthCheckGracePeriod: 3600 });
  await clock.advance(3_600_000);
  const first = await roll('2');
  const known = await deployedSettings('Web', clients);
  expect(known.healthySeconds?.from).toMatch(/^the group's past: its refresh of 2026-01-01 took longer$/);
  expect(known.notes[1]).toMatch(
    /^Its refresh of 2026-01-01 replaced 4 machines in .*; the model says 4 min\.$/,
  );
  const next = foreseen({ ...known, progressDeadlineSeconds: { value: 86_400, from: 'the test' } });
  const second = await roll('3');
  expect(Math.abs(first - second)).toBeLessThan(30);
  // A fleet whose machines come into service so long before they serve must not be watched by the alarm.
  expect(next.plan.healthySeconds).toBeGreaterThan(300);
  expect(Math.abs(forecast({ ...next.plan, ignoreAlarms: true }).rolloutSeconds / second - 1)).toBeLessThan(
    0.02,
  );
});

it.each([
  ['a template that is no JSON', 'Resources: {}', 'The deployed template of Web is no JSON'],
  ['a stack without a fleet', '{"Resources":{}}', 'the deployed template of Web has no Custom::Rollout'],
  ['no such group', JSON.stringify(TEMPLATE), 'The Auto Scaling group fleet of Web does not exist.'],
])('%s is refused', async (_, body, message) => {
  const { clients } = await world(body);
  await expect(deployedSettings('Web', clients)).rejects.toThrow(message);
});

it("says what AWS said when it doesn't answer", async () => {
  const { clients } = await world();
  const getTemplate = async () => {
    throw new Error('Stack with id Web does not exist');
  };
  const refusing = { ...clients, cloudFormation: { ...clients.cloudFormation, getTemplate } };
  await expect(deployedSettings('Web', refusing)).rejects.toThrow(
    '--stack Web --deployed: Stack with id Web does not exist.',
  );
});
