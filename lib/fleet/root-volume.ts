/** Device of the root volume on Amazon Linux. */
export const ROOT_DEVICE_NAME = '/dev/xvda';

export interface RootVolume {
  readonly sizeGiB: number;
  /** Device that the image has its root volume at: a mapping of another one would be a further volume. */
  readonly deviceName: string;
  /** @default the account's default key for volumes */
  readonly kmsKeyArn?: string;
}

/** The root volume of a machine that runs a release, and of one that bakes it; as launch templates and image recipes have it. */
export function rootVolume({ sizeGiB, deviceName, kmsKeyArn }: RootVolume) {
  return {
    deviceName,
    ebs: {
      encrypted: true,
      kmsKeyId: kmsKeyArn,
      volumeType: 'gp3',
      volumeSize: sizeGiB,
      deleteOnTermination: true,
    },
  };
}
