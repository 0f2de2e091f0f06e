import { bakedImageSpec } from '../image/bake/properties';
import { baseImageSpec } from '../machines/base-image-properties';
import { preflightSpec } from '../preflight/properties';
import { releasedVersionSpec } from '../release/released-version-properties';
import { rolloutSpec, verificationSpec } from '../rollout/properties';
import type { Kinds } from './entry';

/** All kinds of long-running resources, and how their properties are read. */
export const kinds: Kinds = {
  'Custom::Preflight': { step: 'preflight', parse: preflightSpec },
  'Custom::Release': { step: 'release', parse: releasedVersionSpec },
  'Custom::BaseImage': { step: 'base-image', parse: baseImageSpec },
  'Custom::BakedImage': { step: 'baked-image', parse: bakedImageSpec },
  'Custom::Rollout': { step: 'rollout', parse: rolloutSpec },
  'Custom::Verification': { step: 'verification', parse: verificationSpec },
};
