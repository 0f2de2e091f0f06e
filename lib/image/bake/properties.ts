import { PropertyReader } from '../../custom-resource/properties';
import { parsePin } from '../../rollout/pin';

/** The image that is wanted. */
export interface BakedImageSpec {
  readonly application: string;
  readonly version: string;
  readonly pipelineArn: string;
  /** Name of the image recipe as it was written: the build's log is named after it. Empty before it was told. */
  readonly recipeName: string;
  readonly contentDigest: string;
  readonly baseImageId: string;
  /**
   * Whether the fleet is pinned to another revision, so that nothing will start from this image. Any base
   * will do then: CloudFormation looks the newest one up at every update, and going back is not to bake.
   */
  readonly isSpare: boolean;
  /** How long a build may take in all. */
  readonly timeoutMinutes: number;
  /** Which of the resources that wait for the build this one is, from 0, and how many there are. */
  readonly part: number;
  readonly parts: number;
  /** Request of an earlier part that started the build. Empty in the first part. */
  readonly startedBy: string;
  /** Security group of the machines that build and test. Empty before it was told. */
  readonly securityGroupId: string;
}

/** Reads the properties of a Custom::BakedImage. Those that came later are optional: a rollback gives the old ones. @throws PropertyError */
export function bakedImageSpec(properties: Readonly<Record<string, unknown>>): BakedImageSpec {
  const read = new PropertyReader(properties, 'Custom::BakedImage');
  const pin = parsePin(read.optionalText('Pin'));
  return {
    application: read.text('Application'),
    version: read.text('Version'),
    pipelineArn: read.text('PipelineArn'),
    recipeName: read.optionalText('RecipeName'),
    contentDigest: read.text('ContentDigest'),
    baseImageId: read.text('BaseImageId'),
    isSpare: pin?.instead === read.text('ReleaseDigest'),
    timeoutMinutes: read.optionalInteger('TimeoutMinutes', 1, 24 * 60) ?? 55,
    part: read.optionalInteger('Part', 0, 99) ?? 0,
    parts: read.optionalInteger('Parts', 1, 100) ?? 1,
    startedBy: read.optionalText('StartedBy'),
    securityGroupId: read.optionalText('SecurityGroupId'),
  };
}
