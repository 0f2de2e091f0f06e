/** The root volume of a machine that runs a release, and of one that bakes it; as launch templates and image recipes have it. */
export function rootVolume(sizeGiB: number) {
  return {
    deviceName: '/dev/xvda',
    ebs: { encrypted: true, volumeType: 'gp3', volumeSize: sizeGiB, deleteOnTermination: true },
  };
}
