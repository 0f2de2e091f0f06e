import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { operation } from '../../../local-aws/core/service';
import { elbFixture } from './fixture';

test('every minute CloudWatch gets the hosts that are healthy and unhealthy, and none that are on the way', async () => {
  let launched = 0;
  const fixture = await elbFixture({
    behaviour: () => {
      const number = ++launched;
      return { status: (ageMs) => (number === 1 ? 200 : number === 2 ? 500 : ageMs < 1e9 ? 'refused' : 200) };
    },
  });
  const published: cloudwatch.PutMetricDataInput[] = [];
  fixture.core.register({
    signingName: 'monitoring',
    sdk: cloudwatch,
    operations: {
      PutMetricData: operation<cloudwatch.PutMetricDataInput, object>({
        run: (input) => {
          published.push(input);
          return {};
        },
      }),
    },
  });
  await fixture.addTarget();
  await fixture.addTarget();
  await fixture.clock.advance(50_000);
  await fixture.addTarget();
  await fixture.clock.advance(10_000);

  expect(published).toHaveLength(1);
  const { Namespace, MetricData } = published[0]!;
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
  expect(published).toHaveLength(2);
});
