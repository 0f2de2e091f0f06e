import { Fn } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { grant } from '../custom-resource/permission';
import { BOOT_SECONDS } from '../forecast/modelled';
import type { Release } from '../release/manifest';
import type { PublishedArtifact } from '../release/published-artifact';
import { installScript } from './install-script';

/** What a machine is started from. */
export interface MachineSoftware {
  readonly imageId: string;
  /** Base64, as a launch template has it. @default none */
  readonly userData?: string;
}

export interface UserDataProps {
  readonly release: Release;
  readonly artifact: PublishedArtifact;
  /** AMI that all releases have in common. */
  readonly masterImageId: string;
}

/** Where a fleet's machines have a release from. It is all that the two variants differ in. */
export abstract class SoftwareSource {
  /**
   * The release is in the AMI: a machine that starts has nothing to install.
   * @param content digest over all that shapes the image
   */
  static bakedImage(imageId: string, content: string): SoftwareSource {
    return new BakedImageSource(imageId, content);
  }

  /** One AMI for all releases: a machine fetches the release and installs it while it starts. */
  static userData(props: UserDataProps): SoftwareSource {
    return new UserDataSource(props);
  }

  /** From a machine's launch until it serves, as far as that can be told beforehand, in seconds. */
  abstract readonly bootSeconds: number;

  /** What shapes a machine and does not stand in its launch template. */
  abstract readonly content: string;

  /** Gives the machines' role what they need while they start, and says what they start from. */
  abstract bind(machineRole: iam.Role): MachineSoftware;
}

class BakedImageSource extends SoftwareSource {
  readonly bootSeconds = BOOT_SECONDS['image-based'];

  constructor(
    private readonly imageId: string,
    readonly content: string,
  ) {
    super();
  }

  bind(): MachineSoftware {
    return { imageId: this.imageId };
  }
}

class UserDataSource extends SoftwareSource {
  readonly bootSeconds = BOOT_SECONDS['instance-based'];
  readonly content = '';

  constructor(private readonly props: UserDataProps) {
    super();
  }

  bind(machineRole: iam.Role): MachineSoftware {
    const { release, artifact, masterImageId } = this.props;
    grant(machineRole, {
      actions: ['s3:GetObject'],
      resources: [artifact.archivesArn],
      wildcardReason:
        'Not the present release alone: machines of the one before are started while a rollout is under way, and when it turns back.',
    });
    return { imageId: masterImageId, userData: Fn.base64(installScript(machineRole, release, artifact)) };
  }
}
