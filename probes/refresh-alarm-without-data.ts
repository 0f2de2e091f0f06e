import { group, launchTemplate, NETWORK } from './parts';
import type { Probe } from './probe';

/** Whether a refresh starts with an alarm that has had no data yet. */
export const refreshAlarmWithoutData: Probe = {
  id: 'refresh-alarm-without-data',
  question: 'Is an instance refresh refused whose alarm is INSUFFICIENT_DATA, and by which error?',
  usd: 0,
  minutes: 5,
  async run(lab) {
    const { outputs } = await lab.create(
      {
        ...NETWORK,
        ...launchTemplate(),
        ...group(0),
        Alarm: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: {
            Namespace: `image-rollouts-probe/${lab.name}`,
            MetricName: 'nothing',
            Statistic: 'Sum',
            Period: 60,
            EvaluationPeriods: 1,
            Threshold: 1,
            ComparisonOperator: 'GreaterThanOrEqualToThreshold',
            TreatMissingData: 'missing',
          },
        },
      },
      { Group: { Ref: 'Group' }, Alarm: { Ref: 'Alarm' }, Template: { Ref: 'Template' } },
    );
    return {
      facts: {
        start: await lab.outcome(() =>
          lab.clients.autoScaling.startInstanceRefresh({
            AutoScalingGroupName: outputs.Group,
            DesiredConfiguration: {
              LaunchTemplate: { LaunchTemplateId: outputs.Template, Version: '1' },
            },
            Preferences: { AutoRollback: true, AlarmSpecification: { Alarms: [outputs.Alarm!] } },
          }),
        ),
      },
    };
  },
};
