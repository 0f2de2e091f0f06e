import type { Activity, AutoScalingGroup, InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { StackResourceSummary } from '@aws-sdk/client-cloudformation';
import type { OperatorClients } from '../cli/clients';
import { ConfigurationError } from '../configuration-error';
import { isDoneActivity, stageOf } from '../rollout/statuses';
import type { Known } from './known';
import { type Launch, learnBoot, learnFromRefresh, type PastRefresh } from './past';
import { FleetTemplate } from './stack-settings';
import { machines } from './words';

/** What reading a deployed stack calls: nothing that changes anything. */
export interface DeployedClients {
  readonly cloudFormation: Pick<OperatorClients['cloudFormation'], 'getTemplate' | 'listStackResources'>;
  readonly autoScaling: OperatorClients['autoScaling'];
}

/** How many activities are read, on pages of a hundred: those of the latest rollouts. */
const ACTIVITY_PAGES = 5;

/**
 * Reads a deployed stack: its template, its group as it is now, and how long the group's launches and
 * refreshes took.
 * @throws ConfigurationError when there is no such stack, it has no fleet, or AWS does not answer
 */
export async function deployedSettings(name: string, clients: DeployedClients): Promise<Known> {
  const { cloudFormation } = clients;
  const { TemplateBody = '' } = await asking(name, () => cloudFormation.getTemplate({ StackName: name }));
  const template = new FleetTemplate(`the deployed template of ${name}`, parse(name, TemplateBody));
  const settings = template.settings(`deployed stack ${name}`);
  const resources = await readResources(name, clients);
  const physicalId = (type: string) => {
    const logicalId = template.idOf(type);
    const found = resources.find(({ LogicalResourceId }) => LogicalResourceId === logicalId);
    if (found?.PhysicalResourceId) return found.PhysicalResourceId;
    throw new ConfigurationError(`The stack ${name} has no ${logicalId} (${type}) yet.`);
  };
  const groupName = physicalId('AWS::AutoScaling::AutoScalingGroup');
  const templateId = physicalId('AWS::EC2::LaunchTemplate');
  const past = await readPast(name, groupName, clients);
  return combine(settings, past, groupName, templateId);
}

async function readResources(name: string, { cloudFormation }: DeployedClients) {
  const found: StackResourceSummary[] = [];
  let NextToken: string | undefined;
  do {
    const page = await asking(name, () => cloudFormation.listStackResources({ StackName: name, NextToken }));
    found.push(...(page.StackResourceSummaries ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

interface Past {
  readonly group: AutoScalingGroup;
  readonly launches: readonly Launch[];
  readonly refresh?: PastRefresh;
}

async function readPast(stack: string, groupName: string, { autoScaling }: DeployedClients): Promise<Past> {
  const { AutoScalingGroups } = await asking(stack, () =>
    autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: [groupName] }),
  );
  const group = AutoScalingGroups?.[0];
  if (!group) throw new ConfigurationError(`The Auto Scaling group ${groupName} of ${stack} does not exist.`);
  const activities: Activity[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < ACTIVITY_PAGES; page++) {
    const found = await asking(stack, () =>
      autoScaling.describeScalingActivities({
        AutoScalingGroupName: groupName,
        MaxRecords: 100,
        NextToken,
      }),
    );
    activities.push(...(found.Activities ?? []));
    NextToken = found.NextToken;
    if (!NextToken) break;
  }
  const { InstanceRefreshes = [] } = await asking(stack, () =>
    autoScaling.describeInstanceRefreshes({ AutoScalingGroupName: groupName }),
  );
  return {
    group,
    launches: activities.flatMap(launchOf),
    refresh: InstanceRefreshes.flatMap(refreshOf).sort((a, b) => b.startedAt - a.startedAt)[0],
  };
}

function combine(settings: Known, past: Past, groupName: string, templateId: string): Known {
  const { group, launches, refresh } = past;
  const live = `group ${groupName}`;
  const bootSeconds = learnBoot(launches);
  const warmupSeconds =
    settings.warmupSeconds ??
    (group.DefaultInstanceWarmup === undefined || group.DefaultInstanceWarmup < 0
      ? undefined
      : { value: group.DefaultInstanceWarmup, from: live });
  const lesson =
    refresh &&
    bootSeconds &&
    learnFromRefresh(
      refresh,
      launches,
      bootSeconds.value,
      warmupSeconds?.value ?? group.HealthCheckGracePeriod ?? 0,
    );
  const guarded = (group.Instances ?? []).filter((machine) => machine.ProtectedFromScaleIn).length;
  const version = group.LaunchTemplate?.Version;
  return {
    ...settings,
    capacity:
      group.DesiredCapacity === undefined ? settings.capacity : { value: group.DesiredCapacity, from: live },
    warmupSeconds,
    bootSeconds,
    healthySeconds: lesson?.healthySeconds,
    protectedMachines: guarded > 0 ? { value: guarded, from: live } : undefined,
    notes: [
      ...settings.notes,
      `The group ${groupName} has ${machines(group.Instances?.length ?? 0)} of launch template ${templateId}${version ? `, version ${version}` : ''}.`,
      ...(lesson ? [lesson.note] : []),
    ],
  };
}

function launchOf({ Description = '', StatusCode, StartTime, EndTime }: Activity): readonly Launch[] {
  if (!Description.startsWith('Launching') || !isDoneActivity(StatusCode) || !StartTime || !EndTime)
    return [];
  return [{ startedAt: StartTime.getTime(), endedAt: EndTime.getTime() }];
}

function refreshOf({
  Status,
  StartTime,
  EndTime,
  Preferences = {},
}: InstanceRefresh): readonly PastRefresh[] {
  if (stageOf(Status ?? '') !== 'successful' || !StartTime || !EndTime) return [];
  const percentages = Preferences.CheckpointPercentages;
  return [
    {
      startedAt: StartTime.getTime(),
      endedAt: EndTime.getTime(),
      minHealthyPercentage: Preferences.MinHealthyPercentage,
      maxHealthyPercentage: Preferences.MaxHealthyPercentage,
      warmupSeconds: Preferences.InstanceWarmup,
      ...(percentages?.length
        ? { checkpointPercentages: percentages, checkpointDelaySeconds: Preferences.CheckpointDelay }
        : {}),
      bakeTimeSeconds: Preferences.BakeTime,
    },
  ];
}

function parse(name: string, body: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body);
  } catch {
    throw new ConfigurationError(
      `The deployed template of ${name} is no JSON; a stack that the CDK has deployed is expected.`,
    );
  }
}

async function asking<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`--stack ${name} --deployed: ${said.replace(/\.?$/, '.')}`);
  }
}
