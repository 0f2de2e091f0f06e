import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { operation } from '../../harness/stand-in';
import { elbFixture } from './fixture';

/** A load balancer, and what CloudWatch gets from it, with the seconds since the beginning. */
async function published(options: Parameters<typeof elbFixture>[0]) {
  const fixture = await elbFixture(options);
  const begin = fixture.clock.now();
  const arrivals: { readonly after: number; readonly input: cloudwatch.PutMetricDataInput }[] = [];
  fixture.core.register({
    signingName: 'monitoring',
    sdk: cloudwatch,
    operations: {
      PutMetricData: operation<cloudwatch.PutMetricDataInput, object>({
        run: (input) => {
          arrivals.push({ after: (fixture.clock.now() - begin) / 1000, input });
          return {};
        },
      }),
    },
  });
  return { ...fixture, begin, arrivals };
}

test('every minute CloudWatch gets the hosts that are healthy and unhealthy, and none that are on the way', async () => {
  let launched = 0;
  const fixture = await published({
    behaviour: () => {
      const number = ++launched;
      return { status: (ageMs) => (number === 1 ? 200 : number === 2 ? 500 : ageMs < 1e9 ? 'refused' : 200) };
    },
  });
  await fixture.addTarget();
  await fixture.addTarget();
  await fixture.clock.advance(50_000);
  await fixture.addTarget();
  await fixture.clock.advance(10_000);

  expect(fixture.arrivals).toHaveLength(1);
  const { Namespace, MetricData } = fixture.arrivals[0]!.input;
  expect(Namespace).toBe('AWS/ApplicationELB');
  expect(MetricData!.map(({ MetricName, Value }) => [MetricName, Value])).toEqual([
    ['HealthyHostCount', 1],
    ['UnHealthyHostCount', 1],
  ]);
  expect(MetricData![0]!.Dimensions).toEqual([
    { Name: 'TargetGroup', Value: expect.stringMatching(/^targetgroup\/fleet\/[0-9a-f]{16}$/) },
    { Name: 'LoadBalancer', Value: expect.stringMatching(/^app\/fleet\/[0-9a-f]{16}$/) },
  ]);
  await fixture.clock.advance(60_000);
  expect(fixture.arrivals).toHaveLength(2);
});

test('a metric counts for the minute that it was measured in', async () => {
  const { clock, begin, arrivals, addTarget } = await published({});
  await addTarget();
  await clock.advance(60_000);
  expect(begin % 60_000).toBe(0);
  expect(arrivals[0]!.input.MetricData!.map(({ Timestamp }) => Timestamp!.getTime())).toEqual([begin, begin]);
});

test('metrics that are late arrive late, and say which minute they are of', async () => {
  const { clock, begin, arrivals, addTarget } = await published({ variations: { metricsDelaySeconds: 90 } });
  await addTarget();
  await clock.advance(5 * 60_000);
  expect(
    arrivals.map(({ after, input }) => [
      after,
      (input.MetricData![0]!.Timestamp!.getTime() - begin) / 1000,
      input.MetricData!.length,
    ]),
  ).toEqual([
    [150, 0, 2],
    [210, 60, 2],
    [270, 120, 2],
  ]);
});

test('by a seed each metric is one to three minutes late, and the same seed repeats it', async () => {
  const delays = async (seed: number) => {
    const { clock, begin, arrivals, addTarget } = await published({ variations: { seed } });
    await addTarget();
    await clock.advance(30 * 60_000);
    return arrivals.flatMap(({ after, input }) =>
      input.MetricData!.map(({ Timestamp }) => after - 60 - (Timestamp!.getTime() - begin) / 1000),
    );
  };
  const found = await delays(7);
  expect(Math.min(...found)).toBeGreaterThanOrEqual(60);
  expect(Math.max(...found)).toBeLessThanOrEqual(180);
  expect(new Set(found).size).toBeGreaterThan(20);
  expect(await delays(7)).toEqual(found);
  expect(await delays(8)).not.toEqual(found);
});
