import { PropertyReader } from '../../custom-resource/properties';

/** The image that is wanted. */
export interface BakedImageSpec {
  readonly application: string;
  readonly version: string;
  readonly pipelineArn: string;
  readonly contentDigest: string;
  readonly baseImageId: string;
}

/** Reads the properties of a Custom::BakedImage. @throws PropertyError */
export function bakedImageSpec(properties: Readonly<Record<string, unknown>>): BakedImageSpec {
  const read = new PropertyReader(properties, 'Custom::BakedImage');
  return {
    application: read.text('Application'),
    version: read.text('Version'),
    pipelineArn: read.text('PipelineArn'),
    contentDigest: read.text('ContentDigest'),
    baseImageId: read.text('BaseImageId'),
  };
}
