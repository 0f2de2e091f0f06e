import type { BaseImageFacts, LaunchSubject, StartFacts } from '../../lib/preflight/launch';
import type { GroupFacts, PreflightObserved, PreflightSubject } from '../../lib/preflight/subject';

export const NOW = Date.UTC(2026, 0, 15, 12);

export const release = (version: string, livesBeside = version): PreflightSubject['release'] => ({
  application: 'guestbook',
  version,
  digest: `digest of ${version}`,
  livesBeside,
  healthPath: '/health',
});

/** A rolling rollout of 1.1.0, before it is known from what its machines will start. */
export const SUBJECT: PreflightSubject = {
  groupName: 'fleet',
  ledgerTable: 'ledger',
  release: release('1.1.0', '^1.0.0'),
  minHealthyPercentage: 100,
  maxHealthyPercentage: 150,
  isMixed: true,
  service: { port: 8080, healthPath: '/health' },
  alarmNames: ['errors'],
};

/** The same, right before the first machine is replaced. */
export const KNOWN: PreflightSubject = {
  ...SUBJECT,
  service: undefined,
  target: { launchTemplateId: 'lt-1', version: '2' },
};

const machine = (id: string) => ({
  id,
  lifecycleState: 'InService',
  isProtected: false,
  version: { launchTemplateId: 'lt-1', version: '1' },
});

export const GROUP: GroupFacts = {
  saved: { launchTemplateId: 'lt-1', version: '1' },
  desiredCapacity: 4,
  machines: ['i-1', 'i-2', 'i-3', 'i-4'].map(machine),
  protectsNewMachines: false,
  suspendedProcesses: [],
  zones: ['eu-central-1a', 'eu-central-1b'],
  launchTagKeys: ['team'],
  account: '000000000000',
};

const image = { state: 'available', architecture: 'x86_64', ownerAccount: '000000000000' };

/** A fleet of 1.0.0 that nothing is wrong with. */
export const OBSERVED: PreflightObserved = {
  group: GROUP,
  isLedgerThere: true,
  inService: {
    number: 3,
    release: release('1.0.0'),
    software: { launchTemplateId: 'lt-1', version: '1' },
  },
  templates: new Map([
    ['lt-1:1', { imageId: 'ami-1', instanceType: 't3.small' }],
    ['lt-1:2', { imageId: 'ami-2', instanceType: 't3.small' }],
  ]),
  images: new Map([
    ['ami-1', image],
    ['ami-2', image],
  ]),
  architectures: new Map([['t3.small', ['x86_64']]]),
  subnets: [
    { id: 'subnet-a', freeAddresses: 1 },
    { id: 'subnet-b', freeAddresses: 1 },
  ],
  alarms: [{ name: 'errors', state: 'OK', reason: '' }],
  targetGroup: { port: 8080, healthPath: '/health' },
};

export const LAUNCH: LaunchSubject = {
  instanceType: 't3.small',
  baseImage: { id: 'ami-0', key: 'baseImageId', isConfigured: true },
  rootVolumeGiB: 8,
  zones: ['eu-central-1a', 'eu-central-1b'],
  machineSubnetIds: ['subnet-a', 'subnet-b'],
  loadBalancerSubnetIds: ['subnet-c'],
  capacity: 2,
  content: 'content',
};

export const BASE_IMAGE: BaseImageFacts = {
  name: 'al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64',
  state: 'available',
  architecture: 'x86_64',
  rootDeviceName: '/dev/sda1',
  rootVolumeGiB: 8,
};

/** All that machines need in order to start. */
export const START: StartFacts = {
  region: 'eu-central-1',
  account: '000000000000',
  instanceType: 't3.small',
  offeredIn: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
  regionalTypes: [],
  architectures: ['x86_64'],
  zones: ['eu-central-1a', 'eu-central-1b'],
  subnets: [
    { id: 'subnet-a', zone: 'eu-central-1a', freeAddresses: 1 },
    { id: 'subnet-b', zone: 'eu-central-1b', freeAddresses: 1 },
    { id: 'subnet-c', zone: 'eu-central-1a', freeAddresses: 0 },
  ],
  stackTagKeys: ['cost-center'],
  groupTagKeys: ['team'],
};
