import type { ComparisonOperator, StateValue } from '@aws-sdk/client-cloudwatch';
import type { Point } from './metric-store';

/** What an alarm's state is decided from. */
export interface AlarmRule {
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
}

export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/** An alarm's state, and why it has it. */
export interface AlarmVerdict {
  readonly state: StateValue;
  /** AWS's StateReason. */
  readonly reason: string;
}

/**
 * CloudWatch looks at some periods more than an alarm asks for, to fill gaps with older values. How
 * many is not published; its examples show two.
 */
export const additionalPeriods = 2;

const comparisons: Partial<
  Record<ComparisonOperator, { readonly words: string; breaches(value: number, threshold: number): boolean }>
> = {
  GreaterThanThreshold: { words: 'greater than', breaches: (value, threshold) => value > threshold },
  GreaterThanOrEqualToThreshold: {
    words: 'greater than or equal to',
    breaches: (value, threshold) => value >= threshold,
  },
  LessThanThreshold: { words: 'less than', breaches: (value, threshold) => value < threshold },
  LessThanOrEqualToThreshold: {
    words: 'less than or equal to',
    breaches: (value, threshold) => value <= threshold,
  },
};

/** Whether the comparison is with a threshold that stands still; the others need anomaly detection. */
export function isThresholdComparison(comparison: ComparisonOperator | undefined): boolean {
  return comparison !== undefined && comparison in comparisons;
}

/**
 * The state that an alarm has after one evaluation.
 * @param range values of the periods in the evaluation range, oldest first; undefined where there is none
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluateAlarm(
  rule: AlarmRule,
  range: readonly (Point | undefined)[],
  present: AlarmVerdict,
): AlarmVerdict {
  const comparison = comparisons[rule.comparison];
  if (!comparison) throw new Error(`An alarm with the comparison ${rule.comparison}.`);
  const needed = rule.evaluationPeriods;
  const found = range.filter((point) => point !== undefined).slice(-needed);
  const gaps = needed - found.length;
  const breaching = found.filter((point) => comparison.breaches(point.value, rule.threshold));
  const text = () => describe(found, breaching, comparison.words, rule, gaps);

  if (found.length === 0) {
    switch (rule.treatMissingData) {
      case 'ignore':
        return present;
      case 'missing':
        return {
          state: 'INSUFFICIENT_DATA',
          reason: `Insufficient Data: ${plural(needed, 'datapoint')} ${needed === 1 ? 'was' : 'were'} unknown.`,
        };
      case 'breaching':
        return { state: 'ALARM', reason: text() };
      case 'notBreaching':
        return { state: 'OK', reason: text() };
    }
  }
  const filled = breaching.length + (rule.treatMissingData === 'breaching' ? gaps : 0);
  if (filled >= rule.datapointsToAlarm) return { state: 'ALARM', reason: text() };
  if (gaps === 0 || rule.treatMissingData === 'breaching' || rule.treatMissingData === 'notBreaching') {
    return { state: 'OK', reason: text() };
  }
  const allBreach = breaching.length === found.length;
  if (rule.treatMissingData === 'ignore' && allBreach) return present;
  // Too few values, and all of them breach: an alarm once the oldest is as old as it would have to be.
  const oldest = range.findIndex((point) => point !== undefined);
  if (allBreach && range.length - oldest >= rule.datapointsToAlarm) {
    return { state: 'ALARM', reason: text() };
  }
  return breaching.length > 0 && present.state === 'ALARM' ? present : { state: 'OK', reason: text() };
}

function describe(
  found: readonly Point[],
  breaching: readonly Point[],
  words: string,
  rule: AlarmRule,
  gaps: number,
): string {
  const treated = {
    breaching: 'Breaching',
    notBreaching: 'NonBreaching',
    missing: 'Missing',
    ignore: 'Ignore',
  };
  if (found.length === 0) {
    return (
      `Threshold Crossed: no datapoints were received for ${plural(gaps, 'period')} and ` +
      `${plural(gaps, 'missing datapoint')} ${gaps === 1 ? 'was' : 'were'} treated as [${treated[rule.treatMissingData]}].`
    );
  }
  const alarming = breaching.length > 0;
  const listed = alarming ? breaching : found;
  const values = [...listed].reverse().map(({ at, value }) => `${decimal(value)} (${date(at)})`);
  const outOf = `${listed.length} out of the last ${rule.evaluationPeriods} datapoints`;
  return (
    `Threshold Crossed: ${outOf} [${values.join(', ')}] ${listed.length === 1 ? 'was' : 'were'} ` +
    `${alarming ? '' : 'not '}${words} the threshold (${decimal(rule.threshold)})` +
    (alarming
      ? ` (minimum ${plural(rule.datapointsToAlarm, 'datapoint')} for OK -> ALARM transition).`
      : ` (minimum 1 datapoint for ALARM -> OK transition).`)
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** CloudWatch writes days first: `21/11/26 10:00:00`. */
function date(at: number): string {
  const [day = '', time = ''] = new Date(at).toISOString().split('T');
  const [year = '', month, dayOfMonth] = day.split('-');
  return `${dayOfMonth}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}
