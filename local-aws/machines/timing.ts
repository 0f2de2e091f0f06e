/** Modelled durations of a machine's start, in milliseconds. */
export interface MachineTiming {
  /** From the launch to EC2's `running`. @default 15 s */
  readonly bootMs: number;
  /** From there until the services of a baked image are up. @default 25 s */
  readonly servicesMs: number;
  /** What a boot script needs more, to install the release. @default 70 s */
  readonly installMs: number;
  /** From a service's end until it is started again, as systemd's `RestartSec`. @default 1 s */
  readonly restartMs: number;
  /** From a refused call that completes the launch hook until it is made again. @default 5 s */
  readonly announceAgainMs: number;
}

/** Not AWS's figures, which AWS does not publish: assumptions for a small machine with Amazon Linux 2023. */
export const MACHINE_TIMING: MachineTiming = {
  bootMs: 15_000,
  servicesMs: 25_000,
  installMs: 70_000,
  restartMs: 1_000,
  announceAgainMs: 5_000,
};
