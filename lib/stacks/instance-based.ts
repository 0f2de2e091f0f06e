import { machineImageId } from '../fleet/machine-image';
import { SoftwareSource } from '../fleet/software-source';
import { FleetStack, type Parts } from './fleet-stack';

/** One master image for all releases; a machine installs the release while it boots. */
export class InstanceBased extends FleetStack {
  protected override softwareSource({ configuration, release, artifact }: Parts): SoftwareSource {
    const { architecture, masterImageId: imageId } = configuration;
    return SoftwareSource.userData({
      release,
      artifact,
      masterImageId: machineImageId(this, { architecture, imageId }),
    });
  }
}
