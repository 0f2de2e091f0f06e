/** Modelled durations in EC2, in milliseconds. */
export interface Ec2Timing {
  /** From the request to terminate until `terminated`, at the least: the machine stops meanwhile. @default 30 s */
  readonly shutDownMs: number;
  /** From the launch of a machine whose volumes can't be made until it is ended. @default 5 s */
  readonly clientErrorMs: number;
  /** From `running` until the status checks have passed. @default 2 min */
  readonly statusChecksMs: number;
  /** For how long a terminated instance is still described. @default 1 h, as in AWS */
  readonly forgetMs: number;
  /** From a NAT gateway's creation until it is available. @default 2 min */
  readonly natGatewayMs: number;
  /** From the request to delete a NAT gateway until it is gone. @default 45 s */
  readonly natGatewayDeletionMs: number;
}

export const EC2_TIMING: Ec2Timing = {
  shutDownMs: 30_000,
  clientErrorMs: 5_000,
  statusChecksMs: 120_000,
  forgetMs: 3_600_000,
  natGatewayMs: 120_000,
  natGatewayDeletionMs: 45_000,
};
