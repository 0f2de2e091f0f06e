import * as sdk from '@aws-sdk/client-cloudwatch';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operations, ResourceType, Service } from '../core/service';
import { Alarms } from './alarms';
import { ALARM_PAGE, checkDatapoints, checkDatum, METRIC_PAGE, pageOfList, rangeOf } from './limits';
import { datapoint, MetricStore } from './metric-store';
import { periodOf, QuerySet, statisticOf } from './queries';
import { alarmResource } from './resources';

const NO_ACTIONS = 'told again; no action is carried out';
const TOLD = 'told again';
const NO_TAGS = 'no operation tells them';
const QUERY = {
  Id: true,
  MetricStat: {
    Metric: { Namespace: true, MetricName: true, Dimensions: { Name: true, Value: true } },
    Period: true,
    Stat: true,
    Unit: true,
  },
  Expression: true,
  Label: true,
  ReturnData: true,
  Period: true,
} as const;

/** Metrics by the minute, and alarms on them. Alarm actions are kept and described, and not carried out. */
export class CloudWatchService implements Service {
  readonly signingName = 'monitoring';
  readonly iamPrefix = 'cloudwatch';
  readonly sdk = sdk;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::CloudWatch::Alarm': alarmResource,
  };
  readonly operations: Operations<typeof sdk>;

  private readonly store = new MetricStore();
  private readonly alarms: Alarms;

  constructor(private readonly core: Core) {
    this.alarms = new Alarms(core.clock, this.store, (name) => this.alarmArn(name));
    this.operations = { ...this.metricOperations(), ...this.alarmOperations() };
  }

  async close(): Promise<void> {
    this.alarms.close();
  }

  private alarmArn(name: string): string {
    return this.core.arn('cloudwatch', `alarm:${name}`);
  }

  private alarmArns(names: readonly string[] | undefined): readonly string[] {
    return names?.length ? names.map((name) => this.alarmArn(name)) : [this.alarmArn('*')];
  }

  private metricOperations(): Operations<typeof sdk> {
    return {
      PutMetricData: {
        accepts: {
          Namespace: true,
          MetricData: {
            MetricName: true,
            Dimensions: { Name: true, Value: true },
            Timestamp: true,
            Value: true,
            StatisticValues: { SampleCount: true, Sum: true, Minimum: true, Maximum: true },
            Values: true,
            Counts: true,
            Unit: true,
            StorageResolution: only(60),
          },
        },
        run: (input) => {
          const now = this.core.clock.now();
          for (const datum of input.MetricData ?? []) checkDatum(datum, now);
          for (const datum of input.MetricData ?? []) this.store.put(input.Namespace ?? '', datum, now);
          return {};
        },
      },
      ListMetrics: {
        accepts: {
          Namespace: true,
          MetricName: true,
          Dimensions: { Name: true, Value: true },
          NextToken: true,
        },
        run: (input) => {
          const found = this.store
            .all()
            .filter(
              (metric) =>
                (input.Namespace === undefined || input.Namespace === metric.namespace) &&
                (input.MetricName === undefined || input.MetricName === metric.name) &&
                (input.Dimensions ?? []).every((wanted) =>
                  metric.dimensions.some(
                    ({ Name, Value }) =>
                      Name === wanted.Name && (wanted.Value === undefined || Value === wanted.Value),
                  ),
                ),
            );
          const { items, next } = pageOfList(found, { NextToken: input.NextToken }, METRIC_PAGE);
          return {
            Metrics: items.map(({ namespace, name, dimensions }) => ({
              Namespace: namespace,
              MetricName: name,
              Dimensions: [...dimensions],
            })),
            NextToken: next,
          };
        },
      },
      GetMetricStatistics: {
        accepts: {
          Namespace: true,
          MetricName: true,
          StartTime: true,
          EndTime: true,
          Period: true,
          Dimensions: { Name: true, Value: true },
          Statistics: true,
          ExtendedStatistics: true,
          Unit: true,
        },
        run: (input) => {
          const metric = {
            namespace: input.Namespace ?? '',
            name: input.MetricName ?? '',
            dimensions: input.Dimensions ?? [],
          };
          const wanted = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])].map(statisticOf);
          if (wanted.length === 0)
            throw new Fault('MissingParameter', 'Must specify either Statistics or ExtendedStatistics.');
          const period = periodOf(input.Period);
          const { from, to } = rangeOf(input);
          checkDatapoints((to - from) / 1000 / period);
          return {
            Label: input.MetricName,
            Datapoints: this.store
              .units(metric, input.Unit)
              .flatMap((Unit) =>
                this.store
                  .summaries(metric, Unit, from, to, period)
                  .map(({ at, summary }) => ({ ...datapoint(at, summary, wanted), Unit })),
              ),
          };
        },
      },
      GetMetricData: {
        accepts: { MetricDataQueries: QUERY, StartTime: true, EndTime: true, ScanBy: true },
        run: (input) => {
          const queries = new QuerySet(input.MetricDataQueries ?? []);
          const { from, to } = rangeOf(input);
          return {
            MetricDataResults: queries.returned.map(({ id, label }) => {
              const points = [...queries.points(this.store, id, from, to)];
              if (input.ScanBy !== 'TimestampAscending') points.reverse();
              return {
                Id: id,
                Label: label,
                Timestamps: points.map(({ at }) => new Date(at)),
                Values: points.map(({ value }) => value),
                StatusCode: 'Complete' as const,
              };
            }),
            Messages: [],
          };
        },
      },
    };
  }

  private alarmOperations(): Operations<typeof sdk> {
    return {
      PutMetricAlarm: {
        accepts: {
          AlarmName: true,
          AlarmDescription: TOLD,
          ActionsEnabled: NO_ACTIONS,
          OKActions: NO_ACTIONS,
          AlarmActions: NO_ACTIONS,
          InsufficientDataActions: NO_ACTIONS,
          MetricName: true,
          Namespace: true,
          Statistic: true,
          ExtendedStatistic: true,
          Dimensions: { Name: true, Value: true },
          Period: true,
          Unit: true,
          EvaluationPeriods: true,
          DatapointsToAlarm: true,
          Threshold: true,
          ComparisonOperator: true,
          TreatMissingData: true,
          Metrics: QUERY,
          Tags: { Key: NO_TAGS, Value: NO_TAGS },
        },
        resources: (input) => [this.alarmArn(input.AlarmName ?? '')],
        run: (input) => {
          this.alarms.put(input);
          return {};
        },
      },
      DescribeAlarms: {
        accepts: {
          AlarmNames: true,
          AlarmNamePrefix: true,
          AlarmTypes: true,
          StateValue: true,
          ActionPrefix: true,
          MaxRecords: true,
          NextToken: true,
        },
        // About composite alarms, a permission of a narrower scope says nothing:
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        resources: (input) =>
          input.AlarmTypes?.includes('CompositeAlarm') ? ['*'] : this.alarmArns(input.AlarmNames),
        run: (input) => {
          if (input.AlarmNames && input.AlarmNamePrefix !== undefined)
            throw new Fault('ValidationError', 'AlarmNames and AlarmNamePrefix cannot both be specified.');
          const isAsked = input.AlarmTypes?.includes('MetricAlarm') ?? true;
          const { items, next } = pageOfList(isAsked ? this.alarms.describe(input) : [], input, ALARM_PAGE);
          return { MetricAlarms: items, CompositeAlarms: [], NextToken: next };
        },
      },
      DescribeAlarmHistory: {
        accepts: {
          AlarmName: true,
          AlarmTypes: true,
          HistoryItemType: true,
          StartDate: true,
          EndDate: true,
          MaxRecords: true,
          NextToken: true,
          ScanBy: true,
        },
        resources: (input) => [this.alarmArn(input.AlarmName ?? '*')],
        run: (input) => {
          const { items, next } = pageOfList(this.alarms.historyOf(input), input, ALARM_PAGE, {
            newestFirst: input.ScanBy !== 'TimestampAscending',
          });
          return { AlarmHistoryItems: items, NextToken: next };
        },
      },
      DeleteAlarms: {
        accepts: { AlarmNames: true },
        resources: (input) => this.alarmArns(input.AlarmNames),
        run: (input) => {
          this.alarms.delete(input.AlarmNames ?? []);
          return {};
        },
      },
      SetAlarmState: {
        accepts: { AlarmName: true, StateValue: true, StateReason: true },
        resources: (input) => [this.alarmArn(input.AlarmName ?? '')],
        run: (input) => {
          this.alarms.setState(
            input.AlarmName ?? '',
            input.StateValue ?? 'INSUFFICIENT_DATA',
            input.StateReason ?? '',
          );
          return {};
        },
      },
      EnableAlarmActions: {
        accepts: { AlarmNames: true },
        resources: (input) => this.alarmArns(input.AlarmNames),
        run: (input) => {
          this.alarms.setActionsEnabled(input.AlarmNames ?? [], true);
          return {};
        },
      },
      DisableAlarmActions: {
        accepts: { AlarmNames: true },
        resources: (input) => this.alarmArns(input.AlarmNames),
        run: (input) => {
          this.alarms.setActionsEnabled(input.AlarmNames ?? [], false);
          return {};
        },
      },
    };
  }
}
