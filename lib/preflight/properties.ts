import { PropertyReader } from '../custom-resource/properties';
import { parsePin } from '../rollout/pin';
import type { LaunchSubject } from './launch';
import type { PreflightSubject } from './subject';

/** What is about to be deployed, and which findings are accepted. */
export interface PreflightSpec {
  readonly subject: PreflightSubject;
  readonly acceptedFindings: readonly string[];
  /** Texts of the stack's parameters: another one than before is another request of an operator. */
  readonly requests: { readonly pin: string; readonly restart: string };
}

/** Reads the properties of a Custom::Preflight. @throws PropertyError */
export function preflightSpec(properties: Readonly<Record<string, unknown>>): PreflightSpec {
  const read = new PropertyReader(properties, 'Custom::Preflight');
  const release: PreflightSubject['release'] = {
    application: read.text('Application'),
    version: read.text('Version'),
    digest: read.text('ReleaseDigest'),
    livesBeside: read.text('LivesBeside'),
    healthPath: read.text('HealthPath'),
  };
  const requests = { pin: read.optionalText('Pin'), restart: read.optionalText('Restart') };
  const pin = parsePin(requests.pin);
  return {
    subject: {
      groupName: read.text('GroupName'),
      ledgerTable: read.text('LedgerTable'),
      release,
      // A pin holds back no other release than the one that it overrides.
      pin: pin?.instead === release.digest ? pin : undefined,
      pinnedRevision: pin?.instead === release.digest ? pin.revision : undefined,
      minHealthyPercentage: read.integer('MinHealthyPercentage', 0, 100),
      maxHealthyPercentage: read.integer('MaxHealthyPercentage', 100, 200),
      isMixed: read.boolean('IsMixed'),
      service: { port: read.integer('Port', 1, 65_535), healthPath: release.healthPath },
      alarmNames: read.texts('AlarmNames'),
      launch: launchSubject(read),
    },
    acceptedFindings: read.texts('AcceptFindings'),
    requests,
  };
}

/** A stack that was deployed before this was asked has none of it, and may roll back to that. */
function launchSubject(read: PropertyReader): LaunchSubject | undefined {
  if (read.optionalText('InstanceType') === '') return undefined;
  return {
    instanceType: read.text('InstanceType'),
    baseImage: {
      id: read.text('BaseImageId'),
      key: read.text('BaseImageKey'),
      isConfigured: read.boolean('IsBaseImageConfigured'),
    },
    rootVolumeGiB: read.integer('RootVolumeGiB', 1, 16_384),
    kmsKeyArn: read.optionalText('KmsKeyArn') || undefined,
    zones: read.texts('Zones'),
    machineSubnetIds: read.texts('MachineSubnetIds'),
    loadBalancerSubnetIds: read.texts('LoadBalancerSubnetIds'),
    capacity: read.integer('Capacity', 0, 10_000),
    content: read.text('MachineContent'),
  };
}
