import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { Fault } from '../core/fault';
import { parseExpression } from './metric-math';
import type { MetricStatistic, MetricStore, Point, SimpleStatistic } from './metric-store';
import { floorTo, isSimpleStatistic, resolutionSeconds } from './metric-store';

/** A metric's statistic, or an expression over other queries. */
type Source = MetricStatistic | { readonly expression: ReturnType<typeof parseExpression> };

interface Query {
  readonly id: string;
  readonly label: string;
  readonly returned: boolean;
  readonly periodSeconds?: number;
  readonly source: Source;
}

/** Queries that belong together, checked: an expression names queries among them. */
export class QuerySet {
  private readonly queries = new Map<string, Query>();

  /** @throws Fault ValidationError when a query cannot be answered */
  constructor(definitions: readonly MetricDataQuery[]) {
    for (const definition of definitions) {
      const id = definition.Id ?? '';
      if (!/^[a-z]\w*$/.test(id)) {
        throw new Fault(
          'ValidationError',
          `The id of a metric query begins with a lowercase letter and goes on with letters, digits and underscores; found '${id}'.`,
        );
      }
      if (this.queries.has(id))
        throw new Fault('ValidationError', `The metric query id '${id}' is used twice.`);
      this.queries.set(id, parse(definition, id));
    }
    for (const id of this.queries.keys()) this.check(id, []);
  }

  get returned(): readonly Query[] {
    return [...this.queries.values()].filter((query) => query.returned);
  }

  /** The period of a query, in seconds: an expression has that of the queries that it names. */
  periodOf(id: string): number {
    const query = this.query(id);
    const inherited =
      'expression' in query.source ? query.source.expression.ids.map((each) => this.periodOf(each)) : [];
    return query.periodSeconds ?? Math.max(resolutionSeconds, ...inherited);
  }

  /** Values of the periods in [from, to) that have one, oldest first. */
  points(store: MetricStore, id: string, from: number, to: number): readonly Point[] {
    const { source } = this.query(id);
    const period = this.periodOf(id);
    if ('metric' in source) return store.points(source, from, to, period);
    const inputs = new Map(
      source.expression.ids.map((each) => [
        each,
        new Map(this.points(store, each, from, to).map(({ at, value }) => [at, value])),
      ]),
    );
    const points: Point[] = [];
    for (let at = floorTo(from, period); at < to; at += period * 1000) {
      const value = source.expression.evaluate((each) => inputs.get(each)?.get(at));
      if (value !== undefined) points.push({ at, value });
    }
    return points;
  }

  private query(id: string): Query {
    const query = this.queries.get(id);
    if (!query)
      throw new Fault('ValidationError', `An expression names the metric query '${id}', which is not there.`);
    return query;
  }

  private check(id: string, above: readonly string[]): void {
    if (above.includes(id)) throw new Fault('ValidationError', `The metric query '${id}' refers to itself.`);
    const { source } = this.query(id);
    if ('expression' in source) for (const each of source.expression.ids) this.check(each, [...above, id]);
  }
}

function parse(definition: MetricDataQuery, id: string): Query {
  const { MetricStat: stat, Expression: expression } = definition;
  if ((stat === undefined) === (expression === undefined)) {
    throw new Fault('ValidationError', `The metric query '${id}' needs either MetricStat or Expression.`);
  }
  const returned = definition.ReturnData ?? true;
  if (expression !== undefined) {
    const source = { expression: parseExpression(expression) };
    return { id, label: definition.Label ?? id, returned, periodSeconds: definition.Period, source };
  }
  const name = stat?.Metric?.MetricName ?? '';
  const metric = {
    namespace: stat?.Metric?.Namespace ?? '',
    name,
    dimensions: stat?.Metric?.Dimensions ?? [],
  };
  const source = { metric, statistic: statisticOf(stat?.Stat), unit: stat?.Unit };
  return { id, label: definition.Label ?? name, returned, periodSeconds: periodOf(stat?.Period), source };
}

/** @throws Fault InvalidParameterValue for statistics that need every single value: percentiles, trimmed means */
export function statisticOf(name: string | undefined): SimpleStatistic {
  if (isSimpleStatistic(name)) return name;
  throw new Fault(
    'InvalidParameterValue',
    `The local AWS calculates Sum, Average, Minimum, Maximum and SampleCount; found the statistic '${name}'.`,
  );
}

/** @throws Fault InvalidParameterValue for a period that is no multiple of a minute */
export function periodOf(seconds: number | undefined): number {
  if (seconds !== undefined && seconds > 0 && seconds % resolutionSeconds === 0) return seconds;
  throw new Fault(
    'InvalidParameterValue',
    `Period must be a multiple of ${resolutionSeconds}; found ${seconds}.`,
  );
}
