import { SoftwareSource } from '../fleet/software-source';
import { ReleaseImage } from '../image/release-image';
import { FleetStack, type Parts } from './fleet-stack';

/** Every release is baked into an AMI of its own; machines start from it, and have nothing to install. */
export class ImageBased extends FleetStack {
  protected override baseImageKey() {
    return 'baseImageId' as const;
  }

  protected override softwareSource({
    configuration,
    release,
    network,
    artifact,
    released,
    pin,
    baseImageId,
    rootVolume,
  }: Parts): SoftwareSource {
    const { instanceType, playbooks, patchTo, imageBuildTimeoutMinutes } = configuration;
    const image = new ReleaseImage(this, 'Image', {
      release,
      artifact,
      baseImageId,
      instanceType,
      network,
      pin,
      rootVolume,
      playbooks,
      patchTo,
      buildTimeoutMinutes: imageBuildTimeoutMinutes,
    });
    image.node.addDependency(released);
    return SoftwareSource.bakedImage(image.imageId, image.contentDigest);
  }
}
