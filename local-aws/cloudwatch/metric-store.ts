import type { Datapoint, Dimension, MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch';
import { Fault } from '../core/fault';

/** Standard resolution: a metric's values are kept per minute. */
export const resolutionSeconds = 60;

/** A statistic that is calculated from a period's datapoints. */
export type SimpleStatistic = 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'SampleCount';

const statistics: readonly string[] = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'];

/** Whether it is none of the percentiles and the like, which are not served. */
export function isSimpleStatistic(name: string | undefined): name is SimpleStatistic {
  return name !== undefined && statistics.includes(name);
}

/** What identifies a metric. The order of the dimensions does not matter. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** A statistic of a metric. */
export interface MetricStatistic {
  readonly metric: MetricIdentity;
  readonly statistic: SimpleStatistic;
  /** Only of values in this unit. @default of all values */
  readonly unit?: StandardUnit;
}

/** A period's values, as far as any statistic needs them. */
export interface Summary {
  readonly sum: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** One value of a statistic; the time is the period's beginning, in milliseconds since the epoch. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

interface StoredMetric extends MetricIdentity {
  /** Values by unit, and by the minute's beginning. */
  readonly units: Map<StandardUnit, Map<number, Summary>>;
}

/** The values of all metrics, by minute. */
export class MetricStore {
  private readonly metrics = new Map<string, StoredMetric>();

  all(): readonly MetricIdentity[] {
    return [...this.metrics.values()];
  }

  /** @param now used for a datum without a time of its own, in milliseconds since the epoch */
  put(namespace: string, datum: MetricDatum, now: number): void {
    const added = summaryOf(datum);
    if (added.count === 0) return;
    const identity = { namespace, name: datum.MetricName ?? '', dimensions: datum.Dimensions ?? [] };
    const key = keyOf(identity);
    const metric: StoredMetric = this.metrics.get(key) ?? { ...identity, units: new Map() };
    this.metrics.set(key, metric);
    const unit = datum.Unit ?? 'None';
    const minutes = metric.units.get(unit) ?? new Map<number, Summary>();
    metric.units.set(unit, minutes);
    const minute = floorTo(datum.Timestamp?.getTime() ?? now, resolutionSeconds);
    const present = minutes.get(minute);
    minutes.set(minute, present ? merge(present, added) : added);
  }

  /** The units that a metric has values in. @param unit only this one */
  units(identity: MetricIdentity, unit?: StandardUnit): readonly StandardUnit[] {
    const units = [...(this.metrics.get(keyOf(identity))?.units.keys() ?? [])];
    return units.filter((each) => unit === undefined || each === unit);
  }

  /**
   * Summaries of the periods in [from, to) that have data, oldest first.
   * @param unit values in this unit alone; nothing is converted. Values in all units when left out
   */
  summaries(
    identity: MetricIdentity,
    unit: StandardUnit | undefined,
    from: number,
    to: number,
    periodSeconds: number,
  ): readonly { readonly at: number; readonly summary: Summary }[] {
    const periods = new Map<number, Summary>();
    const metric = this.metrics.get(keyOf(identity));
    for (const each of this.units(identity, unit)) {
      for (const [minute, summary] of metric?.units.get(each) ?? []) {
        if (minute < from || minute >= to) continue;
        const at = floorTo(minute, periodSeconds);
        const present = periods.get(at);
        periods.set(at, present ? merge(present, summary) : summary);
      }
    }
    return [...periods].map(([at, summary]) => ({ at, summary })).sort((a, b) => a.at - b.at);
  }

  points(
    { metric, statistic, unit }: MetricStatistic,
    from: number,
    to: number,
    periodSeconds: number,
  ): readonly Point[] {
    return this.summaries(metric, unit, from, to, periodSeconds).map(({ at, summary }) => ({
      at,
      value: statisticValue(summary, statistic),
    }));
  }
}

/** The beginning of the period that a time lies in. */
export function floorTo(at: number, periodSeconds: number): number {
  const length = periodSeconds * 1000;
  return Math.floor(at / length) * length;
}

function statisticValue(summary: Summary, statistic: SimpleStatistic): number {
  switch (statistic) {
    case 'Sum':
      return summary.sum;
    case 'Average':
      return summary.sum / summary.count;
    case 'Minimum':
      return summary.minimum;
    case 'Maximum':
      return summary.maximum;
    case 'SampleCount':
      return summary.count;
  }
}

/** A datapoint as GetMetricStatistics returns it. */
export function datapoint(at: number, summary: Summary, wanted: readonly SimpleStatistic[]): Datapoint {
  const values = Object.fromEntries(
    wanted.map((statistic) => [statistic, statisticValue(summary, statistic)]),
  );
  return { Timestamp: new Date(at), ...values };
}

function summaryOf(datum: MetricDatum): Summary {
  const set = datum.StatisticValues;
  if (set) {
    return {
      sum: set.Sum ?? 0,
      count: set.SampleCount ?? 0,
      minimum: set.Minimum ?? 0,
      maximum: set.Maximum ?? 0,
    };
  }
  const values = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value]);
  if (values.length === 0) {
    throw new Fault(
      'MissingParameter',
      `The metric ${datum.MetricName} needs one of the parameters Value, Values or StatisticValues.`,
    );
  }
  const counts = datum.Counts ?? values.map(() => 1);
  return {
    sum: values.reduce((sum, value, index) => sum + value * (counts[index] ?? 1), 0),
    count: values.reduce((sum, _, index) => sum + (counts[index] ?? 1), 0),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
  };
}

function merge(a: Summary, b: Summary): Summary {
  return {
    sum: a.sum + b.sum,
    count: a.count + b.count,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
}

function keyOf(identity: MetricIdentity): string {
  return JSON.stringify([identity.namespace, identity.name, dimensionKey(identity.dimensions)]);
}

function dimensionKey(dimensions: readonly Dimension[]): string {
  return JSON.stringify(dimensions.map(({ Name, Value }) => [Name, Value]).sort());
}
