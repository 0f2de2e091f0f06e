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
import type { GroupTemplate } from './state';

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
  const { template, data } = await resolveTemplate(core, policy.LaunchTemplate?.LaunchTemplateSpecification);
  const given = policy.LaunchTemplate?.Overrides ?? [];
  const overrides = await Promise.all(
    given.map((override) => resolveOverride(core, override, data.InstanceType)),
  );
  return {
    template: {
      ...template,
      policy: withDefaults(policy, template),
      overrides: overrides.length > 0 ? overrides : undefined,
    },
    data,
  };
}

async function resolveOverride(
  core: Core,
  override: LaunchTemplateOverrides,
  ownType: string | undefined,
): Promise<Override> {
  const specification = override.LaunchTemplateSpecification;
  const resolved = specification && (await resolveTemplate(core, specification));
  return {
    instanceType: override.InstanceType ?? resolved?.data.InstanceType ?? ownType ?? 'm1.small',
    template: resolved?.template,
    imageId: override.ImageId,
  };
}

/**
 * A policy with what AWS adds to it, and tells from then on.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html
 */
function withDefaults(policy: MixedInstancesPolicy, template: GroupTemplate): MixedInstancesPolicy {
  const { id, name, writtenVersion } = template;
  const spot = policy.InstancesDistribution?.SpotAllocationStrategy ?? 'lowest-price';
  return {
    ...policy,
    LaunchTemplate: {
      ...policy.LaunchTemplate,
      LaunchTemplateSpecification: {
        LaunchTemplateId: id,
        LaunchTemplateName: name,
        Version: writtenVersion,
      },
    },
    InstancesDistribution: {
      OnDemandAllocationStrategy: 'prioritized',
      OnDemandBaseCapacity: 0,
      OnDemandPercentageAboveBaseCapacity: 100,
      SpotAllocationStrategy: spot,
      ...(spot === 'lowest-price' && { SpotInstancePools: 2 }),
      ...policy.InstancesDistribution,
    },
  };
}
