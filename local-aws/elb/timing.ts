/** Modelled durations of Elastic Load Balancing, in milliseconds. AWS publishes none of them. */
export interface ElbTiming {
  /** From a load balancer's creation until it is active. @default 2 min */
  readonly provisioningMs: number;
  /** From a target's registration until its first health check. @default 5 s */
  readonly registrationMs: number;
  /** Between two publications of metrics. @default 1 min, as in AWS */
  readonly metricsMs: number;
}

export const ELB_TIMING: ElbTiming = {
  provisioningMs: 120_000,
  registrationMs: 5_000,
  metricsMs: 60_000,
};
