import type {
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import type { Override } from '../../lib/refresh-model';
import type { Core } from '../core/core';
import { validationError } from './faults';
import type { ResolvedTemplate } from './launch-template';
import { resolveTemplate } from './launch-template';

/** What a group, or a desired configuration, launches machines from. */
export interface LaunchConfiguration {
  readonly LaunchTemplate?: LaunchTemplateSpecification;
  readonly MixedInstancesPolicy?: MixedInstancesPolicy;
}

/**
 * Looks up what a launch template or a mixed instances policy stands for. Machines are launched by the
 * policy's first override: the on-demand allocation strategy `prioritized`, where capacity never lacks.
 * @throws Fault ValidationError
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_MixedInstancesPolicy.html
 */
export async function resolveConfiguration(
  core: Core,
  { LaunchTemplate, MixedInstancesPolicy: policy }: LaunchConfiguration,
): Promise<ResolvedTemplate> {
  if (!policy) return resolveTemplate(core, LaunchTemplate);
  if (LaunchTemplate) {
    throw validationError('Valid requests must contain either LaunchTemplate or MixedInstancesPolicy.');
  }
  refuseSpot(policy);
  const { template, data } = await resolveTemplate(core, policy.LaunchTemplate?.LaunchTemplateSpecification);
  const given = policy.LaunchTemplate?.Overrides ?? [];
  const overrides = await Promise.all(
    given.map((override) => resolveOverride(core, override, data.InstanceType)),
  );
  return {
    template: { ...template, policy, overrides: overrides.length > 0 ? overrides : undefined },
    data,
  };
}

async function resolveOverride(
  core: Core,
  override: LaunchTemplateOverrides,
  ownType: string | undefined,
): Promise<Override> {
  for (const key of ['InstanceRequirements', 'WeightedCapacity'] as const) {
    if (override[key] !== undefined)
      throw validationError(`The local AWS has no overrides with ${key}; give the InstanceType alone.`);
  }
  const specification = override.LaunchTemplateSpecification;
  const resolved = specification && (await resolveTemplate(core, specification));
  return {
    instanceType: override.InstanceType ?? resolved?.data.InstanceType ?? ownType ?? 'm1.small',
    template: resolved?.template,
    imageId: override.ImageId,
  };
}

function refuseSpot({ InstancesDistribution: distribution }: MixedInstancesPolicy): void {
  const onDemand = distribution?.OnDemandPercentageAboveBaseCapacity ?? 100;
  if (onDemand === 100) return;
  throw validationError(
    `The local AWS launches On-Demand Instances alone: OnDemandPercentageAboveBaseCapacity would have to be 100; found ${onDemand}.`,
  );
}
