import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';

export interface FleetAlarmsProps {
  /** Put before the alarms' names. */
  readonly prefix: string;
  readonly loadBalancer: elb.IApplicationLoadBalancer;
  readonly targetGroup: elb.ApplicationTargetGroup;
  /** Whether no machine serves for a while in a rollout, so that the load balancer itself answers with 503. */
  readonly isEmptied: boolean;
}

/** Minutes with 5xx answers, and minutes with an unhealthy machine, that roll a rollout back. */
const BAD_MINUTES = { errors: 2, unhealthy: 3 } as const;

/**
 * Load balancer metrics arrive up to three minutes after their minute: the newest ones of the minutes that an
 * alarm looks at are missing. It must fire by the others.
 */
const LATE_MINUTES = 3;

/** 5xx answers in a minute from which on it is a bad one. */
const ERRORS_PER_MINUTE = 5;

/** What rolls a rollout back. Without data an alarm is OK: an instance refresh does not start otherwise. */
export class FleetAlarms extends Construct {
  readonly all: readonly cloudwatch.IAlarm[];
  /** Their names as literals: a preflight needs them before there is any of what they watch. */
  readonly names: readonly string[];

  constructor(scope: Construct, id: string, props: FleetAlarmsProps) {
    super(scope, id);
    const names = { errors: `${props.prefix}-server-errors`, unhealthy: `${props.prefix}-unhealthy-hosts` };
    this.all = [this.serverErrors(names.errors, props), this.unhealthyHosts(names.unhealthy, props)];
    this.names = Object.values(names);
  }

  private serverErrors(
    alarmName: string,
    { loadBalancer, targetGroup, isEmptied }: FleetAlarmsProps,
  ): cloudwatch.Alarm {
    const period = Duration.minutes(1);
    const statistic = cloudwatch.Stats.SUM;
    const machines = targetGroup.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, {
      period,
      statistic,
    });
    const balancer = loadBalancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, { period, statistic });
    return new cloudwatch.Alarm(this, 'ServerErrors', {
      alarmName,
      alarmDescription: 'Machines, or the load balancer in their place, answer with 5xx',
      metric: new cloudwatch.MathExpression({
        label: '5xx answers',
        // No FILL: it would put zeros where the newest minutes have not arrived, which the alarm would count as good ones.
        expression: isEmptied ? 'machines' : 'machines + balancer',
        period,
        usingMetrics: isEmptied ? { machines } : { machines, balancer },
      }),
      threshold: ERRORS_PER_MINUTE,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: BAD_MINUTES.errors,
      evaluationPeriods: BAD_MINUTES.errors + LATE_MINUTES,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** A machine that still starts is not known to the load balancer: one that it finds unhealthy stays so. */
  private unhealthyHosts(alarmName: string, { targetGroup }: FleetAlarmsProps): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'UnhealthyHosts', {
      alarmName,
      alarmDescription: 'A machine does not become healthy, or does not stay so',
      metric: targetGroup.metrics.unhealthyHostCount({
        period: Duration.minutes(1),
        statistic: cloudwatch.Stats.MAXIMUM,
      }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: BAD_MINUTES.unhealthy,
      evaluationPeriods: BAD_MINUTES.unhealthy + LATE_MINUTES,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
