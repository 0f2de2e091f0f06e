import { DeleteAlarmsCommand, PutMetricAlarmCommand, PutMetricAlarmInput$ } from '@aws-sdk/client-cloudwatch';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';
import { templateInput, unlessGone, withStackTags } from '../core/template-input';

/** `AWS::CloudWatch::Alarm`: its `Ref` is the alarm's name, and its properties are those of PutMetricAlarm. */
export const alarmResource: ResourceType = {
  accepts: {
    ActionsEnabled: true,
    AlarmActions: true,
    AlarmDescription: true,
    AlarmName: true,
    ComparisonOperator: true,
    DatapointsToAlarm: true,
    Dimensions: true,
    EvaluationPeriods: true,
    ExtendedStatistic: true,
    InsufficientDataActions: true,
    MetricName: true,
    Metrics: true,
    Namespace: true,
    OKActions: true,
    Period: true,
    Statistic: true,
    Tags: true,
    Threshold: true,
    TreatMissingData: true,
    Unit: true,
  },
  createOnly: ['AlarmName'],
  create: (properties, provisioning) =>
    put(String(properties.AlarmName ?? provisioning.generateName(255)), properties, provisioning),
  update: (name, properties, _, provisioning) => put(name, properties, provisioning),
  delete: (name, _, { core }) =>
    unlessGone(core.send(new DeleteAlarmsCommand({ AlarmNames: [name] })), /^ResourceNotFound$/),
};

async function put(name: string, properties: Properties, provisioning: Provisioning): Promise<Provisioned> {
  const { core } = provisioning;
  const Tags = withStackTags(properties.Tags, provisioning);
  const given = { ...properties, AlarmName: name, ...(Tags.length > 0 && { Tags }) };
  const input = templateInput<ConstructorParameters<typeof PutMetricAlarmCommand>[0]>(
    PutMetricAlarmInput$,
    given,
    'AWS::CloudWatch::Alarm',
  );
  await core.send(new PutMetricAlarmCommand(input));
  return { physicalId: name, attributes: { Arn: core.arn('cloudwatch', `alarm:${name}`) } };
}
