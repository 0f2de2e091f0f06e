import { SoftwareSource } from '../fleet/software-source';
import { FleetStack, type Parts } from './fleet-stack';

/** One master image for all releases; a machine installs the release while it boots. */
export class InstanceBased extends FleetStack {
  protected override baseImageKey() {
    return 'masterImageId' as const;
  }

  protected override softwareSource({ release, artifact, baseImageId }: Parts): SoftwareSource {
    return SoftwareSource.userData({ release, artifact, masterImageId: baseImageId });
  }
}
