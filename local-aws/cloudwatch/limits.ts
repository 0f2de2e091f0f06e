import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { Fault } from '../core/fault';
import { type PageBounds, pageOf } from '../core/page';

const HOUR_MS = 3_600_000;
const OLDEST_MS = 14 * 24 * HOUR_MS;
const NEWEST_MS = 2 * HOUR_MS;
/** Of one answer of GetMetricStatistics. */
const DATAPOINTS = 1_440;

const refuse = (message: string) => new Fault('ValidationError', message);

/** A page of alarms, or of what happened to them. */
export const ALARM_PAGE: PageBounds = { usual: 50, most: 100, refuse };

/** A page of metrics. */
export const METRIC_PAGE: PageBounds = { usual: 500, most: 500, refuse };

/** One page of a list. */
export function pageOfList<T>(
  entries: readonly T[],
  { MaxRecords, NextToken }: { readonly MaxRecords?: number; readonly NextToken?: string },
  bounds: PageBounds,
  { newestFirst = false } = {},
): { readonly items: T[]; readonly next: string | undefined } {
  return pageOf(entries, {
    size: MaxRecords,
    token: NextToken,
    newestFirst,
    invalid: () => new Fault('InvalidNextToken', 'The next token specified is invalid.'),
    bounds,
  });
}

/** The time that a call asks for, in milliseconds since the epoch. @throws Fault when it has no beginning, no end, or the wrong order */
export function rangeOf({ StartTime, EndTime }: { StartTime?: Date; EndTime?: Date }): {
  readonly from: number;
  readonly to: number;
} {
  if (!StartTime || !EndTime)
    throw new Fault(
      'MissingParameter',
      `The request must contain the parameter ${StartTime ? 'EndTime' : 'StartTime'}.`,
    );
  const [from, to] = [StartTime.getTime(), EndTime.getTime()];
  if (from >= to) throw refuse('The parameter StartTime must be less than the parameter EndTime.');
  return { from, to };
}

/** @throws Fault when an answer would have more datapoints than AWS gives. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
export function checkDatapoints(count: number): void {
  if (count <= DATAPOINTS) return;
  throw new Fault(
    'InvalidParameterCombination',
    `You have requested up to ${Math.ceil(count)} datapoints, which exceeds the limit of ${DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
  );
}

/** @throws Fault for a value of more than two weeks ago or two hours ahead. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
export function checkDatum({ Timestamp }: MetricDatum, now: number): void {
  if (!Timestamp) return;
  const age = now - Timestamp.getTime();
  const wrong =
    age > OLDEST_MS
      ? 'no more than two weeks in the past'
      : age < -NEWEST_MS
        ? 'within two hours'
        : undefined;
  if (wrong)
    throw new Fault(
      'InvalidParameterValue',
      `The parameter MetricData.Timestamp must specify a time ${wrong}.`,
    );
}
