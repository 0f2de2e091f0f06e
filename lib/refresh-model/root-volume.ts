import { boundsOf } from './capacity';
import type { Census } from './census';
import { RefreshFault } from './faults';
import { overrideFor } from './matching';
import type { StartRequest } from './requests';
import { selectForTermination } from './selection';
import type { Configuration, Machine, Observation, Preferences } from './types';
import { oneByOne, sameTemplate } from './types';

/**
 * What the strategy ReplaceRootVolume requires of a group and a request.
 * @throws RefreshFault ValidationError
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/replace-root-volume.html
 */
export function refuseRootVolumes({ group, desired, observation }: StartRequest): void {
  const why =
    missingImages('the Auto Scaling group', group.template) ??
    (desired ? missingImages('the DesiredConfiguration', desired) : 'there is no DesiredConfiguration') ??
    unnumbered('the Auto Scaling group', group.template.writtenVersion) ??
    unnumbered('the DesiredConfiguration', desired?.writtenVersion) ??
    (observation.group.warmCapacity === undefined ? undefined : 'the Auto Scaling group has a warm pool') ??
    (group.isLoadBalanced ? 'a load balancer is attached to the Auto Scaling group' : undefined) ??
    stranger(observation, group.template, desired);
  if (why)
    throw new RefreshFault('ValidationError', `The strategy ReplaceRootVolume is not possible: ${why}.`);
}

function missingImages(whose: string, { overrides }: Configuration): string | undefined {
  if (!overrides?.length) return `${whose} has no MixedInstancesPolicy with overrides`;
  const bare = overrides.find(({ imageId }) => imageId === undefined);
  return bare && `the override of ${whose} for ${bare.instanceType} has no ImageId`;
}

function unnumbered(whose: string, version: string | undefined): string | undefined {
  return version?.startsWith('$')
    ? `the launch template version of ${whose} is ${version}, and would have to be a number`
    : undefined;
}

function stranger(
  { machines }: Observation,
  saved: Configuration,
  desired: Configuration | undefined,
): string | undefined {
  const fits = (machine: Machine) => {
    const override = overrideFor(machine, saved.overrides ?? []);
    return (
      override !== undefined &&
      sameTemplate(machine.template, override.template ?? saved) &&
      overrideFor(machine, desired?.overrides ?? []) !== undefined
    );
  };
  const found = machines.find((machine) => machine.lifecycle !== 'Terminating' && !fits(machine));
  return found && `${found.id} does not match the launch template and instance types of the group`;
}

/**
 * Machines whose root volume is to be replaced now. Nothing is launched beside them, so that a maximum
 * means nothing here, and at least one goes at a time.
 */
export function planRootVolumes(
  census: Census,
  { minHealthyPercentage }: Pick<Preferences, 'minHealthyPercentage'>,
  allowed: number,
): readonly string[] {
  const { minReady } = boundsOf({ minHealthyPercentage }, census.capacity);
  const mayBegin = Math.max(0, allowed - census.replacements);
  // Those that are not in service yet come into service first.
  const inService = census.idle.filter(({ lifecycle }) => lifecycle === 'InService');
  const idle = oneByOne(inService).slice(0, mayBegin);
  const spare = Math.max(0, Math.min(mayBegin - idle.length, census.ready - minReady));
  return [...idle, ...selectForTermination(census.serving, census.live, spare)].map(({ id }) => id);
}
