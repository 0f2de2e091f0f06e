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
}

/** Reads the properties of a Custom::BakedImage. @throws PropertyError */
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
  };
}
