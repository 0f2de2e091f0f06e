import type { FindingCode } from '../../lib/preflight/finding';
import { findings } from '../../lib/preflight/findings';
import type { BaseImageFacts, StartFacts } from '../../lib/preflight/launch';
import type { PreflightObserved, PreflightSubject } from '../../lib/preflight/subject';
import { BASE_IMAGE, LAUNCH, NOW, OBSERVED, START, SUBJECT } from './world';

const FIRST: PreflightSubject = { ...SUBJECT, launch: LAUNCH };

/** A first deployment, of which something is otherwise than it should be. */
const first = (
  start: Partial<StartFacts> = {},
  image: Partial<BaseImageFacts> | 'missing' = {},
): PreflightObserved => ({
  ...OBSERVED,
  group: undefined,
  inService: undefined,
  launch: {
    baseImage: image === 'missing' ? undefined : { ...BASE_IMAGE, ...image },
    start: { ...START, ...start },
  },
});

const found = (subject: PreflightSubject, observed: PreflightObserved, isReplacing = true) =>
  findings(subject, observed, NOW, isReplacing);

test.each<[string, PreflightSubject, PreflightObserved]>([
  ['on a first deployment', FIRST, first()],
  ['on an update', FIRST, { ...OBSERVED, launch: first().launch }],
  ['when no machine will start', FIRST, { ...first(), launch: { baseImage: BASE_IMAGE } }],
  ['when the base image is larger than needed', FIRST, first({}, { rootVolumeGiB: 2 })],
  ["when a type's architectures are not known", FIRST, first({ architectures: [] })],
  [
    'of a base image that is gone, when a kept revision has its own',
    { ...FIRST, pinnedRevision: 1 },
    { ...OBSERVED, launch: first({}, 'missing').launch },
  ],
])('nothing is found %s', (_, subject, observed) => {
  expect(found(subject, observed)).toEqual([]);
});

test.each<[FindingCode, Partial<StartFacts>, Partial<BaseImageFacts> | 'missing', message: string]>([
  [
    'instance-type-unknown',
    { instanceType: 't3.smal', offeredIn: [], regionalTypes: ['t3.small', 'm5.large'], architectures: [] },
    {},
    'There is no instance type t3.smal in eu-central-1 (did you mean "t3.small"?), so that no machine of fleet starts: name one that there is with -c instanceType=NAME.',
  ],
  [
    'instance-type-zone',
    { offeredIn: ['eu-central-1a', 'eu-central-1c'] },
    {},
    'Instance type t3.small is not offered in eu-central-1b, where fleet starts machines, but in eu-central-1a, eu-central-1c:',
  ],
  [
    'base-image-missing',
    {},
    'missing',
    'The base image ami-0 (baseImageId) is not there or not shared with this account: name another image with -c baseImageId=ID.',
  ],
  [
    'base-image-unavailable',
    {},
    { state: 'pending' },
    'The base image ami-0 (baseImageId) must be available, but is pending:',
  ],
  [
    'base-image-architecture',
    {},
    { architecture: 'arm64' },
    'The base image ami-0 (baseImageId) is for arm64, but instance type t3.small runs x86_64:',
  ],
  [
    'base-image-root-device',
    {},
    { rootDeviceName: undefined },
    'The base image ami-0 (baseImageId) has no root volume in EBS,',
  ],
  [
    'base-image-minimal',
    {},
    { name: 'al2023-ami-minimal-2023.9.20251117.1-kernel-6.1-x86_64' },
    'The base image ami-0 (baseImageId) is al2023-ami-minimal-2023.9.20251117.1-kernel-6.1-x86_64, which has no AWS CLI,',
  ],
  [
    'base-image-volume',
    {},
    { rootVolumeGiB: 30 },
    "has a root volume of 30 GiB, but rootVolumeGiB is 8, and a volume can't be smaller than the snapshot that it comes from: deploy with -c rootVolumeGiB=30.",
  ],
  [
    'subnet-missing',
    { subnets: START.subnets.slice(0, 2) },
    {},
    'subnet-c of the network vpcId is not there any more: look the network up again with "npx cdk context --clear", and deploy.',
  ],
  [
    'addresses-short',
    { subnets: START.subnets.map((subnet) => ({ ...subnet, freeAddresses: 0 })) },
    {},
    'subnet-a, subnet-b have 0 free addresses, but the group starts 2 machines: free some, or lower minCapacity and desiredCapacity.',
  ],
  [
    'tag-key',
    { stackTagKeys: ['cost center', 'team/a', 'team'] },
    {},
    'The stack has the tag key "cost center", "team/a", with which EC2 starts no machine, because a machine\'s metadata can\'t show it: deploy with --tags whose keys have letters, digits and + - = . , _ : @ alone.',
  ],
  [
    'tag-key',
    { groupTagKeys: ['_index'] },
    {},
    'fleet hands machines the tag key "_index", with which EC2 starts no machine,',
  ],
])('%s', (code, start, image, message) => {
  for (const observed of [first(start, image), { ...OBSERVED, launch: first(start, image).launch }]) {
    if (observed.group && code === 'addresses-short') continue;
    const all = found(FIRST, observed);
    expect(all.map((each) => each.code)).toEqual([code]);
    expect(all[0]!.message).toContain(message);
  }
});

test('the newest Amazon Linux is named without a context value', () => {
  const launch = { ...LAUNCH, baseImage: { ...LAUNCH.baseImage, isConfigured: false } };
  const [finding] = found({ ...FIRST, launch }, first({}, 'missing'));
  expect(finding!.message).toMatch(/^The base image ami-0 is not there/);
});

test('what matters to replacements alone is left out when none will be replaced', () => {
  const observed = { ...OBSERVED, alarms: [{ name: 'errors', state: 'ALARM', reason: '' }] };
  expect(found(FIRST, { ...observed, launch: first().launch }, false)).toEqual([]);
});
