import type { Resources } from './lab';
import type { Probe } from './probe';

const MINUTES = 20;
/** How late the values are put, as a load balancer's are. */
const LATE_MINUTES = 2;
const ERRORS_A_MINUTE = 100;

/** Whether an alarm can fire on late values when its expression fills what has not arrived. */
export const alarmFill: Probe = {
  id: 'alarm-fill',
  question: 'Does an alarm on a sum fire on values that are two minutes late, with FILL and without?',
  usd: 0.01,
  minutes: MINUTES + 5,
  async run(lab) {
    const namespace = `image-rollouts-probe/${lab.name}`;
    const { outputs } = await lab.create(
      {
        ...alarm('Filled', 'FILL(machines, 0) + FILL(balancer, 0)', namespace),
        ...alarm('Plain', 'machines + balancer', namespace),
      },
      { Filled: { Ref: 'Filled' }, Plain: { Ref: 'Plain' } },
    );
    lab.say(`errors for ${MINUTES} minutes, each minute's value ${LATE_MINUTES} minutes late`);
    const began = lab.time.now();
    const fired = new Map<string, number>();
    for (let minute = 0; minute < MINUTES; minute++) {
      await lab.time.wait(60);
      await lab.clients.cloudWatch.putMetricData({
        Namespace: namespace,
        MetricData: [
          {
            MetricName: 'machines',
            Timestamp: new Date(lab.time.now() - LATE_MINUTES * 60_000),
            Value: ERRORS_A_MINUTE,
            Unit: 'Count',
          },
        ],
      });
      const { MetricAlarms } = await lab.clients.cloudWatch.describeAlarms({
        AlarmNames: Object.values(outputs),
      });
      for (const { AlarmName, StateValue } of MetricAlarms ?? [])
        if (StateValue === 'ALARM' && !fired.has(AlarmName!)) fired.set(AlarmName!, lab.secondsSince(began));
    }
    const answer = (name: string | undefined) => (fired.has(name ?? '') ? 'fires' : 'never fires');
    return {
      facts: { withFill: answer(outputs.Filled), plainSum: answer(outputs.Plain) },
      figures: { plainSumSeconds: Math.round(fired.get(outputs.Plain ?? '') ?? -1) },
    };
  },
  ranges: { plainSumSeconds: [120, 480] },
};

/** An alarm as the fleet has it, on the probe's own metrics: one of them, `balancer`, never has a value. */
function alarm(logicalId: string, expression: string, namespace: string): Resources {
  const metric = (id: string) => ({
    Id: id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: namespace, MetricName: id }, Period: 60, Stat: 'Sum' },
  });
  return {
    [logicalId]: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        Metrics: [
          { Id: 'sum', Expression: expression, Period: 60, ReturnData: true },
          metric('machines'),
          metric('balancer'),
        ],
        Threshold: 5,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        TreatMissingData: 'notBreaching',
      },
    },
  };
}
