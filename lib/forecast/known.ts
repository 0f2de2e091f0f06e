export type Variant = 'image-based' | 'instance-based';
export const VARIANTS: readonly Variant[] = ['image-based', 'instance-based'];

/** A value, and where it comes from. */
export interface Sourced<T> {
  readonly value: T;
  readonly from: string;
}

/** What a stack, its group and the group's past say about its next rollout. */
export interface Known {
  readonly variant: Variant;
  readonly capacity?: Sourced<number>;
  readonly min: Sourced<number>;
  readonly max: Sourced<number>;
  readonly warmupSeconds?: Sourced<number>;
  readonly bootSeconds?: Sourced<number>;
  readonly healthySeconds?: Sourced<number>;
  readonly leaveSeconds?: Sourced<number>;
  readonly checkpointPercentages?: Sourced<readonly number[]>;
  readonly checkpointDelaySeconds?: Sourced<number>;
  readonly progressDeadlineSeconds?: Sourced<number>;
  readonly bakeTimeSeconds?: Sourced<number>;
  readonly timeoutSeconds?: Sourced<number>;
  readonly protectedMachines?: Sourced<number>;
  /** What it is about, and what else is worth to be known; a sentence each. */
  readonly notes: readonly string[];
}
