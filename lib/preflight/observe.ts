import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import { currentRevision } from '../ledger/history';
import type { Revision } from '../ledger/types';
import { codeOf } from '../rollout/clients';
import { key } from '../rollout/fleet';
import type { TemplateVersion } from '../rollout/properties';
import { isActive } from '../rollout/statuses';
import type { PreflightClients } from './clients';
import {
  type GroupFacts,
  type ImageFacts,
  inForce,
  isNumbered,
  type PreflightObserved,
  type PreflightSubject,
  type RevisionFacts,
  type TemplateFacts,
  targetOf,
} from './subject';

/** Reads what replacing machines rests on: nine calls at most, two where there is no group yet. */
export async function observePreflight(
  clients: PreflightClients,
  given: PreflightSubject,
): Promise<PreflightObserved> {
  const revisions = await readRevisions(clients, given);
  const subject = inForce(given, revisions ?? []);
  const { AutoScalingGroups } = await clients.autoScaling.describeAutoScalingGroups({
    AutoScalingGroupNames: [subject.groupName],
  });
  const group = AutoScalingGroups?.[0];
  const known: PreflightObserved = {
    subject,
    isLedgerThere: revisions !== undefined,
    inService: factsOf(currentRevision(revisions ?? [])),
    pinned: factsOf(revisions?.find(({ number }) => number === subject.pinnedRevision)),
    templates: new Map(),
    images: new Map(),
    architectures: new Map(),
    subnets: [],
    alarms: [],
  };
  if (!group) return known;
  const facts = groupOf(group);
  const templates = await readTemplates(clients, [facts.saved, targetOf(subject, known)]);
  const values = [...templates.values()];
  return {
    ...known,
    group: facts,
    templates,
    images: await readImages(clients, unique(values.map(({ imageId }) => imageId))),
    architectures: await readArchitectures(clients, unique(values.map(({ instanceType }) => instanceType))),
    subnets: await readSubnets(clients, (group.VPCZoneIdentifier ?? '').split(',').filter(Boolean)),
    refresh: await readActiveRefresh(clients, subject.groupName),
    alarms: await readAlarms(clients, subject.alarmNames),
    targetGroup: subject.service && (await readTargetGroup(clients, group.TargetGroupARNs?.[0])),
  };
}

/** Undefined when there is no such table. */
async function readRevisions(
  clients: PreflightClients,
  { ledgerTable, groupName }: PreflightSubject,
): Promise<readonly Revision[] | undefined> {
  try {
    return await clients.ledger(ledgerTable).revisions(groupName);
  } catch (error) {
    if (codeOf(error) === 'ResourceNotFound') return undefined;
    throw error;
  }
}

function factsOf(revision: Revision | undefined): RevisionFacts | undefined {
  if (!revision) return undefined;
  const { number, release, software, baseImageId } = revision;
  return {
    number,
    release,
    baseImageId,
    software: {
      launchTemplateId: software.launchTemplateId,
      version: software.launchTemplateVersion,
      content: software.content,
    },
  };
}

function groupOf(group: AutoScalingGroup): GroupFacts {
  return {
    saved: versionOf(group.LaunchTemplate),
    desiredCapacity: group.DesiredCapacity ?? 0,
    machines: (group.Instances ?? []).map((instance) => ({
      id: instance.InstanceId ?? '',
      lifecycleState: instance.LifecycleState ?? '',
      isProtected: instance.ProtectedFromScaleIn ?? false,
      version: versionOf(instance.LaunchTemplate),
    })),
    protectsNewMachines: group.NewInstancesProtectedFromScaleIn ?? false,
    suspendedProcesses: (group.SuspendedProcesses ?? []).map(({ ProcessName }) => ProcessName ?? ''),
    zones: group.AvailabilityZones ?? [],
    launchTagKeys: (group.Tags ?? [])
      .filter(({ PropagateAtLaunch }) => PropagateAtLaunch)
      .map(({ Key }) => Key ?? ''),
    account: group.AutoScalingGroupARN?.split(':')[4] ?? '',
  };
}

function versionOf(
  specification: { LaunchTemplateId?: string; Version?: string } | undefined,
): TemplateVersion | undefined {
  const { LaunchTemplateId, Version } = specification ?? {};
  return LaunchTemplateId && Version ? { launchTemplateId: LaunchTemplateId, version: Version } : undefined;
}

/** One that is gone, or is not told by its number, is left out. */
async function readTemplates(
  clients: PreflightClients,
  versions: readonly (TemplateVersion | undefined)[],
): Promise<ReadonlyMap<string, TemplateFacts>> {
  const byTemplate = new Map<string, Set<string>>();
  for (const version of versions) {
    if (!version || !isNumbered(version)) continue;
    const numbers = byTemplate.get(version.launchTemplateId) ?? new Set();
    byTemplate.set(version.launchTemplateId, numbers.add(version.version));
  }
  const found = new Map<string, TemplateFacts>();
  for (const [LaunchTemplateId, numbers] of byTemplate)
    for (const version of await readVersions(clients, LaunchTemplateId, [...numbers]))
      found.set(key({ launchTemplateId: LaunchTemplateId, version: version.number }), version);
  return found;
}

