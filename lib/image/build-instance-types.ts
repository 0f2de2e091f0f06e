/** On which machines an image may be built. */
import { architectureOfType } from '../architecture';

/** Types that every region has, the first at least, and that are large enough for any recipe, by processor architecture. */
const ANYWHERE = {
  x86_64: ['t3.large', 'm5.large'],
  arm64: ['m6g.large', 'm7g.large'],
} as const;

/**
 * The configured type, and another one of its architecture: Image Builder takes one that there is capacity for.
 * https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-infra-config.html
 */
export function buildInstanceTypes(instanceType: string): readonly [string, string] {
  const [first, second] = ANYWHERE[architectureOfType(instanceType)];
  return [instanceType, first === instanceType ? second : first];
}
