import type { Stack } from '@aws-sdk/client-cloudformation';
import type { Image } from '@aws-sdk/client-ec2';
import { key } from '../rollout/fleet';
import type { LaunchClients } from './clients';
import type { BaseImageFacts, LaunchFacts, LaunchSubject, StartFacts } from './launch';
import { readArchitectures, readSubnets } from './observe';
import { observeKey } from './observe-key';
import { type PreflightObserved, type PreflightSubject, targetOf } from './subject';

/** A region has some 1,000 types, which are two pages. */
const MOST_PAGES = 10;

/**
 * Reads what starting machines rests on.
 * @param isStarting whether any will be started; otherwise the base image alone is looked at
 */
export async function observeLaunch(
  clients: LaunchClients,
  { subject, launch, stackId, isStarting }: LaunchQuestion,
  observed: PreflightObserved,
): Promise<LaunchFacts> {
  return {
    baseImage: await readBaseImage(clients, launch.baseImage.id),
    start: isStarting
      ? await readStart(clients, { subject, launch, stackId, isStarting }, observed)
      : undefined,
  };
}

/** What is asked, and for which stack. */
export interface LaunchQuestion {
  readonly subject: PreflightSubject;
  readonly launch: LaunchSubject;
  readonly stackId: string;
  readonly isStarting: boolean;
}

async function readStart(
  clients: LaunchClients,
  { subject, launch, stackId }: LaunchQuestion,
  observed: PreflightObserved,
): Promise<StartFacts> {
  const { group, templates } = observed;
  const target = targetOf(subject, observed);
  const known = target && templates.get(key(target));
  const instanceType = known?.instanceType ?? launch.instanceType;
  const [, , , region = '', account = ''] = stackId.split(':');
  const offeredIn = await readZones(clients, instanceType);
  const architectures = await readArchitectures(clients, [instanceType]);
  const subnetIds = [...launch.machineSubnetIds, ...launch.loadBalancerSubnetIds];
  const { Stacks } = await clients.cloudFormation.describeStacks({ StackName: stackId });
  return {
    region,
    account,
    key: await observeKey(clients, known ? known.kmsKeyId : launch.kmsKeyArn),
    instanceType,
    offeredIn,
    regionalTypes: offeredIn.length === 0 ? await readTypes(clients) : [],
    architectures: architectures.get(instanceType) ?? [],
    // A network that the stack has made stays in the zones that it was made in.
    zones: group && launch.machineSubnetIds.length === 0 ? group.zones : launch.zones,
    subnets: await readSubnets(clients, subnetIds),
    stackTagKeys: tagKeys(Stacks?.[0]),
    groupTagKeys: group?.launchTagKeys ?? [],
  };
}

function tagKeys(stack: Stack | undefined): readonly string[] {
  return (stack?.Tags ?? []).map(({ Key }) => Key ?? '');
}

/** By a filter: asked for by its id, an image that is gone would fail the call. */
export async function readBaseImage(
  clients: Pick<LaunchClients, 'ec2'>,
  id: string,
): Promise<BaseImageFacts | undefined> {
  const { Images = [] } = await clients.ec2.describeImages({
    Filters: [{ Name: 'image-id', Values: [id] }],
    IncludeDeprecated: true,
    IncludeDisabled: true,
  });
  const [image] = Images;
  return image && baseImageOf(image);
}

function baseImageOf(image: Image): BaseImageFacts {
  const root = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === image.RootDeviceName);
  return {
    name: image.Name ?? '',
    state: image.State ?? '',
    architecture: image.Architecture ?? '',
    rootDeviceName: image.RootDeviceType === 'ebs' ? image.RootDeviceName : undefined,
    rootVolumeGiB: root?.Ebs?.VolumeSize ?? 0,
  };
}

async function readZones(clients: LaunchClients, instanceType: string): Promise<readonly string[]> {
  const { InstanceTypeOfferings = [] } = await clients.ec2.describeInstanceTypeOfferings({
    LocationType: 'availability-zone',
    Filters: [{ Name: 'instance-type', Values: [instanceType] }],
  });
  return InstanceTypeOfferings.map(({ Location }) => Location ?? '').sort();
}

async function readTypes(clients: LaunchClients): Promise<readonly string[]> {
  const types: string[] = [];
  let NextToken: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await clients.ec2.describeInstanceTypeOfferings({ LocationType: 'region', NextToken });
    types.push(...(page.InstanceTypeOfferings ?? []).map(({ InstanceType }) => InstanceType ?? ''));
    NextToken = page.NextToken;
    if (!NextToken) break;
  }
  return types;
}
