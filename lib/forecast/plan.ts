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
  /** From a machine's launch until it is in service, launch hooks included. */
  readonly bootSeconds: number;
  /** From when a machine is in service until it passes its health checks. @default 0: its launch hook waits for that */
  readonly healthySeconds?: number;
  /** From when a machine is told to go until it is gone. @default 30, this project's deregistration delay */
  readonly leaveSeconds?: number;
  /** Shares of new machines at which the refresh waits, in percent. @default none */
  readonly checkpointPercentages?: readonly number[];
  /** @default 3600, as AWS has it */
  readonly checkpointDelaySeconds?: number;
  /** The refresh's last wait, AWS's bake time: not that of the image. @default 0 */
  readonly bakeTimeSeconds?: number;
  /** To bake the release's image, before the first machine is replaced. @default 0 */
  readonly bakeSeconds?: number;
  /** Machines that run the new release already: skip matching leaves them. @default 0 */
  readonly alreadyNew?: number;
  /** Machines with the old release that are protected from scale in. @default 0 */
  readonly protectedMachines?: number;
  /** What becomes of them. @default Wait, as AWS has it: for an hour, and then the refresh fails */
  readonly whenProtected?: 'Refresh' | 'Ignore' | 'Wait';
  /** Of one machine. @default the cost is not foreseen */
  readonly pricePerHour?: number;
  /** Share of the capacity, in percent, from which on new machines are sick. @default all are well */
  readonly failAtPercent?: number;
  /**
   * How they are sick: they come into service and fail their health checks, which the alarm for unhealthy
   * machines sees; or they never answer, and never come into service. @default unhealthy
   */
  readonly failsAs?: 'unhealthy' | 'silent';
  /** Whether the refresh watches no alarm. @default it watches the one for unhealthy machines */
  readonly ignoreAlarms?: boolean;
  /** Without a newly healthy machine for so long, this project's rollout turns back. @default never */
  readonly progressDeadlineSeconds?: number;
  /** After so long this project's rollout turns back, finished or not. @default never */
  readonly timeoutSeconds?: number;
}

/** This project's load balancers let a machine finish its requests for so long. */
export const LEAVE_SECONDS = 30;

/**
 * From an unhealthy machine's first second in service until the alarm for unhealthy machines fires: 20 s for two
 * failed health checks, half a minute on average until the minute ends, two further minutes, and two until their
 * metrics have arrived and the alarm has looked. A load balancer's metrics are one to three minutes late: it is a
 * minute less or more.
 */
export const ALARM_SECONDS = 295;
