import type {
  AlarmHistoryItem,
  DescribeAlarmHistoryInput,
  DescribeAlarmsInput,
  MetricAlarm,
  PutMetricAlarmInput,
  StateValue,
} from '@aws-sdk/client-cloudwatch';
import type { Clock, Timer } from '../core/clock';
import { Fault } from '../core/fault';
import type { AlarmRule, AlarmVerdict, MissingData } from './alarm-state';
import { additionalPeriods, evaluateAlarm, isThresholdComparison } from './alarm-state';
import type { MetricStore, Point } from './metric-store';
import { floorTo, resolutionSeconds } from './metric-store';
import { periodOf, QuerySet, statisticOf } from './queries';

/** Alarms are evaluated so long after each full minute, so that the minute's metrics have arrived. */
const evaluationDelayMs = 5_000;

interface Alarm {
  definition: PutMetricAlarmInput;
  rule: AlarmRule;
  periodSeconds: number;
  readonly points: (from: number, to: number) => readonly Point[];
  readonly arn: string;
  verdict: AlarmVerdict;
  /** Milliseconds since the epoch, as all times here. */
  configuredAt: number;
  updatedAt: number;
  transitionedAt: number;
}

/** All alarms, evaluated once a minute while there are any. */
export class Alarms {
  private readonly alarms = new Map<string, Alarm>();
  private readonly history: AlarmHistoryItem[] = [];
  private timer?: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly store: MetricStore,
    private readonly arnOf: (name: string) => string,
  ) {}

  /** Creates an alarm, or changes it and keeps its state. */
  put(input: PutMetricAlarmInput): void {
    const name = required('AlarmName', input.AlarmName);
    const before = this.alarms.get(name);
    const now = this.clock.now();
    this.alarms.set(name, {
      ...compile(input, this.store),
      arn: this.arnOf(name),
      configuredAt: now,
      verdict: before?.verdict ?? { state: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation' },
      updatedAt: before?.updatedAt ?? now,
      transitionedAt: before?.transitionedAt ?? now,
    });
    this.record(name, 'ConfigurationUpdate', `Alarm "${name}" ${before ? 'updated' : 'created'}`);
    this.schedule();
  }

  /** @throws Fault ResourceNotFound when one of them does not exist; then none is deleted, as in AWS */
  delete(names: readonly string[]): void {
    for (const name of names) this.get(name);
    for (const name of names) {
      this.alarms.delete(name);
      this.record(name, 'ConfigurationUpdate', `Alarm "${name}" deleted`);
    }
    if (this.alarms.size === 0) this.close();
  }

  /** Sets a state until the next evaluation, as SetAlarmState does. */
  setState(name: string, state: StateValue, reason: string): void {
    this.enter(name, this.get(name), { state, reason });
  }

  setActionsEnabled(names: readonly string[], enabled: boolean): void {
    for (const name of names) {
      const alarm = this.get(name);
      alarm.definition = { ...alarm.definition, ActionsEnabled: enabled };
    }
  }

  describe(filter: DescribeAlarmsInput): readonly MetricAlarm[] {
    return [...this.alarms]
      .filter(
        ([name, alarm]) =>
          (filter.AlarmNames === undefined || filter.AlarmNames.includes(name)) &&
          name.startsWith(filter.AlarmNamePrefix ?? '') &&
          (filter.StateValue === undefined || filter.StateValue === alarm.verdict.state) &&
          (filter.ActionPrefix === undefined ||
            (alarm.definition.AlarmActions ?? []).some((action) =>
              action.startsWith(filter.ActionPrefix ?? ''),
            )),
      )
      .map(([, alarm]) => described(alarm))
      .sort((a, b) => (a.AlarmName ?? '').localeCompare(b.AlarmName ?? ''));
  }

  /** What happened to alarms, newest first where nothing else is asked for. */
  historyOf(filter: DescribeAlarmHistoryInput): readonly AlarmHistoryItem[] {
    const found = this.history.filter(
      (item) =>
        (filter.AlarmName === undefined || item.AlarmName === filter.AlarmName) &&
        (filter.AlarmTypes?.includes('MetricAlarm') ?? true) &&
        (filter.HistoryItemType === undefined || item.HistoryItemType === filter.HistoryItemType) &&
        item.Timestamp! >= (filter.StartDate ?? new Date(0)) &&
        (filter.EndDate === undefined || item.Timestamp! <= filter.EndDate),
    );
    return filter.ScanBy === 'TimestampAscending' ? found : found.reverse();
  }

  close(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private get(name: string): Alarm {
    const alarm = this.alarms.get(name);
    if (!alarm) throw new Fault('ResourceNotFound', `Alarm '${name}' does not exist`, 404);
    return alarm;
  }

  private schedule(): void {
    if (this.timer) return;
    const now = this.clock.now();
    const minute = resolutionSeconds * 1000;
    const next = floorTo(now - evaluationDelayMs, resolutionSeconds) + minute + evaluationDelayMs;
    this.timer = this.clock.after(next - now, () => {
      this.timer = undefined;
      for (const [name, alarm] of this.alarms) this.evaluate(name, alarm);
      if (this.alarms.size > 0) this.schedule();
    });
  }

  private evaluate(name: string, alarm: Alarm): void {
    const length = alarm.periodSeconds * 1000;
    const end = floorTo(this.clock.now(), alarm.periodSeconds);
    const count = alarm.rule.evaluationPeriods + additionalPeriods;
    const begin = end - count * length;
    const found = new Map(alarm.points(begin, end).map((point) => [point.at, point]));
    const range = Array.from({ length: count }, (_, index) => found.get(begin + index * length));
    const verdict = evaluateAlarm(alarm.rule, range, alarm.verdict);
    if (verdict.state === alarm.verdict.state) return;
    this.enter(name, alarm, verdict);
  }

  private enter(name: string, alarm: Alarm, verdict: AlarmVerdict): void {
    const from = alarm.verdict.state;
    const at = this.clock.now();
    alarm.verdict = verdict;
    alarm.updatedAt = at;
    if (from === verdict.state) return;
    alarm.transitionedAt = at;
    this.record(name, 'StateUpdate', `Alarm updated from ${from} to ${verdict.state}`);
  }

  private record(name: string, type: AlarmHistoryItem['HistoryItemType'], summary: string): void {
    this.history.push({
      AlarmName: name,
      AlarmType: 'MetricAlarm',
      Timestamp: new Date(this.clock.now()),
      HistoryItemType: type,
      HistorySummary: summary,
    });
  }
}

function compile(
  input: PutMetricAlarmInput,
  store: MetricStore,
): Pick<Alarm, 'definition' | 'rule' | 'periodSeconds' | 'points'> {
  const evaluationPeriods = required('EvaluationPeriods', input.EvaluationPeriods);
  const datapointsToAlarm = input.DatapointsToAlarm ?? evaluationPeriods;
  if (evaluationPeriods < 1 || datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods) {
    throw new Fault(
      'ValidationError',
      `DatapointsToAlarm lies between 1 and EvaluationPeriods; found ${datapointsToAlarm} of ${evaluationPeriods}.`,
    );
  }
  const comparison = required('ComparisonOperator', input.ComparisonOperator);
  if (!isThresholdComparison(comparison)) {
    throw new Fault(
      'InvalidParameterValue',
      `The local AWS compares with a fixed threshold; found the comparison '${comparison}', which needs anomaly detection.`,
    );
  }
  const rule = {
    comparison,
    threshold: required('Threshold', input.Threshold),
    evaluationPeriods,
    datapointsToAlarm,
    treatMissingData: missingData(input.TreatMissingData),
  };
  if (input.Metrics !== undefined) {
    refuseSingleMetric(input);
    const queries = new QuerySet(input.Metrics);
    const [watched, ...others] = queries.returned;
    if (!watched || others.length > 0) {
      throw new Fault('ValidationError', 'Exactly one element of the metrics list should return data.');
    }
    checkRange(evaluationPeriods, queries.periodOf(watched.id));
    return {
      definition: input,
      rule,
      periodSeconds: queries.periodOf(watched.id),
      points: (from, to) => queries.points(store, watched.id, from, to),
    };
  }
  const metric = {
    namespace: required('Namespace', input.Namespace),
    name: required('MetricName', input.MetricName),
    dimensions: input.Dimensions ?? [],
  };
  const statistic = statisticOf(input.Statistic ?? input.ExtendedStatistic);
  const periodSeconds = periodOf(required('Period', input.Period));
  checkRange(evaluationPeriods, periodSeconds);
  return {
    definition: input,
    rule,
    periodSeconds,
    points: (from, to) => store.points({ metric, statistic, unit: input.Unit }, from, to, periodSeconds),
  };
}

/** @throws Fault for what belongs to an alarm on one metric. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
function refuseSingleMetric(input: PutMetricAlarmInput): void {
  const { MetricName, Namespace, Dimensions, Period, Unit, Statistic, ExtendedStatistic } = input;
  const given = { MetricName, Namespace, Dimensions, Period, Unit, Statistic, ExtendedStatistic };
  const found = Object.entries(given).find(([, value]) => value !== undefined);
  if (found) throw new Fault('ValidationError', `Metrics cannot be specified together with ${found[0]}.`);
}

/** @throws Fault for an alarm that would look back further than AWS lets it */
function checkRange(evaluationPeriods: number, periodSeconds: number): void {
  const mostDays = periodSeconds < 3600 ? 1 : 7;
  if (evaluationPeriods * periodSeconds <= mostDays * 86_400) return;
  throw new Fault(
    'ValidationError',
    `Metrics cannot be checked across more than ${mostDays === 1 ? 'a day' : 'a week'} (EvaluationPeriods * Period must be <= ${mostDays * 86_400}).`,
  );
}

function missingData(value: string | undefined): MissingData {
  switch (value ?? 'missing') {
    case 'missing':
    case 'ignore':
    case 'breaching':
    case 'notBreaching':
      return (value ?? 'missing') as MissingData;
    default:
      throw new Fault(
        'ValidationError',
        `TreatMissingData is one of missing, ignore, breaching, notBreaching; found '${value}'.`,
      );
  }
}

function described(alarm: Alarm): MetricAlarm {
  const { Tags: _, ...definition } = alarm.definition;
  return {
    ...definition,
    AlarmArn: alarm.arn,
    ActionsEnabled: definition.ActionsEnabled ?? true,
    OKActions: definition.OKActions ?? [],
    AlarmActions: definition.AlarmActions ?? [],
    InsufficientDataActions: definition.InsufficientDataActions ?? [],
    Dimensions: definition.Dimensions ?? [],
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    StateValue: alarm.verdict.state,
    StateReason: alarm.verdict.reason,
    StateUpdatedTimestamp: new Date(alarm.updatedAt),
    StateTransitionedTimestamp: new Date(alarm.transitionedAt),
  };
}

function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) {
    throw new Fault('MissingParameter', `The request must contain the parameter ${name}.`);
  }
  return value;
}
