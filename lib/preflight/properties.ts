import { PropertyReader } from '../custom-resource/properties';
import { parsePin } from '../rollout/pin';
import type { PreflightSubject } from './subject';

/** What is about to be deployed, and which findings are accepted. */
export interface PreflightSpec {
  readonly subject: PreflightSubject;
  readonly acceptedFindings: readonly string[];
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
  const pin = parsePin(read.optionalText('Pin'));
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
    },
    acceptedFindings: read.texts('AcceptFindings'),
  };
}
