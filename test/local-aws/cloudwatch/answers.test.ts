import * as cw from '@aws-sdk/client-cloudwatch';
import { CloudWatchService } from '../../../local-aws/cloudwatch/service';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { provisioningOf } from '../provisioning';

const minute = 60_000;
const day = 24 * 60 * minute;

let clock: VirtualClock;
let core: Core;
let service: CloudWatchService;

beforeEach(() => {
  clock = new VirtualClock();
  core = new Core({ clock });
  service = new CloudWatchService(core);
  core.register(service);
});

const at = (ms: number) => new Date(clock.now() + ms);
const put = (Value: number, more: Partial<cw.MetricDatum> = {}) =>
  core.send(
    new cw.PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'M', Value, ...more }] }),
  );
const range = () => ({ StartTime: at(-10 * minute), EndTime: at(minute) });
const alarm = {
  AlarmName: 'a',
  Namespace: 'N',
  MetricName: 'M',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
} as const;

describe('units', () => {
  beforeEach(async () => {
    await put(3, { Unit: 'Count' });
    await put(500, { Unit: 'Milliseconds' });
  });

  test('of a metric query choose among the values, and none is converted', async () => {
    const sum = async (Unit?: cw.StandardUnit) => {
      const MetricStat = { Metric: { Namespace: 'N', MetricName: 'M' }, Period: 60, Stat: 'Sum', Unit };
      const command = new cw.GetMetricDataCommand({
        ...range(),
        MetricDataQueries: [{ Id: 'm', MetricStat }],
      });
      return (await core.send(command)).MetricDataResults?.[0]?.Values;
    };
    expect(await sum('Count')).toEqual([3]);
    expect(await sum('Seconds')).toEqual([]);
  });

  test('of statistics are those that the values came in', async () => {
    const statistics = async (Unit?: cw.StandardUnit) => {
      const command = new cw.GetMetricStatisticsCommand({
        ...{ Namespace: 'N', MetricName: 'M', Period: 60, Statistics: ['Sum'] },
        ...range(),
        Unit,
      });
      return (await core.send(command)).Datapoints?.map(({ Sum, Unit }) => [Sum, Unit]);
    };
    expect(await statistics()).toEqual([
      [3, 'Count'],
      [500, 'Milliseconds'],
    ]);
    expect(await statistics('Milliseconds')).toEqual([[500, 'Milliseconds']]);
    expect(await statistics('Bytes')).toEqual([]);
  });

  test('of an alarm choose what it watches, through CloudFormation too', async () => {
    const Metric = { Namespace: 'N', MetricName: 'M' };
    const { AlarmName: _, Namespace: __, MetricName: ___, Statistic: ____, Period, ...rest } = alarm;
    const Metrics = [{ Id: 'm', MetricStat: { Metric, Period: '60', Stat: 'Sum', Unit: 'Seconds' } }];
    await service.resourceTypes['AWS::CloudWatch::Alarm']!.create(
      { ...rest, Metrics },
      provisioningOf(core, 'L'),
    );
    await core.send(new cw.PutMetricAlarmCommand({ ...alarm, Unit: 'Count' }));
    await clock.advance(2 * minute);
    const { MetricAlarms } = await core.send(new cw.DescribeAlarmsCommand({}));
    expect(MetricAlarms?.map(({ AlarmName, StateValue }) => [AlarmName, StateValue])).toEqual([
      ['a', 'ALARM'],
      ['Stack-L', 'INSUFFICIENT_DATA'],
    ]);
  });
});

describe('lists', () => {
  test('of alarms and of what happened to them have pages', async () => {
    for (let index = 0; index < 60; index++)
      await core.send(new cw.PutMetricAlarmCommand({ ...alarm, AlarmName: `a${index}` }));
    const first = await core.send(new cw.DescribeAlarmsCommand({}));
    expect(first.MetricAlarms).toHaveLength(50);
    const second = await core.send(new cw.DescribeAlarmsCommand({ NextToken: first.NextToken }));
    expect(second.MetricAlarms).toHaveLength(10);
    expect(second.NextToken).toBeUndefined();
    const history = await core.send(new cw.DescribeAlarmHistoryCommand({ MaxRecords: 3 }));
    expect(history.AlarmHistoryItems?.map(({ AlarmName }) => AlarmName)).toEqual(['a59', 'a58', 'a57']);
    expect(history.NextToken).toBeDefined();
    await expect(core.send(new cw.DescribeAlarmsCommand({ MaxRecords: 101 }))).rejects.toThrow('to 100');
  });

  test('of what happened are those of a kind, a time and an order', async () => {
    await core.send(new cw.PutMetricAlarmCommand(alarm));
    await clock.advance(minute);
    await core.send(
      new cw.SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'ALARM', StateReason: 'tried' }),
    );
    const summaries = async (input: cw.DescribeAlarmHistoryCommandInput) =>
      (await core.send(new cw.DescribeAlarmHistoryCommand(input))).AlarmHistoryItems?.map(
        ({ HistoryItemType }) => HistoryItemType,
      );
    expect(await summaries({ ScanBy: 'TimestampAscending' })).toEqual(['ConfigurationUpdate', 'StateUpdate']);
    expect(await summaries({ HistoryItemType: 'StateUpdate' })).toEqual(['StateUpdate']);
    expect(await summaries({ EndDate: at(-1) })).toEqual(['ConfigurationUpdate']);
    expect(await summaries({ AlarmTypes: ['CompositeAlarm'] })).toEqual([]);
  });

  test('of alarms of other kinds are empty', async () => {
    await core.send(new cw.PutMetricAlarmCommand(alarm));
    const { MetricAlarms } = await core.send(
      new cw.DescribeAlarmsCommand({ AlarmTypes: ['CompositeAlarm'] }),
    );
    expect(MetricAlarms).toEqual([]);
  });
});

describe('refused as AWS does', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'names and a prefix',
      () => core.send(new cw.DescribeAlarmsCommand({ AlarmNames: ['a'], AlarmNamePrefix: 'a' })),
      'cannot both be specified',
    ],
    [
      'metrics beside a metric',
      () =>
        core.send(new cw.PutMetricAlarmCommand({ ...alarm, Metrics: [{ Id: 'm', Expression: '1 + 1' }] })),
      'Metrics cannot be specified together with MetricName.',
    ],
    [
      'an alarm over more than a day',
      () => core.send(new cw.PutMetricAlarmCommand({ ...alarm, EvaluationPeriods: 1441 })),
      'must be <= 86400',
    ],
    [
      'a value of long ago',
      () => put(1, { Timestamp: at(-14 * day - 1) }),
      'no more than two weeks in the past',
    ],
    ['a value of the future', () => put(1, { Timestamp: at(2 * 60 * minute + 1) }), 'within two hours'],
    [
      'too many datapoints',
      () =>
        core.send(
          new cw.GetMetricStatisticsCommand({
            ...{ Namespace: 'N', MetricName: 'M', Period: 60, Statistics: ['Sum'] },
            ...{ StartTime: at(-2 * day), EndTime: at(0) },
          }),
        ),
      'exceeds the limit of 1440',
    ],
    [
      'a time without a length',
      () =>
        core.send(new cw.GetMetricDataCommand({ StartTime: at(0), EndTime: at(0), MetricDataQueries: [] })),
      'must be less than',
    ],
    [
      'a second for the resolution',
      () => put(1, { StorageResolution: 1 }),
      'MetricData[0].StorageResolution = 1 is not served by the local AWS; only 60 is.',
    ],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});
