import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchService } from '../../local-aws/cloudwatch/service';
import { VirtualClock } from '../../local-aws/core/clock';
import { Core } from '../../local-aws/core/core';
import { provisioningOf } from '../local-aws/provisioning';
import { templates } from '../stacks/synthesize';

const MINUTE_MS = 60_000;
const LATE_SECONDS = [0, 60, 90, 120, 180];

type Properties = Record<string, unknown>;

const alarms = Object.values(templates().instanceBased.findResources('AWS::CloudWatch::Alarm')).map(
  ({ Properties }) => Properties as Properties,
);
const errors = alarms.find(({ Metrics }) => Metrics)!;
const unhealthy = alarms.find(({ MetricName }) => MetricName === 'UnHealthyHostCount')!;

/**
 * Minutes until an alarm fires, from the beginning of the first bad minute; undefined when it does not within
 * twenty of them.
 */
async function minutesUntilAlarm(properties: Properties, lateSeconds: number, data: MetricDatum[]) {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  const cloudWatch = new CloudWatchService(core);
  core.register(cloudWatch);
  const { AlarmName: _, ...others } = JSON.parse(JSON.stringify(properties), (key, value) =>
    // Which load balancer it is does not matter here.
    key === 'Dimensions' ? [] : value,
  ) as Properties;
  const provisioning = { ...provisioningOf(core, 'Alarm'), generateName: () => 'alarm' };
  await cloudWatch.resourceTypes['AWS::CloudWatch::Alarm']!.create(others, provisioning);
  const state = async () => (await core.send(new DescribeAlarmsCommand({}))).MetricAlarms![0]!.StateValue;
  await clock.advance(10 * MINUTE_MS);
  expect(await state()).toBe('OK');
  const begin = clock.now();
  for (let minute = 0; minute < 20; minute++) {
    const Timestamp = new Date(begin + minute * MINUTE_MS);
    clock.after((minute + 1) * MINUTE_MS + lateSeconds * 1000, () => {
      const MetricData = data.map((datum) => ({ ...datum, Timestamp }));
      void core.send(new PutMetricDataCommand({ Namespace: 'AWS/ApplicationELB', MetricData }));
    });
  }
  while (clock.now() < begin + 20 * MINUTE_MS) {
    await clock.advance(5_000);
    if ((await state()) === 'ALARM') return (clock.now() - begin) / MINUTE_MS;
  }
  return undefined;
}

const BAD_ANSWERS = [{ MetricName: 'HTTPCode_Target_5XX_Count', Value: 3_000 }];

test.each(LATE_SECONDS)(
  'answers with 5xx are told by an alarm two minutes after they began, and %i s',
  async (late) => {
    expect(await minutesUntilAlarm(errors, late, BAD_ANSWERS)).toBeCloseTo(2 + Math.ceil(late / 60), 0);
  },
);

test.each(LATE_SECONDS)("the load balancer's own 5xx count too, and both together (%i s)", async (late) => {
  const own = { MetricName: 'HTTPCode_ELB_5XX_Count', Value: 3 };
  expect(await minutesUntilAlarm(errors, late, [own])).toBeUndefined();
  const both = [own, { MetricName: 'HTTPCode_Target_5XX_Count', Value: 2 }];
  expect(await minutesUntilAlarm(errors, late, both)).toBeLessThan(6);
});

test.each(LATE_SECONDS)(
  'a machine that is unhealthy is told by an alarm three minutes after it fell ill, and %i s',
  async (late) => {
    const data = [{ MetricName: 'UnHealthyHostCount', Value: 1 }];
    expect(await minutesUntilAlarm(unhealthy, late, data)).toBeCloseTo(3 + Math.ceil(late / 60), 0);
  },
);

test('the expression fills nothing in', () => {
  expect(JSON.stringify(errors)).toContain('machines + balancer');
  expect(JSON.stringify([errors, unhealthy])).not.toMatch(/FILL/i);
});

test('with FILL, as this alarm once was, metrics that are late are zeros, and it never fires', async () => {
  const filled = JSON.parse(
    JSON.stringify(errors).replace('machines + balancer', 'FILL(machines, 0) + FILL(balancer, 0)'),
  ) as Properties;
  const once = { ...filled, EvaluationPeriods: 3 };
  expect(await minutesUntilAlarm(once, 0, BAD_ANSWERS)).toBeLessThan(3);
  expect(await minutesUntilAlarm(once, 90, BAD_ANSWERS)).toBeUndefined();
});
