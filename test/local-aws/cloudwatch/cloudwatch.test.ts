import type { StateValue } from '@aws-sdk/client-cloudwatch';
import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import type { AlarmRule } from '../../../local-aws/cloudwatch/alarm-state';
import { evaluateAlarm } from '../../../local-aws/cloudwatch/alarm-state';
import { CloudWatchService } from '../../../local-aws/cloudwatch/service';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { provisioningOf } from '../provisioning';

const minute = 60_000;

function setUp() {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  const service = new CloudWatchService(core);
  core.register(service);
  const put = (value: number, name = 'UnHealthyHostCount') =>
    core.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: name, Value: value }] }));
  const state = async (name = 'a') => {
    const { MetricAlarms = [] } = await core.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    return MetricAlarms[0];
  };
  return { clock, core, service, put, state };
}

const alarm = {
  AlarmName: 'a',
  Namespace: 'N',
  MetricName: 'UnHealthyHostCount',
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
} as const;

describe('the state of an alarm, as AWS documents it for missing data', () => {
  // Newest last; 0 does not breach, X breaches, - is missing. From AWS's tables for 3 of 3, and 2 of 3 datapoints.
  type Row = [needed: 3 | 2, string, StateValue, StateValue | 'retained', StateValue, StateValue];
  const table: Row[] = [
    [3, '0-X-X', 'OK', 'OK', 'OK', 'OK'],
    [3, '----0', 'OK', 'OK', 'OK', 'OK'],
    [3, '-----', 'INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK'],
    [3, '0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [3, '--X--', 'ALARM', 'retained', 'ALARM', 'OK'],
    [2, '0-X-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '00X0X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0-X--', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '----0', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '---X-', 'ALARM', 'retained', 'ALARM', 'OK'],
  ];
  const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
  const cases = table.flatMap(([needed, range, ...wanted]) =>
    treatments.map((treatment, index) => [needed, range, treatment, wanted[index] ?? 'OK'] as const),
  );
  test.each(cases)('%i of 3, %s with %s: %s', (datapointsToAlarm, range, treatMissingData, wanted) => {
    const rule: AlarmRule = {
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: 3,
      datapointsToAlarm,
      treatMissingData,
    };
    const points = [...range].map((sign, index) =>
      sign === '-' ? undefined : { at: index * minute, value: sign === 'X' ? 1 : 0 },
    );
    const present = { state: 'INSUFFICIENT_DATA', reason: 'before' } as const;
    const expected = wanted === 'retained' ? present.state : wanted;
    expect(evaluateAlarm(rule, points, present).state).toBe(expected);
  });
});

describe('alarms over time', () => {
  it('begins with too little data, fires after three bad minutes, and recovers', async () => {
    const { clock, core, put, state } = setUp();
    await core.send(new PutMetricAlarmCommand(alarm));
    expect(await state()).toMatchObject({
      StateValue: 'INSUFFICIENT_DATA',
      StateReason: 'Unchecked: Initial alarm creation',
      AlarmArn: 'arn:aws:cloudwatch:eu-central-1:000000000000:alarm:a',
    });
    await put(0);
    await clock.advance(minute + 10_000);
    expect((await state())?.StateValue).toBe('OK');
    for (let bad = 0; bad < 3; bad++) {
      await put(1);
      expect((await state())?.StateValue).toBe('OK');
      await clock.advance(minute);
    }
    expect((await state())?.StateValue).toBe('ALARM');
    expect((await state())?.StateReason).toBe(
      'Threshold Crossed: 3 out of the last 3 datapoints [1.0 (01/01/26 00:03:00), 1.0 (01/01/26 00:02:00), ' +
        '1.0 (01/01/26 00:01:00)] were greater than or equal to the threshold (1.0) ' +
        '(minimum 3 datapoints for OK -> ALARM transition).',
    );
    await put(0);
    await clock.advance(minute);
    expect((await state())?.StateValue).toBe('OK');
  });

  it('fires on two of three datapoints when that is enough', async () => {
    const { clock, core, put, state } = setUp();
    await core.send(new PutMetricAlarmCommand({ ...alarm, DatapointsToAlarm: 2 }));
    for (const value of [1, 0, 1]) {
      await put(value);
      await clock.advance(minute);
    }
    await clock.advance(10_000);
    expect((await state())?.StateValue).toBe('ALARM');
  });

  it('goes to OK without any data when missing data is not breaching', async () => {
    const { clock, core, state } = setUp();
    await core.send(new PutMetricAlarmCommand({ ...alarm, TreatMissingData: 'notBreaching' }));
    await clock.advance(minute + 10_000);
    expect((await state())?.StateValue).toBe('OK');
  });

  it('calculates an expression over two metrics', async () => {
    const { clock, core, put, state } = setUp();
    const { Namespace: _, MetricName: __, Statistic: ___, Period: ____, ...rest } = alarm;
    const stat = (name: string) => ({
      Metric: { Namespace: 'N', MetricName: name },
      Period: 60,
      Stat: 'Sum',
    });
    const ratio = {
      ...rest,
      EvaluationPeriods: 1,
      Threshold: 10,
      Metrics: [
        { Id: 'rate', Expression: '100 * FILL(errors, 0) / requests' },
        { Id: 'errors', MetricStat: stat('E'), ReturnData: false },
        { Id: 'requests', MetricStat: stat('R'), ReturnData: false },
      ],
    };
    await core.send(new PutMetricAlarmCommand(ratio));
    await put(100, 'R');
    await clock.advance(minute + 10_000);
    expect((await state())?.StateValue).toBe('OK');
    await put(100, 'R');
    await put(10, 'E');
    await clock.advance(minute);
    expect((await state())?.StateValue).toBe('ALARM');
    await expect(
      core.send(
        new PutMetricAlarmCommand({ ...ratio, Metrics: [{ Id: 'rate', Expression: 'ANOMALY(m1)' }] }),
      ),
    ).rejects.toThrow("cannot calculate the metric math expression 'ANOMALY(m1)'");
  });

  it('keeps a state that was set until the next evaluation', async () => {
    const { clock, core, state } = setUp();
    await core.send(new PutMetricAlarmCommand({ ...alarm, TreatMissingData: 'notBreaching' }));
    await core.send(new SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'ALARM', StateReason: 'test' }));
    expect(await state()).toMatchObject({ StateValue: 'ALARM', StateReason: 'test' });
    await clock.advance(2 * minute);
    expect((await state())?.StateValue).toBe('OK');
  });

  it('deletes alarms, and names one that is not there', async () => {
    const { core, state } = setUp();
    await core.send(new PutMetricAlarmCommand(alarm));
    await core.send(new DeleteAlarmsCommand({ AlarmNames: ['a'] }));
    expect(await state()).toBeUndefined();
    await expect(core.send(new DeleteAlarmsCommand({ AlarmNames: ['a'] }))).rejects.toMatchObject({
      code: 'ResourceNotFound',
      message: "Alarm 'a' does not exist",
    });
  });
});

