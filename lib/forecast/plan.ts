/** A rollout that is to be foreseen. */
export interface Plan {
  /** Machines that the group is to have: its desired capacity. */
  readonly capacity: number;
  /** Least share of the capacity that stays healthy, in percent. */
  readonly minHealthyPercentage: number;
  /** Largest share of the capacity that is there at a time, in percent. @default none, which is not the same as 100 */
  readonly maxHealthyPercentage?: number;
  /** From when a machine is in service until it counts. */
  readonly warmupSeconds: number;
  /** From a machine's launch until it is in service and healthy. */
  readonly bootSeconds: number;
  /** From when a machine is told to go until it is gone. @default 30, this project's deregistration delay */
  readonly leaveSeconds?: number;
  /** Shares of new machines at which the refresh waits, in percent. @default none */
  readonly checkpointPercentages?: readonly number[];
  /** @default 3600, as AWS has it */
  readonly checkpointDelaySeconds?: number;
  /** To bake the release's image, before the first machine is replaced. @default 0 */
  readonly bakeSeconds?: number;
  /** Of one machine. @default the cost is not foreseen */
  readonly pricePerHour?: number;
  /** Share of the capacity, in percent, from which on new machines are sick. @default all are well */
  readonly failAtPercent?: number;
}

/** This project's load balancers let a machine finish its requests for so long. */
export const LEAVE_SECONDS = 30;

/** From a sick machine's first minute in service until the alarm for unhealthy machines fires. */
export const ALARM_SECONDS = 180;
