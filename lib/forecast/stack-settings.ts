import { ConfigurationError, quoted } from '../configuration-error';
import type { Known, Sourced } from './known';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

type Properties = NonNullable<Resource['Properties']>;

/** A fleet's resources in a stack's template, by type. */
export class FleetTemplate {
  private readonly resources: readonly (readonly [id: string, resource: Resource])[];

  /** @param name how errors call the template */
  constructor(
    private readonly name: string,
    template: Readonly<Record<string, unknown>>,
  ) {
    this.resources = Object.entries((template.Resources ?? {}) as Readonly<Record<string, Resource>>);
  }

  /** The logical id of the only resource of a type. @throws ConfigurationError when there is none */
  idOf(type: string): string {
    return this.need(type)[0];
  }

  /**
   * What it says about rollouts.
   * @param from how the origin of its values is called
   * @throws ConfigurationError when it has no fleet, or a value that only the deployment knows
   */
  settings(from: string): Known {
    const sourced = <T>(value: T | undefined): Sourced<T> | undefined =>
      value === undefined ? undefined : { value, from };
    const [, { Properties: rollout = {} }] = this.need('Custom::Rollout');
    const [, { Properties: group = {} }] = this.need('AWS::AutoScaling::AutoScalingGroup');
    const min = sourced(this.number(rollout, 'MinHealthyPercentage'));
    const max = sourced(this.number(rollout, 'MaxHealthyPercentage'));
    if (!min || !max) {
      throw new ConfigurationError(
        `${this.name} does not say how many machines stay; MinHealthyPercentage and MaxHealthyPercentage of its Custom::Rollout are expected.`,
      );
    }
    const isImageBased = this.resources.some(([, { Type }]) => Type === 'Custom::BakedImage');
    return {
      variant: isImageBased ? 'image-based' : 'instance-based',
      capacity: sourced(this.number(group, 'DesiredCapacity') ?? this.number(group, 'MinSize')),
      min,
      max,
      warmupSeconds: sourced(
        this.number(rollout, 'InstanceWarmupSeconds') ?? this.number(group, 'DefaultInstanceWarmup'),
      ),
      leaveSeconds: sourced(
        deregistrationDelay(this.find('AWS::ElasticLoadBalancingV2::TargetGroup')?.[1].Properties),
      ),
      ...this.gates(rollout, `gates of ${from}`),
      progressDeadlineSeconds: sourced(this.number(rollout, 'ProgressDeadlineSeconds')),
      // Absent in templates from before there was a bake time.
      bakeTimeSeconds: sourced(this.number(rollout, 'BakeTimeSeconds') ?? 0),
      timeoutSeconds: sourced(this.number(rollout, 'TimeoutSeconds')),
    };
  }

  /** Gates are checkpoints, each with its own time: their mean takes as long. */
  private gates(
    { Gates }: Properties,
    from: string,
  ): Pick<Known, 'checkpointPercentages' | 'checkpointDelaySeconds' | 'notes'> {
    const given = Array.isArray(Gates) ? Gates.filter((gate) => gate !== '') : [];
    if (given.length === 0) return { notes: [] };
    const gates = given.map((gate) => /^(\d+)(?::(\d+)m)?$/.exec(String(gate)));
    if (gates.includes(null)) {
      throw new ConfigurationError(
        `Gates in ${this.name} is ${quoted(Gates)}; percentages with their minutes are expected, such as 50:10m.`,
      );
    }
    const minutes = gates.reduce((sum, gate) => sum + Number(gate?.[2] ?? 0), 0);
    const isApproved = gates.some((gate) => gate?.[2] === undefined);
    return {
      checkpointPercentages: { value: [...gates.map((gate) => Number(gate?.[1])), 100], from },
      checkpointDelaySeconds: {
        value: Math.round((minutes * 60) / gates.length),
        from: `${from}, on average`,
      },
      notes: isApproved ? ['How long somebody takes to promote the rollout at a gate is not counted.'] : [],
    };
  }

  private find(type: string) {
    return this.resources.find(([, { Type }]) => Type === type);
  }

  private need(type: string): readonly [id: string, resource: Resource] {
    const found = this.find(type);
    if (found) return found;
    throw new ConfigurationError(
      `${this.name} has no ${type}; a stack with a fleet of this project is expected.`,
    );
  }

  private number(properties: Properties, key: string): number | undefined {
    const value = properties[key];
    if (value === undefined) return undefined;
    const found = typeof value === 'string' ? Number(value) : value;
    if (typeof found === 'number' && Number.isInteger(found)) return found;
    throw new ConfigurationError(`${key} in ${this.name} is ${quoted(value)}; a whole number is expected.`);
  }
}

function deregistrationDelay(targetGroup: Resource['Properties']): number | undefined {
  const attributes = targetGroup?.TargetGroupAttributes;
  if (!Array.isArray(attributes)) return undefined;
  const found = attributes.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds');
  const delay = Number(found?.Value ?? Number.NaN);
  return Number.isFinite(delay) ? delay : undefined;
}
