import { type Dimension, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type ElbState, fullNameOf } from './state';
import type { Counts, Traffic } from './traffic';

const NAMESPACE = 'AWS/ApplicationELB';

/**
 * Publishes a minute's metrics: by load balancer, and by load balancer and target group
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
 */
export async function publishMetrics(state: ElbState, traffic: Traffic): Promise<void> {
  const Timestamp = new Date(state.core.clock.now());
  const MetricData = [...hostCounts(state), ...trafficMetrics(traffic.take())].map((datum) => ({
    ...datum,
    Timestamp,
  }));
  // As many as one call takes.
  for (let start = 0; start < MetricData.length; start += 1_000) {
    const some = MetricData.slice(start, start + 1_000);
    await state.core.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: some }));
  }
}

/** Targets that are `initial` or `draining` are neither healthy nor unhealthy. */
function hostCounts(state: ElbState): MetricDatum[] {
  return [...state.targetGroups.values()].flatMap(({ arn, targets }) =>
    state.loadBalancersOf(arn).flatMap((loadBalancer) => {
      const Dimensions = dimensions(loadBalancer.arn, arn);
      return [
        { MetricName: 'HealthyHostCount', Dimensions, Value: targets.count('healthy') },
        { MetricName: 'UnHealthyHostCount', Dimensions, Value: targets.count('unhealthy') },
      ];
    }),
  );
}

function trafficMetrics(counts: readonly Counts[]): MetricDatum[] {
  const perLoadBalancer = new Map<string, Counts>();
  for (const each of counts) {
    const sum: Counts = perLoadBalancer.get(each.loadBalancerArn) ?? {
      loadBalancerArn: each.loadBalancerArn,
      requests: 0,
      codes: new Map(),
      responseTimesMs: [],
    };
    sum.requests += each.requests;
    for (const [name, count] of each.codes) sum.codes.set(name, (sum.codes.get(name) ?? 0) + count);
    sum.responseTimesMs.push(...each.responseTimesMs);
    perLoadBalancer.set(each.loadBalancerArn, sum);
  }
  return [...perLoadBalancer.values(), ...counts.filter(({ targetGroupArn }) => targetGroupArn)].flatMap(
    metricsOf,
  );
}

function metricsOf({
  loadBalancerArn,
  targetGroupArn,
  requests,
  codes,
  responseTimesMs,
}: Counts): MetricDatum[] {
  const Dimensions = dimensions(loadBalancerArn, targetGroupArn);
  const count = (MetricName: string, Value: number): MetricDatum => ({
    MetricName,
    Dimensions,
    Value,
    Unit: 'Count',
  });
  const seconds = responseTimesMs.map((ms) => ms / 1_000);
  return [
    count('RequestCount', requests),
    ...[...codes].map(([name, value]) => count(name, value)),
    ...(seconds.length
      ? [
          {
            MetricName: 'TargetResponseTime',
            Dimensions,
            Unit: 'Seconds' as const,
            StatisticValues: {
              SampleCount: seconds.length,
              Sum: seconds.reduce((sum, value) => sum + value, 0),
              Minimum: Math.min(...seconds),
              Maximum: Math.max(...seconds),
            },
          },
        ]
      : []),
  ];
}

function dimensions(loadBalancerArn: string, targetGroupArn: string | undefined): Dimension[] {
  return [
    ...(targetGroupArn ? [{ Name: 'TargetGroup', Value: fullNameOf(targetGroupArn) }] : []),
    { Name: 'LoadBalancer', Value: fullNameOf(loadBalancerArn) },
  ];
}
