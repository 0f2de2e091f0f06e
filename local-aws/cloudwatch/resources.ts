import type { Dimension, MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { DeleteAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { Fault } from '../core/fault';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';

const numbers = ['Period', 'EvaluationPeriods', 'DatapointsToAlarm', 'Threshold'] as const;
const others = [
  'ActionsEnabled',
  'AlarmActions',
  'AlarmDescription',
  'ComparisonOperator',
  'Dimensions',
  'ExtendedStatistic',
  'InsufficientDataActions',
  'MetricName',
  'Metrics',
  'Namespace',
  'OKActions',
  'Statistic',
  'Tags',
  'TreatMissingData',
  'Unit',
] as const;

/** `AWS::CloudWatch::Alarm`: its `Ref` is the alarm's name. */
export const alarmResource: ResourceType = {
  createOnly: ['AlarmName'],
  create: (properties, provisioning) =>
    put(String(properties.AlarmName ?? provisioning.generateName(255)), properties, provisioning),
  update: (name, properties, _, provisioning) => put(name, properties, provisioning),
  delete: async (name, _, { core }) => {
    try {
      await core.send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'ResourceNotFound')) throw error;
    }
  },
};

async function put(name: string, properties: Properties, { core }: Provisioning): Promise<Provisioned> {
  await core.send(new PutMetricAlarmCommand(alarmInput(name, properties)));
  return { physicalId: name, attributes: { Arn: core.arn('cloudwatch', `alarm:${name}`) } };
}

function alarmInput(name: string, properties: Properties): PutMetricAlarmInput {
  const input: Record<string, unknown> = { AlarmName: name };
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'AlarmName') continue;
    if ((numbers as readonly string[]).includes(key)) input[key] = numeric(key, value);
    else if ((others as readonly string[]).includes(key)) input[key] = value;
    else
      throw new Fault(
        'ValidationError',
        `The local AWS does not know AWS::CloudWatch::Alarm's property ${key}.`,
      );
  }
  if (properties.ActionsEnabled !== undefined)
    input.ActionsEnabled = String(properties.ActionsEnabled) === 'true';
  if (properties.Metrics !== undefined) input.Metrics = (properties.Metrics as Properties[]).map(metricQuery);
  return input as unknown as PutMetricAlarmInput;
}

function metricQuery(query: Properties): MetricDataQuery {
  const stat = query.MetricStat as Properties | undefined;
  const metric = stat?.Metric as Properties | undefined;
  return {
    Id: String(query.Id),
    Expression: query.Expression as string | undefined,
    Label: query.Label as string | undefined,
    ReturnData: query.ReturnData === undefined ? undefined : String(query.ReturnData) === 'true',
    Period: query.Period === undefined ? undefined : numeric('Period', query.Period),
    MetricStat: stat && {
      Metric: {
        Namespace: metric?.Namespace as string,
        MetricName: metric?.MetricName as string,
        Dimensions: (metric?.Dimensions ?? []) as Dimension[],
      },
      Period: numeric('Period', stat.Period),
      Stat: String(stat.Stat),
    },
  };
}

function numeric(key: string, value: unknown): number {
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  throw new Fault(
    'ValidationError',
    `${key} of an AWS::CloudWatch::Alarm is a number; found '${String(value)}'.`,
  );
}
