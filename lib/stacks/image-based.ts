import { machineImageId } from '../fleet/machine-image';
import { SoftwareSource } from '../fleet/software-source';
import { ReleaseImage } from '../image/release-image';
import { FleetStack, type Parts } from './fleet-stack';

/** Every release is baked into an AMI of its own; machines start from it, and have nothing to install. */
export class ImageBased extends FleetStack {
  protected override softwareSource({
    configuration,
    release,
    network,
    artifact,
    released,
    pin,
  }: Parts): SoftwareSource {
    const {
      architecture,
      baseImageId,
      instanceType,
      rootVolumeGiB,
      playbooks,
      patchTo,
      imageBuildTimeoutMinutes,
    } = configuration;
    const image = new ReleaseImage(this, 'Image', {
      release,
      artifact,
      baseImageId: machineImageId(this, { architecture, imageId: baseImageId }),
      instanceType,
      network,
      pin,
      rootVolumeGiB,
      playbooks,
      patchTo,
      buildTimeoutMinutes: imageBuildTimeoutMinutes,
    });
    image.node.addDependency(released);
    return SoftwareSource.bakedImage(image.imageId);
  }
}
