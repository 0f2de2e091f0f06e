import type * as sdk from '@aws-sdk/client-auto-scaling';
import { only } from '../core/accepts';
import type { Operations } from '../core/service';
import { pageOfRecords, validationError } from './faults';
import { checkTargetGroups } from './group-checks';
import type { Controllers } from './group-operations';
import { deregister, register } from './machines';
import type { AutoScalingState } from './state';

const NO_METRICS = 'told again; nothing is published';
const NO_NOTICES = 'told again; nobody is notified';

const processes = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];

const groupMetrics = [
  'GroupMinSize',
  'GroupMaxSize',
  'GroupDesiredCapacity',
  'GroupInServiceInstances',
  'GroupPendingInstances',
  'GroupStandbyInstances',
  'GroupTerminatingInstances',
  'GroupTotalInstances',
];

/**
 * Settings beside the group's own: target groups, suspended processes, metrics and notifications.
 * Metrics and notifications are kept and described; nothing is published from them.
 */
export function settingOperations(state: AutoScalingState, controllers: Controllers): Operations<typeof sdk> {
  const { core } = state;
  return {
    AttachLoadBalancerTargetGroups: {
      accepts: { AutoScalingGroupName: true, TargetGroupARNs: true },
      resources: state.onGroup,
      run: async (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const added = (input.TargetGroupARNs ?? []).filter((arn) => !group.targetGroupArns.includes(arn));
        await checkTargetGroups(core, added);
        group.targetGroupArns.push(...added);
        for (const instance of group.instances.values())
          if (instance.lifecycle === 'InService') await register(core, group, instance, added);
        return {};
      },
    },
    DetachLoadBalancerTargetGroups: {
      accepts: { AutoScalingGroupName: true, TargetGroupARNs: true },
      resources: state.onGroup,
      run: async (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const removed = input.TargetGroupARNs ?? [];
        group.targetGroupArns = group.targetGroupArns.filter((arn) => !removed.includes(arn));
        for (const instance of group.instances.values()) await deregister(core, group, instance, removed);
        return {};
      },
    },
    DescribeLoadBalancerTargetGroups: {
      accepts: { AutoScalingGroupName: true, MaxRecords: true, NextToken: true },
      run: (input) => {
        const { targetGroupArns } = state.get(input.AutoScalingGroupName);
        const { items, next } = pageOfRecords(targetGroupArns, input, { usual: 100, most: 100 });
        return {
          LoadBalancerTargetGroups: items.map((arn) => ({
            LoadBalancerTargetGroupARN: arn,
            State: 'InService',
          })),
          NextToken: next,
        };
      },
    },
    SuspendProcesses: {
      accepts: { AutoScalingGroupName: true, ScalingProcesses: true },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        for (const process of named(input.ScalingProcesses)) group.suspended.add(process);
        return {};
      },
    },
    ResumeProcesses: {
      accepts: { AutoScalingGroupName: true, ScalingProcesses: true },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        for (const process of named(input.ScalingProcesses)) group.suspended.delete(process);
        controllers.wake(group);
        return {};
      },
    },
    EnableMetricsCollection: {
      accepts: { AutoScalingGroupName: true, Granularity: only('1Minute'), Metrics: NO_METRICS },
      resources: state.onGroup,
      run: (input) => {
        const { metrics } = state.get(input.AutoScalingGroupName);
        for (const metric of namedMetrics(input.Metrics, groupMetrics)) metrics.add(metric);
        return {};
      },
    },
    DisableMetricsCollection: {
      accepts: { AutoScalingGroupName: true, Metrics: NO_METRICS },
      resources: state.onGroup,
      run: (input) => {
        const { metrics } = state.get(input.AutoScalingGroupName);
        for (const metric of namedMetrics(input.Metrics, [...metrics])) metrics.delete(metric);
        return {};
      },
    },
    PutNotificationConfiguration: {
      accepts: { AutoScalingGroupName: true, TopicARN: NO_NOTICES, NotificationTypes: NO_NOTICES },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const others = group.notifications.filter(({ TopicARN }) => TopicARN !== input.TopicARN);
        group.notifications = others.concat(
          (input.NotificationTypes ?? []).map((NotificationType) => ({
            AutoScalingGroupName: group.name,
            TopicARN: input.TopicARN,
            NotificationType,
          })),
        );
        return {};
      },
    },
    DeleteNotificationConfiguration: {
      accepts: { AutoScalingGroupName: true, TopicARN: true },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        group.notifications = group.notifications.filter(({ TopicARN }) => TopicARN !== input.TopicARN);
        return {};
      },
    },
    DescribeNotificationConfigurations: {
      accepts: { AutoScalingGroupNames: true, MaxRecords: true, NextToken: true },
      run: ({ AutoScalingGroupNames: names = [], ...page }) => {
        const found = [...state.groups.values()]
          .filter(({ name }) => names.length === 0 || names.includes(name))
          .flatMap(({ notifications }) => notifications);
        const { items, next } = pageOfRecords(found, page, { usual: 50, most: 100 });
        return { NotificationConfigurations: items, NextToken: next };
      },
    },
  };
}

function namedMetrics(wanted: readonly string[] | undefined, usual: readonly string[]): readonly string[] {
  const unknown = wanted?.find((metric) => !groupMetrics.includes(metric));
  if (unknown !== undefined)
    throw validationError(
      `${unknown} is not a group metric of the local AWS; they are ${groupMetrics.join(', ')}.`,
    );
  return wanted?.length ? wanted : usual;
}

function named(wanted: readonly string[] | undefined): readonly string[] {
  if (!wanted?.length) return processes;
  const unknown = wanted.find((process) => !processes.includes(process));
  if (unknown)
    throw validationError(`${unknown} is not a scaling process; they are ${processes.join(', ')}.`);
  return wanted;
}
