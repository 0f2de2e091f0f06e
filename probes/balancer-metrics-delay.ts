import { BALANCER_OUTPUTS, balancer, NETWORK } from './parts';
import type { Probe } from './probe';

const REQUESTS = 20;
const MINUTE_MS = 60_000;

/** How late a load balancer's metrics are. */
export const balancerMetricsDelay: Probe = {
  id: 'balancer-metrics-delay',
  question: "How long after a minute's end can its 5xx answers be read as a metric?",
  usd: 0.03,
  minutes: 20,
  ranges: { delaySeconds: [0, 180] },
  async run(lab) {
    const { outputs } = await lab.create(
      { ...NETWORK, ...balancer({ Type: 'forward', TargetGroupArn: { Ref: 'Targets' } }) },
      BALANCER_OUTPUTS,
    );
    // In the middle of a minute, so that all requests belong to the same one.
    await lab.time.wait(60 + ((90 - ((lab.time.now() / 1_000) % 60)) % 60));
    lab.say(`${REQUESTS} requests that nothing answers`);
    const statuses = new Set<number>();
    for (let count = 0; count < REQUESTS; count++)
      statuses.add((await fetch(`http://${outputs.Address}`)).status);
    const minute = lab.time.now() - (lab.time.now() % MINUTE_MS);
    const sum = async () => {
      const { MetricDataResults } = await lab.clients.cloudWatch.getMetricData({
        StartTime: new Date(minute),
        EndTime: new Date(minute + MINUTE_MS),
        MetricDataQueries: [
          {
            Id: 'errors',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/ApplicationELB',
                MetricName: 'HTTPCode_ELB_5XX_Count',
                Dimensions: [{ Name: 'LoadBalancer', Value: outputs.FullName }],
              },
              Period: 60,
              Stat: 'Sum',
            },
          },
        ],
      });
      return MetricDataResults?.[0]?.Values?.[0] ?? 0;
    };
    await lab.until(sum, (found) => found >= REQUESTS, 900, 1);
    return {
      facts: { answers: [...statuses].join(', ') },
      figures: { delaySeconds: Math.max(0, Math.round(lab.secondsSince(minute + MINUTE_MS))) },
    };
  },
};
