import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';

/** A volume as it is asked for; recipes of Image Builder have the same in small letters. */
export interface WantedVolume {
  readonly deviceName?: string;
  readonly sizeGiB?: number;
}

/**
 * Checks that no volume is smaller than the snapshot of the image that it comes from.
 * @throws Fault as EC2 words it
 */
export function checkVolumes(image: sdk.Image, wanted: readonly WantedVolume[]): void {
  for (const { deviceName, sizeGiB } of wanted) {
    const own = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === deviceName)?.Ebs;
    if (own?.VolumeSize === undefined || sizeGiB === undefined || sizeGiB >= own.VolumeSize) continue;
    throw new Fault(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGiB}GB is smaller than snapshot '${own.SnapshotId}', expect size >= ${own.VolumeSize}GB`,
    );
  }
}