describe('metrics', () => {
  it('answers statistics by period, and lists what there is', async () => {
    const { clock, core, put } = setUp();
    await put(1);
    await put(4);
    await clock.advance(minute);
    await put(2);
    const range = { StartTime: new Date(clock.now() - minute), EndTime: new Date(clock.now() + minute) };
    const statistics = await core.send(
      new GetMetricStatisticsCommand({
        Namespace: 'N',
        MetricName: 'UnHealthyHostCount',
        Period: 60,
        Statistics: ['Sum', 'Average', 'Maximum', 'Minimum', 'SampleCount'],
        ...range,
      }),
    );
    expect(statistics.Datapoints).toEqual([
      expect.objectContaining({ Sum: 5, Average: 2.5, Maximum: 4, Minimum: 1, SampleCount: 2 }),
      expect.objectContaining({ Sum: 2, SampleCount: 1 }),
    ]);
    const metric = { Namespace: 'N', MetricName: 'UnHealthyHostCount' };
    const data = await core.send(
      new GetMetricDataCommand({
        MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: metric, Period: 120, Stat: 'Sum' } }],
        ...range,
      }),
    );
    expect(data.MetricDataResults?.[0]).toMatchObject({ Id: 'm', Values: [7], StatusCode: 'Complete' });
    expect((await core.send(new ListMetricsCommand({}))).Metrics).toEqual([{ ...metric, Dimensions: [] }]);
  });

  it('refuses a percentile with a clear reason', async () => {
    const { core } = setUp();
    await expect(
      core.send(new PutMetricAlarmCommand({ ...alarm, Statistic: undefined, ExtendedStatistic: 'p99' })),
    ).rejects.toThrow("calculates Sum, Average, Minimum, Maximum and SampleCount; found the statistic 'p99'");
  });
});

describe('AWS::CloudWatch::Alarm', () => {
  it('creates, changes and deletes an alarm from stringly properties', async () => {
    const { core, service, state } = setUp();
    const type = service.resourceTypes['AWS::CloudWatch::Alarm'];
    const provisioning = { ...provisioningOf(core, 'Alarm'), generateName: () => 'a' };
    const properties = {
      ...alarm,
      AlarmName: undefined,
      Period: '60',
      Threshold: '1',
      EvaluationPeriods: '3',
    };
    expect(await type?.create(properties, provisioning)).toEqual({
      physicalId: 'a',
      attributes: { Arn: 'arn:aws:cloudwatch:eu-central-1:000000000000:alarm:a' },
    });
    expect(await state()).toMatchObject({ Period: 60, Threshold: 1 });
    await type?.update?.('a', { ...properties, Threshold: '2' }, properties, provisioning);
    expect(await state()).toMatchObject({ Threshold: 2 });
    await type?.delete('a', properties, provisioning);
    await type?.delete('a', properties, provisioning);
    expect(await state()).toBeUndefined();
    await expect(type?.create({ ...alarm, Threshhold: 1 }, provisioning)).rejects.toThrow(
      'property Threshhold',
    );
  });
});
