import { ConfigurationError, quoted } from '../configuration-error';

/** What a synthesized stack says about its rollouts. */
export interface StackSettings {
  readonly isImageBased: boolean;
  readonly capacity: number;
  readonly min: number;
  readonly max: number;
  readonly warmupSeconds?: number;
  readonly leaveSeconds?: number;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/**
 * Reads a stack's template as this project synthesizes it.
 * @param name how errors call the template
 * @throws ConfigurationError when it has no fleet, or a value that only the deployment knows
 */
export function stackSettings(name: string, template: Readonly<Record<string, unknown>>): StackSettings {
  const resources = Object.values((template.Resources ?? {}) as Readonly<Record<string, Resource>>);
  const find = (type: string) => resources.find(({ Type }) => Type === type)?.Properties;
  const need = (type: string) => {
    const properties = find(type);
    if (properties) return properties;
    throw new ConfigurationError(`${name} has no ${type}; a stack with a fleet of this project is expected.`);
  };
  const number = (properties: Readonly<Record<string, unknown>>, key: string): number | undefined => {
    const value = properties[key];
    if (value === undefined) return undefined;
    const found = typeof value === 'string' ? Number(value) : value;
    if (typeof found === 'number' && Number.isInteger(found)) return found;
    throw new ConfigurationError(`${key} in ${name} is ${quoted(value)}; a whole number is expected.`);
  };
  const rollout = need('Custom::Rollout');
  const group = need('AWS::AutoScaling::AutoScalingGroup');
  const [min, max] = [number(rollout, 'MinHealthyPercentage'), number(rollout, 'MaxHealthyPercentage')];
  const capacity = number(group, 'DesiredCapacity') ?? number(group, 'MinSize');
  if (min === undefined || max === undefined || capacity === undefined) {
    throw new ConfigurationError(
      `${name} does not say how large its fleet is and stays; MinSize, MinHealthyPercentage and MaxHealthyPercentage are expected.`,
    );
  }
  return {
    isImageBased: resources.some(({ Type }) => Type === 'Custom::BakedImage'),
    capacity,
    min,
    max,
    warmupSeconds: number(rollout, 'InstanceWarmupSeconds') ?? number(group, 'DefaultInstanceWarmup'),
    leaveSeconds: deregistrationDelay(find('AWS::ElasticLoadBalancingV2::TargetGroup')),
  };
}

function deregistrationDelay(targetGroup: Resource['Properties']): number | undefined {
  const attributes = targetGroup?.TargetGroupAttributes;
  if (!Array.isArray(attributes)) return undefined;
  const found = attributes.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds');
  const delay = Number(found?.Value ?? Number.NaN);
  return Number.isFinite(delay) ? delay : undefined;
}
