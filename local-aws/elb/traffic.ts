/** What was counted since the last time, of one load balancer and one of its target groups, or of itself alone. */
export interface Counts {
  readonly loadBalancerArn: string;
  /** undefined for what no target group had a part in. */
  readonly targetGroupArn?: string;
  requests: number;
  /** By AWS's metric name: `HTTPCode_Target_2XX_Count`. */
  readonly codes: Map<string, number>;
  /** Measured, in real milliseconds: from the request's being passed on to the answer's first byte. */
  readonly responseTimesMs: number[];
}

/** Counts requests between two publications of the metrics. */
export class Traffic {
  private counts = new Map<string, Counts>();

  request(loadBalancerArn: string, targetGroupArn?: string): void {
    this.of(loadBalancerArn, targetGroupArn).requests++;
  }

  /** An answer that a target gave. */
  answered(loadBalancerArn: string, targetGroupArn: string, status: number, tookMs: number): void {
    const counts = this.of(loadBalancerArn, targetGroupArn);
    add(counts, `HTTPCode_Target_${Math.floor(status / 100)}XX_Count`);
    counts.responseTimesMs.push(tookMs);
  }

  /** An error that the load balancer answered with itself. */
  failed(loadBalancerArn: string, status: number): void {
    const counts = this.of(loadBalancerArn, undefined);
    add(counts, `HTTPCode_ELB_${Math.floor(status / 100)}XX_Count`);
    add(counts, `HTTPCode_ELB_${status}_Count`);
  }

  /** What was counted since the last call. */
  take(): Counts[] {
    const taken = [...this.counts.values()];
    this.counts = new Map();
    return taken;
  }

  private of(loadBalancerArn: string, targetGroupArn: string | undefined): Counts {
    const key = `${loadBalancerArn} ${targetGroupArn}`;
    const known = this.counts.get(key);
    if (known) return known;
    const counts = { loadBalancerArn, targetGroupArn, requests: 0, codes: new Map(), responseTimesMs: [] };
    this.counts.set(key, counts);
    return counts;
  }
}

function add({ codes }: Counts, name: string): void {
  codes.set(name, (codes.get(name) ?? 0) + 1);
}
