import { type Duration, Token } from 'aws-cdk-lib';
import { isMixed } from './mixing';

export interface RollingProps {
  /**
   * Least share of the desired capacity that stays healthy, in percent (0 to 100).
   * @default 100, so that no machine goes before its replacement serves
   */
  readonly minHealthyPercentage?: number;
  /**
   * Largest share of the desired capacity that may be there at a time, in percent (100 to 200), and at
   * most 100 above the least.
   * @default 200 when the least share is 100, and 100 more than the least otherwise, at least 100
   */
  readonly maxHealthyPercentage?: number;
  /**
   * How long a new machine must have been in service before it counts.
   * @default the group's default instance warmup
   */
  readonly warmup?: Duration;
  /**
   * Machines that already run the wanted launch template version stay.
   * @default true
   */
  readonly skipMatching?: boolean;
}

export type RecreateProps = Pick<RollingProps, 'warmup' | 'skipMatching'>;

/**
 * How a rollout replaces machines.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
 */
export class Strategy {
  /**
   * Machines are replaced a few at a time; both releases serve for a while.
   * @throws RangeError when a percentage is out of AWS's range
   */
  static rolling(props: RollingProps = {}): Strategy {
    const least = props.minHealthyPercentage ?? 100;
    percentage('minHealthyPercentage', least, 0, 100);
    const most = props.maxHealthyPercentage ?? (Token.isUnresolved(least) ? 200 : least + 100);
    percentage('maxHealthyPercentage', most, 100, 200);
    if (!Token.isUnresolved(least) && !Token.isUnresolved(most) && most - least > 100) {
      throw new RangeError(
        `maxHealthyPercentage is at most 100 above minHealthyPercentage; found ${most} and ${least}.`,
      );
    }
    return new Strategy({
      MinHealthyPercentage: least,
      MaxHealthyPercentage: most,
      SkipMatching: props.skipMatching ?? true,
      ...(props.warmup ? { InstanceWarmupSeconds: props.warmup.toSeconds() } : {}),
    });
  }

  /**
   * All machines of the release before go, then those of the new one come: releases never serve beside each
   * other, and for a while nothing serves. A rollback goes the same way.
   */
  static recreate(props: RecreateProps = {}): Strategy {
    // Without a maximum, machines would be launched while the old ones still go.
    return Strategy.rolling({ ...props, minHealthyPercentage: 0, maxHealthyPercentage: 100 });
  }

  private constructor(
    /** The strategy as properties of the custom resource. */
    readonly properties: Readonly<Record<string, number | boolean>>,
  ) {}

  /** Whether machines of two releases serve at the same time for a while, in a rollout that stops at gates. */
  isMixed(gates: readonly object[]): boolean {
    const { MinHealthyPercentage, MaxHealthyPercentage } = this.properties;
    return isMixed(
      {
        minHealthyPercentage: Number(MinHealthyPercentage),
        maxHealthyPercentage: Number(MaxHealthyPercentage),
      },
      gates,
    );
  }
}

function percentage(name: string, value: number, minimum: number, maximum: number): void {
  if (Token.isUnresolved(value)) return;
  if (!Number.isInteger(value) || value < minimum || value > maximum)
    throw new RangeError(`${name} is a whole number from ${minimum} to ${maximum}; found ${value}.`);
}
