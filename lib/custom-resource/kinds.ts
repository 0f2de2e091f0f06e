import { bakedImageSpec } from '../image/bake/properties';
import { preflightSpec } from '../preflight/properties';
import { releasedVersionSpec } from '../release/released-version-properties';
import { rolloutSpec, verificationSpec } from '../rollout/properties';
import type { Kinds } from './entry';

/** All kinds of long-running resources, and how their properties are read. */
export const kinds: Kinds = {
  'Custom::Preflight': { parse: preflightSpec },
  'Custom::Release': { parse: releasedVersionSpec },
  'Custom::BakedImage': { parse: bakedImageSpec },
  'Custom::Rollout': { parse: rolloutSpec },
  'Custom::Verification': { parse: verificationSpec },
};
