import { type Dimension, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Core } from '../core/core';
import { type ElbState, fullNameOf } from './state';
import type { Counts, Traffic } from './traffic';

const NAMESPACE = 'AWS/ApplicationELB';

/**
 * The metrics of the minute that has just ended: by load balancer, and by load balancer and target group
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
 * @param Timestamp the minute's beginning
 */
export function metricsOfMinute(state: ElbState, traffic: Traffic, Timestamp: Date): readonly MetricDatum[] {
  return [...hostCounts(state), ...trafficMetrics(traffic.take())].map((datum) => ({ ...datum, Timestamp }));
}

/** Each metric of a minute has a delay of its own. @returns those that arrive together, by their delay */
export function byDelay(
  data: readonly MetricDatum[],
  delayMs: () => number,
): ReadonlyMap<number, readonly MetricDatum[]> {
  const groups = new Map<number, MetricDatum[]>();
  for (const datum of data) {
    const delay = delayMs();
    groups.set(delay, [...(groups.get(delay) ?? []), datum]);
  }
  return groups;
}

export async function publish(core: Core, data: readonly MetricDatum[]): Promise<void> {
  // As many as one call takes.
  for (let start = 0; start < data.length; start += 1_000) {
    const MetricData = data.slice(start, start + 1_000);
    await core.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData }));
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
