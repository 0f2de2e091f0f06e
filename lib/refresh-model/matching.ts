import type { Configuration, Machine, Override, Strategy, TemplateVersion } from './types';
import { sameTemplate } from './types';

/**
 * Whether a machine is as a configuration would launch it: by launch template and version, and where
 * there are overrides by instance type and image too. A root volume changes the image alone.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh-skip-matching.html
 */
export function isUpToDate(machine: Machine, target: Configuration, strategy: Strategy): boolean {
  const { overrides } = target;
  if (!overrides) return sameTemplate(machine.template, target);
  const override = overrideFor(machine, overrides);
  if (!override) return false;
  const isSameImage = override.imageId === undefined || override.imageId === machine.imageId;
  if (strategy === 'ReplaceRootVolume') return isSameImage;
  return isSameImage && sameTemplate(machine.template, templateOf(override, target));
}

/** The override that a machine's instance type is launched by. */
export function overrideFor(
  { instanceType }: Pick<Machine, 'instanceType'>,
  overrides: readonly Override[],
): Override | undefined {
  return overrides.find((override) => override.instanceType === instanceType);
}

/** The launch template version that an override launches. */
export function templateOf(override: Override | undefined, configuration: Configuration): TemplateVersion {
  return override?.template ?? configuration;
}
