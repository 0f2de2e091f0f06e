import type {
  DeleteAlarmsInput,
  DescribeAlarmHistoryInput,
  DescribeAlarmHistoryOutput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  DisableAlarmActionsInput,
  EnableAlarmActionsInput,
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  ListMetricsInput,
  ListMetricsOutput,
  PutMetricAlarmInput,
  PutMetricDataInput,
  SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import * as sdk from '@aws-sdk/client-cloudwatch';
import type { Core } from '../core/core';
import type { Operation, ResourceType, Service } from '../core/service';
import { operation } from '../core/service';
import { Alarms } from './alarms';
import { datapoint, MetricStore } from './metric-store';
import { periodOf, QuerySet, statisticOf } from './queries';
import { alarmResource } from './resources';

/** Metrics by the minute, and alarms on them. Alarm actions are kept and described, and not carried out. */
export class CloudWatchService implements Service {
  readonly signingName = 'monitoring';
  readonly iamPrefix = 'cloudwatch';
  readonly sdk = sdk;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::CloudWatch::Alarm': alarmResource,
  };
  readonly operations: Readonly<Record<string, Operation>>;

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

  private metricOperations(): Record<string, Operation> {
    return {
      PutMetricData: operation<PutMetricDataInput, object>({
        run: (input) => {
          const now = this.core.clock.now();
          for (const datum of input.MetricData ?? []) this.store.put(input.Namespace ?? '', datum, now);
          return {};
        },
      }),
      ListMetrics: operation<ListMetricsInput, ListMetricsOutput>({
        run: (input) => ({
          Metrics: this.store
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
            )
            .map(({ namespace, name, dimensions }) => ({
              Namespace: namespace,
              MetricName: name,
              Dimensions: [...dimensions],
            })),
        }),
      }),
      GetMetricStatistics: operation<GetMetricStatisticsInput, GetMetricStatisticsOutput>({
        run: (input) => {
          const metric = {
            namespace: input.Namespace ?? '',
            name: input.MetricName ?? '',
            dimensions: input.Dimensions ?? [],
          };
          const wanted = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])].map(statisticOf);
          const [from, to] = [time(input.StartTime), time(input.EndTime)];
          const found = this.store.summaries(metric, from, to, periodOf(input.Period));
          return {
            Label: input.MetricName,
            Datapoints: found.map(({ at, summary }) => ({
              ...datapoint(at, summary, wanted),
              Unit: input.Unit ?? 'None',
            })),
          };
        },
      }),
      GetMetricData: operation<GetMetricDataInput, GetMetricDataOutput>({
        run: (input) => {
          const queries = new QuerySet(input.MetricDataQueries ?? []);
          return {
            MetricDataResults: queries.returned.map(({ id, label }) => {
              const points = [...queries.points(this.store, id, time(input.StartTime), time(input.EndTime))];
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
      }),
    };
  }

  private alarmOperations(): Record<string, Operation> {
    return {
      PutMetricAlarm: operation<PutMetricAlarmInput, object>({
        resources: (input) => [this.alarmArn(input.AlarmName ?? '')],
        run: (input) => {
          this.alarms.put(input);
          return {};
        },
      }),
      DescribeAlarms: operation<DescribeAlarmsInput, DescribeAlarmsOutput>({
        // About composite alarms, a permission of a narrower scope says nothing:
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        resources: (input) =>
          input.AlarmTypes?.includes('CompositeAlarm') ? ['*'] : this.alarmArns(input.AlarmNames),
        run: (input) => ({ MetricAlarms: [...this.alarms.describe(input)], CompositeAlarms: [] }),
      }),
      DescribeAlarmHistory: operation<DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput>({
        resources: (input) => [this.alarmArn(input.AlarmName ?? '*')],
        run: (input) => ({ AlarmHistoryItems: [...this.alarms.historyOf(input.AlarmName)] }),
      }),
      DeleteAlarms: operation<DeleteAlarmsInput, object>({
        resources: (input) => this.alarmArns(input.AlarmNames),
        run: (input) => {
          this.alarms.delete(input.AlarmNames ?? []);
          return {};
        },
      }),
      SetAlarmState: operation<SetAlarmStateInput, object>({
        resources: (input) => [this.alarmArn(input.AlarmName ?? '')],
        run: (input) => {
          this.alarms.setState(
            input.AlarmName ?? '',
            input.StateValue ?? 'INSUFFICIENT_DATA',
            input.StateReason ?? '',
          );
          return {};
        },
      }),
      EnableAlarmActions: operation<EnableAlarmActionsInput, object>({
        resources: (input) => this.alarmArns(input.AlarmNames),
        run: (input) => {
          this.alarms.setActionsEnabled(input.AlarmNames ?? [], true);
          return {};
        },
      }),
      DisableAlarmActions: operation<DisableAlarmActionsInput, object>({
        resources: (input) => this.alarmArns(input.AlarmNames),
        run: (input) => {
          this.alarms.setActionsEnabled(input.AlarmNames ?? [], false);
          return {};
        },
      }),
    };
  }
}

function time(date: Date | undefined): number {
  return date?.getTime() ?? 0;
}
