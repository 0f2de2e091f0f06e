import { createHash } from 'node:crypto';
import type { Instance } from '@aws-sdk/client-auto-scaling';
import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Software } from '../ledger/types';
import { codeOf, type FleetClients } from './clients';
import type { Activity, Contents, Fleet, Refresh } from './fleet';
import { key } from './fleet';
import type { TemplateVersion } from './properties';
import { isFailedActivity } from './statuses';

/** A group's latest refreshes, newest first; none when there is no such group. */
export async function readRefreshes(clients: FleetClients, groupName: string): Promise<readonly Refresh[]> {
  try {
    const { InstanceRefreshes = [] } = await clients.autoScaling.describeInstanceRefreshes({
      AutoScalingGroupName: groupName,
      MaxRecords: 10,
    });
    return InstanceRefreshes.map((refresh) => ({
      id: refresh.InstanceRefreshId ?? '',
      status: refresh.Status ?? '',
      statusReason: refresh.StatusReason ?? '',
      startedAt: refresh.StartTime?.getTime() ?? 0,
      endedAt: refresh.EndTime?.getTime(),
      percentageComplete: refresh.PercentageComplete ?? 0,
      instancesToUpdate: refresh.InstancesToUpdate ?? 0,
      desired: templateVersion(refresh.DesiredConfiguration?.LaunchTemplate),
      rollbackReason: refresh.RollbackDetails?.RollbackReason,
      warmupSeconds: refresh.Preferences?.InstanceWarmup,
      bakeTimeSeconds: refresh.Preferences?.BakeTime,
      checkpoint: refresh.Preferences?.CheckpointPercentages?.find((percentage) => percentage < 100),
    })).sort((a, b) => b.startedAt - a.startedAt);
  } catch (error) {
    // Auto Scaling has no code of its own for a group that is not there.
    if (codeOf(error) === 'ValidationError' && /not found/i.test((error as Error).message)) return [];
    throw error;
  }
}

/** The group and its machines, without what the target group says; undefined when there is no such group. */
export async function readGroup(clients: FleetClients, groupName: string): Promise<Fleet | undefined> {
  const { AutoScalingGroups } = await clients.autoScaling.describeAutoScalingGroups({
    AutoScalingGroupNames: [groupName],
  });
  const group = AutoScalingGroups?.[0];
  if (!group) return undefined;
  return {
    saved: templateVersion(group.LaunchTemplate),
    desiredCapacity: group.DesiredCapacity ?? 0,
    machines: (group.Instances ?? []).map((instance: Instance) => ({
      id: instance.InstanceId ?? '',
      lifecycleState: instance.LifecycleState ?? '',
      version: templateVersion(instance.LaunchTemplate),
    })),
  };
}

/** The same fleet with what the target group says about each machine. */
export async function withTargetHealth(
  clients: FleetClients,
  fleet: Fleet,
  targetGroupArn: string,
): Promise<Fleet> {
  const { TargetHealthDescriptions = [] } = await clients.loadBalancing.describeTargetHealth({
    TargetGroupArn: targetGroupArn,
  });
  const targets = new Map(
    TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
      Target?.Id,
      {
        state: TargetHealth?.State ?? 'unused',
        reason: TargetHealth?.Reason ?? '',
        description: TargetHealth?.Description ?? '',
      },
    ]),
  );
  return {
    ...fleet,
    machines: fleet.machines.map((machine) => ({ ...machine, target: targets.get(machine.id) })),
  };
}

/** The group's activities since a moment, newest first. */
export async function readActivities(
  clients: FleetClients,
  groupName: string,
  since: number,
): Promise<readonly Activity[]> {
  const { Activities = [] } = await clients.autoScaling.describeScalingActivities({
    AutoScalingGroupName: groupName,
    MaxRecords: 100,
  });
  return Activities.filter(({ StartTime }) => (StartTime?.getTime() ?? 0) >= since).map((activity) => ({
    description: activity.Description ?? '',
    cause: activity.Cause ?? '',
    statusMessage: isFailedActivity(activity.StatusCode) ? (activity.StatusMessage ?? '') : '',
    endedAt: activity.EndTime?.getTime(),
  }));
}

/** A launch template version as the ledger remembers it; undefined when it is gone. */
export async function readSoftware(
  clients: FleetClients,
  version: TemplateVersion,
): Promise<Software | undefined> {
  const [found] = await readVersions(clients, version.launchTemplateId, [version.version]);
  if (!found) return undefined;
  const [, data] = found;
  return {
    launchTemplateId: version.launchTemplateId,
    launchTemplateVersion: version.version,
    content: digestOf(data),
    imageId: data?.ImageId ?? '',
  };
}

/** Digests of the data of launch template versions; one that is gone is left out. */
export async function readContents(
  clients: FleetClients,
  versions: readonly (TemplateVersion | undefined)[],
): Promise<Contents> {
  const wanted = new Map<string, TemplateVersion>();
  for (const version of versions) if (version) wanted.set(key(version), version);
  const contents = new Map<string, string>();
  // A single version needs no reading: it is the same as itself.
  if (wanted.size < 2) return contents;
  const byTemplate = new Map<string, string[]>();
  for (const { launchTemplateId, version } of wanted.values())
    byTemplate.set(launchTemplateId, [...(byTemplate.get(launchTemplateId) ?? []), version]);
  for (const [launchTemplateId, numbers] of byTemplate)
    for (const [number, data] of await readVersions(clients, launchTemplateId, numbers))
      contents.set(key({ launchTemplateId, version: number }), digestOf(data));
  return contents;
}

async function readVersions(
  clients: FleetClients,
  launchTemplateId: string,
  numbers: readonly string[],
): Promise<readonly (readonly [string, ResponseLaunchTemplateData | undefined])[]> {
  try {
    const { LaunchTemplateVersions = [] } = await clients.ec2.describeLaunchTemplateVersions({
      LaunchTemplateId: launchTemplateId,
      Versions: [...numbers],
    });
    return LaunchTemplateVersions.map(
      ({ VersionNumber, LaunchTemplateData }) => [String(VersionNumber), LaunchTemplateData] as const,
    );
  } catch (error) {
    switch (codeOf(error)) {
      case 'InvalidLaunchTemplateId.NotFound':
        return [];
      case 'InvalidLaunchTemplateId.VersionNotFound': {
        // One missing version fails the whole call.
        if (numbers.length === 1) return [];
        const each = [];
        for (const number of numbers) each.push(...(await readVersions(clients, launchTemplateId, [number])));
        return each;
      }
      default:
        throw error;
    }
  }
}

/** Digest that does not depend on the order of keys, nor on how "not there" is written. */
export function digestOf(data: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(data)) ?? '')
    .digest('hex');
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((item) => canonical(item) ?? null);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const entries = Object.entries(value)
    .map(([name, content]) => [name, canonical(content)] as const)
    .filter(([, content]) => content !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function templateVersion(
  specification: { LaunchTemplateId?: string; Version?: string } | undefined,
): TemplateVersion | undefined {
  const { LaunchTemplateId, Version } = specification ?? {};
  return LaunchTemplateId && Version ? { launchTemplateId: LaunchTemplateId, version: Version } : undefined;
}
