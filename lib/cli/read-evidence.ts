import type { Image, Instance } from '@aws-sdk/client-ec2';
import { currentRevision } from '../ledger/history';
import { codeOf } from '../rollout/clients';
import { isInFleet } from '../rollout/statuses';
import type { Drift } from './drift-line';
import { readDrifts } from './drifts';
import { type FleetView, readFleetView, readParts, releaseOf, revisionOf } from './fleet-view';
import { readLogins } from './logins';
import { askMachines } from './machine-answers';
import { type FleetContext, readCaller } from './on-fleet';
import type { Evidence, ProvenMachine } from './proof';

/** Reads everything that tells what a fleet runs. It changes nothing. */
export async function readEvidence(context: FleetContext): Promise<Evidence> {
  const { clients, fleet, region } = context;
  const by = await readCaller(context);
  const { targetGroupArn } = await readParts(context);
  const view = await readFleetView(context, { targetGroupArn, alarmNames: [] });
  const targets = await readTargets(context, targetGroupArn);
  const instances = await readInstances(context, view, targets);
  const images = await readImages(context, instances);
  const machines = provenMachines(context, view, targets, instances, images);
  const asked = machines.filter((machine) => machine.isInGroup && machine.isInFleet);
  const answers = await askMachines(
    clients,
    asked.map(({ id }) => ({
      id,
      address: instances.get(id)?.PrivateIpAddress,
      port: targets.get(id)?.port,
    })),
    fleet.url,
  );
  const drifts = await readDrifts(
    clients,
    asked.map(({ id }) => id),
  );
  const now = context.now();
  const launches = [...instances.values()].map(({ LaunchTime }) => LaunchTime?.getTime() ?? now);
  const revision = currentRevision(view.revisions);
  return {
    at: new Date(now).toISOString(),
    by,
    region,
    stack: fleet.stackName,
    stackId: fleet.stackId,
    fleet: fleet.groupName,
    url: fleet.url,
    revision,
    rollingOut: view.head.open?.revision,
    desiredMachines: view.group?.desiredCapacity,
    savedRevision: revisionOf(view.group?.saved, view.revisions, view.contents)?.number,
    machines: machines.map((machine) => ({
      ...machine,
      answer: answers.of.get(machine.id),
      ...changes(drifts.of.get(machine.id)),
    })),
    unattributed: answers.unattributed,
    logins: await readLogins(clients, [...instances.keys()], Math.min(now, ...launches)),
    askingFailed: answers.failure,
    consolesFailed: drifts.failure,
  };
}

type Targets = ReadonlyMap<string, { readonly port?: number; readonly state: string }>;

async function readTargets({ clients }: FleetContext, TargetGroupArn: string | undefined): Promise<Targets> {
  if (!TargetGroupArn) return new Map();
  const { TargetHealthDescriptions = [] } = await clients.loadBalancing.describeTargetHealth({
    TargetGroupArn,
  });
  return new Map(
    TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
      Target?.Id ?? '',
      { port: Target?.Port, state: TargetHealth?.State ?? '' },
    ]),
  );
}

/** The group's machines, the load balancer's targets, and whatever else was started from the launch template. */
async function readInstances(
  { clients, fleet }: FleetContext,
  view: FleetView,
  targets: Targets,
): Promise<ReadonlyMap<string, Instance>> {
  const found = new Map<string, Instance>();
  let NextToken: string | undefined;
  do {
    const page = await clients.ec2.describeInstances({
      Filters: [
        { Name: 'tag:aws:ec2launchtemplate:id', Values: [fleet.launchTemplateId] },
        { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
      ],
      NextToken,
    });
    for (const { Instances = [] } of page.Reservations ?? [])
      for (const instance of Instances) found.set(instance.InstanceId ?? '', instance);
    NextToken = page.NextToken;
  } while (NextToken);
  const named = [...(view.group?.machines ?? []).map(({ id }) => id), ...targets.keys()];
  for (const id of new Set(named)) {
    if (found.has(id)) continue;
    const instance = await readInstance(clients, id);
    if (instance) found.set(id, instance);
  }
  return found;
}

async function readInstance({ ec2 }: FleetContext['clients'], id: string): Promise<Instance | undefined> {
  try {
    const { Reservations } = await ec2.describeInstances({ InstanceIds: [id] });
    return Reservations?.[0]?.Instances?.[0];
  } catch (error) {
    if (codeOf(error).startsWith('InvalidInstanceID')) return undefined;
    throw error;
  }
}

/** An AMI that is gone is not among them. */
async function readImages(
  { clients }: FleetContext,
  instances: ReadonlyMap<string, Instance>,
): Promise<ReadonlyMap<string, Image>> {
  const ids = new Set([...instances.values()].flatMap(({ ImageId }) => (ImageId ? [ImageId] : [])));
  if (ids.size === 0) return new Map();
  // By a filter, because one missing id fails a call by ids; disabled and deprecated ones are to be seen.
  const { Images = [] } = await clients.ec2.describeImages({
    Filters: [{ Name: 'image-id', Values: [...ids] }],
    IncludeDeprecated: true,
    IncludeDisabled: true,
  });
  return new Map(Images.map((image) => [image.ImageId ?? '', image]));
}

function provenMachines(
  { fleet }: FleetContext,
  { group, revisions, contents }: FleetView,
  targets: Targets,
  instances: ReadonlyMap<string, Instance>,
  images: ReadonlyMap<string, Image>,
): readonly ProvenMachine[] {
  const members = new Map((group?.machines ?? []).map((machine) => [machine.id, machine]));
  return [...new Set([...members.keys(), ...targets.keys(), ...instances.keys()])].sort().map((id) => {
    const member = members.get(id);
    const instance = instances.get(id);
    const image = images.get(instance?.ImageId ?? '');
    const tag = instance?.Tags?.find(({ Key }) => Key === 'aws:ec2launchtemplate:version')?.Value;
    const version = member
      ? member.version
      : tag && { launchTemplateId: fleet.launchTemplateId, version: tag };
    const revision = revisionOf(version || undefined, revisions, contents);
    return {
      id,
      isInGroup: member !== undefined,
      isTarget: targets.has(id),
      isInFleet: member !== undefined && isInFleet(member.lifecycleState),
      lifecycleState: member?.lifecycleState ?? instance?.State?.Name ?? 'unknown',
      health: targets.get(id)?.state ?? '',
      launchedAt: instance?.LaunchTime?.toISOString(),
      imageId: instance?.ImageId,
      imageName: image?.Name,
      imageState: image?.State,
      keyName: instance?.KeyName,
      launchTemplateVersion: version ? version.version : undefined,
      revision: revision?.number,
      release: revision && releaseOf(revision),
    };
  });
}

function changes(drift: Drift | undefined): Partial<ProvenMachine> {
  if (!drift) return {};
  const { isWritable, paths, more } = drift;
  return {
    changed: isWritable ? ['/', ...paths] : paths,
    ...(more > 0 ? { changedBesides: more } : {}),
    ...(isWritable ? { isWritable } : {}),
  };
}
