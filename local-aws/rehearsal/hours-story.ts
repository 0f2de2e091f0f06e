import { DescribeInstanceRefreshesCommand } from '@aws-sdk/client-auto-scaling';
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { isPaused, type StoryParts } from './rollout-story';

const STACK = 'InstanceBased';
const FLEET = `${STACK}-fleet`;
const HOUR = 3_600_000;

/** One machine at a time, each of which warms up for 50 minutes. */
const SLOW = { minCapacity: '6', maxCapacity: '9', maxHealthyPercentage: '117', warmupSeconds: '3000' };

interface Status {
  readonly versions?: readonly { readonly release?: string; readonly machines: readonly unknown[] }[];
}

/**
 * Rollouts that take hours, each in one `cdk deploy`: one of five hours, one that fails in its fourth hour,
 * and one that stands at a gate overnight.
 * @throws Error when a command ends otherwise than wanted
 */
export async function tellHours(parts: StoryParts): Promise<void> {
  const { cdk, narrator } = parts;
  const context = { ...SLOW, rolloutTimeoutMinutes: '480' };
  const first = await cdk.synthesize('1.0.0', context);
  await narrator.command('cdk deploy Ledger', 0, () => cdk.deployLedger(first));
  await deploy(parts, '1.0.0', context, 0);

  const hours = await deploy(parts, '1.1.0', context, 0);
  narrator.check('it took more than five hours', String(hours > 5), 'true');
  await runs(parts, 'guestbook 1.1.0');

  const failing = deploy(parts, '1.2.0', context, 1);
  await narrator.until(failing, () => hasRolledFor(parts, 3.2));
  await parts.core.send(
    new SetAlarmStateCommand({
      AlarmName: `${FLEET}-unhealthy-hosts`,
      StateValue: 'ALARM',
      StateReason: 'Set by hand in the fourth hour',
    }),
  );
  narrator.check('its way there and back took more than five hours', String((await failing) > 5), 'true');
  await runs(parts, 'guestbook 1.1.0');

  const overnight = deploy(
    parts,
    '1.0.0',
    { ...SLOW, warmupSeconds: '60', gates: '50', rolloutTimeoutMinutes: '960' },
    0,
  );
  await narrator.until(overnight, () => isPaused(narrator, STACK));
  await passed(parts, 12);
  await narrator.rollout(['status', STACK]);
  await narrator.rollout(['promote', STACK]);
  narrator.check('it took more than twelve hours', String((await overnight) > 12), 'true');
  await runs(parts, 'guestbook 1.0.0');
  await narrator.rollout(['history', STACK]);
}

/** @returns how many modelled hours it took */
async function deploy(
  { cdk, core, narrator }: StoryParts,
  release: string,
  context: Readonly<Record<string, string>>,
  wanted: number,
): Promise<number> {
  const folder = await cdk.synthesize(release, context);
  const values = Object.entries(context).map(([key, value]) => ` -c ${key}=${value}`);
  const begun = core.clock.now();
  await narrator.command(
    `cdk deploy ${STACK} -c release=sample-app/${release}.json${values.join('')}`,
    wanted,
    () => cdk.deploy(`deploy-${release}-${begun}`, STACK, folder),
  );
  return (core.clock.now() - begun) / HOUR;
}

async function runs({ narrator }: StoryParts, release: string): Promise<void> {
  const { versions = [] } = await narrator.ask<Status>(['status', STACK]);
  const found = versions.filter(({ machines }) => machines.length > 0).map(({ release: name }) => name);
  narrator.check('what the machines run', found.join(', '), release);
}

/**
 * Whether the fleet's refresh has gone on for so long. Not counted from the command's start: on a busy computer
 * the CDK CLI alone takes hours of the model's time. Looks again every five modelled minutes.
 */
async function hasRolledFor({ core }: StoryParts, hours: number): Promise<boolean> {
  await core.clock.sleep(HOUR / 12);
  const { InstanceRefreshes = [] } = await core.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: FLEET, MaxRecords: 1 }),
  );
  const [newest] = InstanceRefreshes;
  if (!newest?.StartTime || newest.EndTime) return false;
  return core.clock.now() - newest.StartTime.getTime() >= hours * HOUR;
}

function passed({ core }: StoryParts, hours: number): Promise<void> {
  return core.clock.sleep(hours * HOUR);
}