async function readVersions(
  clients: PreflightClients,
  LaunchTemplateId: string,
  Versions: string[],
): Promise<readonly (TemplateFacts & { readonly number: string })[]> {
  try {
    const { LaunchTemplateVersions = [] } = await clients.ec2.describeLaunchTemplateVersions({
      LaunchTemplateId,
      Versions,
    });
    return LaunchTemplateVersions.map(({ VersionNumber, LaunchTemplateData }) => ({
      number: String(VersionNumber),
      imageId: LaunchTemplateData?.ImageId,
      instanceType: LaunchTemplateData?.InstanceType,
      rootDeviceName: LaunchTemplateData?.BlockDeviceMappings?.[0]?.DeviceName,
      kmsKeyId: LaunchTemplateData?.BlockDeviceMappings?.[0]?.Ebs?.KmsKeyId,
    }));
  } catch (error) {
    switch (codeOf(error)) {
      case 'InvalidLaunchTemplateId.NotFound':
        return [];
      case 'InvalidLaunchTemplateId.VersionNotFound': {
        // One missing version fails the whole call.
        if (Versions.length === 1) return [];
        const each = await Promise.all(
          Versions.map((version) => readVersions(clients, LaunchTemplateId, [version])),
        );
        return each.flat();
      }
      default:
        throw error;
    }
  }
}

/** By a filter, as all that follows: asked for by its id, one that is gone would fail the whole call. */
async function readImages(
  clients: PreflightClients,
  ids: string[],
): Promise<ReadonlyMap<string, ImageFacts>> {
  const literal = ids.filter((id) => id.startsWith('ami-'));
  if (literal.length === 0) return new Map();
  const { Images = [] } = await clients.ec2.describeImages({
    Filters: [{ Name: 'image-id', Values: literal }],
    IncludeDeprecated: true,
    IncludeDisabled: true,
  });
  return new Map(
    Images.map((image) => [
      image.ImageId ?? '',
      {
        state: image.State ?? '',
        architecture: image.Architecture ?? '',
        ownerAccount: image.OwnerId ?? '',
        deprecatedAt: image.DeprecationTime ? Date.parse(image.DeprecationTime) : undefined,
      },
    ]),
  );
}

export async function readArchitectures(
  clients: { readonly ec2: Pick<PreflightClients['ec2'], 'describeInstanceTypes'> },
  types: string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (types.length === 0) return new Map();
  const { InstanceTypes = [] } = await clients.ec2.describeInstanceTypes({
    Filters: [{ Name: 'instance-type', Values: types }],
  });
  return new Map(
    InstanceTypes.map(({ InstanceType, ProcessorInfo }) => [
      InstanceType ?? '',
      ProcessorInfo?.SupportedArchitectures ?? [],
    ]),
  );
}

export async function readSubnets(
  clients: { readonly ec2: Pick<PreflightClients['ec2'], 'describeSubnets'> },
  SubnetIds: string[],
) {
  if (SubnetIds.length === 0) return [];
  const { Subnets = [] } = await clients.ec2.describeSubnets({
    Filters: [{ Name: 'subnet-id', Values: SubnetIds }],
  });
  return Subnets.map(({ SubnetId, AvailabilityZone, AvailableIpAddressCount }) => ({
    id: SubnetId ?? '',
    zone: AvailabilityZone ?? '',
    freeAddresses: AvailableIpAddressCount ?? 0,
  }));
}

async function readActiveRefresh(clients: PreflightClients, groupName: string) {
  const { InstanceRefreshes = [] } = await clients.autoScaling.describeInstanceRefreshes({
    AutoScalingGroupName: groupName,
    MaxRecords: 10,
  });
  const active = InstanceRefreshes.find(({ Status }) => isActive(Status ?? ''));
  return (
    active && {
      id: active.InstanceRefreshId ?? '',
      status: active.Status ?? '',
      startedAt: active.StartTime?.getTime() ?? 0,
    }
  );
}

/** An alarm that is not there yet will be made by the deployment. */
async function readAlarms(clients: PreflightClients, names: readonly string[]) {
  if (names.length === 0) return [];
  const { MetricAlarms = [] } = await clients.cloudWatch.describeAlarms({ AlarmNames: [...names] });
  return MetricAlarms.map(({ AlarmName, StateValue, StateReason }) => ({
    name: AlarmName ?? '',
    state: StateValue ?? '',
    reason: StateReason ?? '',
  }));
}

async function readTargetGroup(clients: PreflightClients, arn: string | undefined) {
  if (!arn) return undefined;
  const { TargetGroups } = await clients.loadBalancing.describeTargetGroups({ TargetGroupArns: [arn] });
  const { Port, HealthCheckPath } = TargetGroups?.[0] ?? {};
  return Port === undefined || HealthCheckPath === undefined
    ? undefined
    : { port: Port, healthPath: HealthCheckPath };
}

function unique(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values)].filter((value): value is string => value !== undefined);
}
