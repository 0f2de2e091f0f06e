import { PropertyReader } from '../custom-resource/properties';

/** The version that is released, and what it consists of. */
export interface ReleasedVersionSpec {
  /** Name of the SSM parameter that keeps the version's digest. */
  readonly parameterName: string;
  readonly application: string;
  readonly version: string;
  readonly digest: string;
  readonly changeCause: string;
}

/** Reads the properties of a Custom::Release. @throws PropertyError */
export function releasedVersionSpec(properties: Readonly<Record<string, unknown>>): ReleasedVersionSpec {
  const read = new PropertyReader(properties, 'Custom::Release');
  return {
    parameterName: read.text('ParameterName'),
    application: read.text('Application'),
    version: read.text('Version'),
    digest: read.text('Digest'),
    changeCause: read.optionalText('ChangeCause'),
  };
}
