import { PropertyReader } from '../custom-resource/properties';
import { parseRestart } from '../rollout/pin';

/** Which AMI machines, or the images of releases, are to be made from. */
export interface BaseImageSpec {
  /** The newest one there is. */
  readonly newestId: string;
  readonly groupName: string;
  readonly ledgerTable: string;
  /** Digest of the release that the template names. */
  readonly releaseDigest: string;
  /** Text of the stack's parameter by which an operator has all machines replaced. */
  readonly restart: string;
  /** Whether that operator wants the newest base image. */
  readonly wantsNewest: boolean;
}

/** Reads the properties of a Custom::BaseImage. @throws PropertyError */
export function baseImageSpec(properties: Readonly<Record<string, unknown>>): BaseImageSpec {
  const read = new PropertyReader(properties, 'Custom::BaseImage');
  const restart = read.optionalText('Restart');
  return {
    newestId: read.text('NewestImageId'),
    groupName: read.text('GroupName'),
    ledgerTable: read.text('LedgerTable'),
    releaseDigest: read.text('ReleaseDigest'),
    restart,
    wantsNewest: parseRestart(restart)?.newestBase ?? false,
  };
}
