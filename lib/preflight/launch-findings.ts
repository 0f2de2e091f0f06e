import { didYouMean } from '../configuration-error';
import { isMetadataTagKey, TAG_KEY_EXPECTED } from '../machines/tag-key';
import type { Finding } from './finding';
import { keyFindings } from './key-findings';
import type { LaunchSubject, StartFacts } from './launch';
import { isAvailableImage } from './statuses';
import type { PreflightObserved, PreflightSubject } from './subject';

/** Amazon's own minimal images. https://docs.aws.amazon.com/linux/al2023/ug/AMI-minimal-and-standard-differences.html */
const MINIMAL = /^al2023-ami-minimal-/;

/** What would keep machines from starting. */
export function launchFindings(subject: PreflightSubject, observed: PreflightObserved): readonly Finding[] {
  const { launch } = subject;
  const start = observed.launch?.start;
  if (!launch || !start) return [];
  return [
    ...instanceType(subject, start),
    // A kept revision has its image already: nothing is made from the base image.
    ...(subject.pinnedRevision === undefined && observed.launch?.isBaseUsed !== false
      ? baseImage(launch, observed, start)
      : []),
    ...subnets(launch, start),
    ...(observed.group ? [] : addresses(launch, start)),
    ...tags(subject, start),
    ...keyFindings(subject, launch, start),
  ];
}

function instanceType({ groupName }: PreflightSubject, start: StartFacts): readonly Finding[] {
  const { instanceType: type, offeredIn, regionalTypes, region, zones } = start;
  if (offeredIn.length === 0) {
    return [
      {
        code: 'instance-type-unknown',
        message: `There is no instance type ${type} in ${region}${didYouMean(type, regionalTypes)}, so that no machine of ${groupName} starts: name one that there is with -c instanceType=NAME.`,
      },
    ];
  }
  const lacking = zones.filter((zone) => !offeredIn.includes(zone));
  if (lacking.length === 0) return [];
  return [
    {
      code: 'instance-type-zone',
      message: `Instance type ${type} is not offered in ${lacking.join(' and ')}, where ${groupName} starts machines, but in ${offeredIn.join(', ')}: name one that is offered there with -c instanceType=NAME, or accept that machines start in the other zones alone.`,
    },
  ];
}

/** What releases are baked upon, or machines boot from. */
function baseImage(
  { baseImage: { id, key, isConfigured }, rootVolumeGiB }: LaunchSubject,
  { launch: { baseImage: image } = {} }: PreflightObserved,
  { instanceType: type, architectures }: StartFacts,
): readonly Finding[] {
  const name = `The base image ${id}${isConfigured ? ` (${key})` : ''}`;
  const remedy = isConfigured
    ? `name another image with -c ${key}=ID`
    : `"rollout restart --newest-base" takes the newest one, as the next release does`;
  if (!image) {
    return [
      {
        code: 'base-image-missing',
        message: `${name} is not there or not shared with this account: ${remedy}.`,
      },
    ];
  }
  const found: Finding[] = [];
  if (!isAvailableImage(image.state)) {
    found.push({
      code: 'base-image-unavailable',
      message: `${name} must be available, but is ${image.state}: ${remedy}.`,
    });
  }
  if (architectures.length > 0 && !architectures.includes(image.architecture)) {
    found.push({
      code: 'base-image-architecture',
      message: `${name} is for ${image.architecture}, but instance type ${type} runs ${architectures.join(' and ')}: set architecture, instanceType and ${key} so that they fit each other.`,
    });
  }
  if (MINIMAL.test(image.name)) {
    found.push({
      code: 'base-image-minimal',
      message: `${name} is ${image.name}, which has no AWS CLI, by which a machine fetches its release and announces itself: take a standard image of Amazon Linux 2023, or one in which the AWS CLI is installed.`,
    });
  }
  if (image.rootDeviceName === undefined) {
    found.push({
      code: 'base-image-root-device',
      message: `${name} has no root volume in EBS, which could be encrypted and sized: ${remedy}.`,
    });
  } else if (image.rootVolumeGiB > rootVolumeGiB) {
    found.push({
      code: 'base-image-volume',
      message: `${name} has a root volume of ${image.rootVolumeGiB} GiB, but rootVolumeGiB is ${rootVolumeGiB}, and a volume can't be smaller than the snapshot that it comes from: deploy with -c rootVolumeGiB=${image.rootVolumeGiB}.`,
    });
  }
  return found;
}

/** `cdk.context.json` keeps what a network was when it was looked up. */
function subnets(
  { machineSubnetIds, loadBalancerSubnetIds }: LaunchSubject,
  start: StartFacts,
): readonly Finding[] {
  const there = new Set(start.subnets.map(({ id }) => id));
  const gone = [...machineSubnetIds, ...loadBalancerSubnetIds].filter((id) => !there.has(id));
  if (gone.length === 0) return [];
  return [
    {
      code: 'subnet-missing',
      message: `${gone.join(', ')} of the network vpcId ${gone.length === 1 ? 'is' : 'are'} not there any more: look the network up again with "npx cdk context --clear", and deploy.`,
    },
  ];
}

/** A first deployment starts all machines at once; what a rollout needs is asked about the group. */
function addresses({ machineSubnetIds, capacity }: LaunchSubject, start: StartFacts): readonly Finding[] {
  const among = start.subnets.filter(({ id }) => machineSubnetIds.includes(id));
  const free = among.reduce((sum, { freeAddresses }) => sum + freeAddresses, 0);
  if (among.length === 0 || free >= capacity) return [];
  return [
    {
      code: 'addresses-short',
      message: `${among.map(({ id }) => id).join(', ')} ${among.length === 1 ? 'has' : 'have'} ${free} free addresses, but the group starts ${capacity} machines: free some, or lower minCapacity and desiredCapacity.`,
    },
  ];
}

function tags({ groupName }: PreflightSubject, start: StartFacts): readonly Finding[] {
  const wrong = (keys: readonly string[]) => keys.filter((key) => !isMetadataTagKey(key));
  const quoted = (keys: readonly string[]) => keys.map((key) => `"${key}"`).join(', ');
  const ofStack = wrong(start.stackTagKeys);
  const ofGroup = wrong(start.groupTagKeys).filter((key) => !ofStack.includes(key));
  const why = `with which EC2 starts no machine, because a machine's metadata can't show it`;
  const found: Finding[] = [];
  if (ofStack.length > 0) {
    found.push({
      code: 'tag-key',
      message: `The stack has the tag key ${quoted(ofStack)}, ${why}: deploy with --tags whose keys have ${TAG_KEY_EXPECTED}.`,
    });
  }
  if (ofGroup.length > 0) {
    found.push({
      code: 'tag-key',
      message: `${groupName} hands machines the tag key ${quoted(ofGroup)}, ${why}: remove each with "aws autoscaling delete-tags --tags 'ResourceId=${groupName},ResourceType=auto-scaling-group,Key=${ofGroup[0]}'", and deploy without it.`,
    });
  }
  return found;
}
