import type {
  AttachLoadBalancerTargetGroupsType,
  DeleteNotificationConfigurationType,
  DescribeLoadBalancerTargetGroupsRequest,
  DescribeLoadBalancerTargetGroupsResponse,
  DescribeNotificationConfigurationsAnswer,
  DescribeNotificationConfigurationsType,
  DetachLoadBalancerTargetGroupsType,
  DisableMetricsCollectionQuery,
  EnableMetricsCollectionQuery,
  PutNotificationConfigurationType,
  ScalingProcessQuery,
} from '@aws-sdk/client-auto-scaling';
import type { Operation } from '../core/service';
import { operation } from '../core/service';
import { validationError } from './faults';
import type { Controllers } from './group-operations';
import { checkTargetGroups } from './group-operations';
import { deregister, register } from './machines';
import type { AutoScalingState } from './state';

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
export function settingOperations(
  state: AutoScalingState,
  controllers: Controllers,
): Record<string, Operation> {
  const { core } = state;
  return {
    AttachLoadBalancerTargetGroups: operation<AttachLoadBalancerTargetGroupsType, object>({
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
    }),
    DetachLoadBalancerTargetGroups: operation<DetachLoadBalancerTargetGroupsType, object>({
      resources: state.onGroup,
      run: async (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const removed = input.TargetGroupARNs ?? [];
        group.targetGroupArns = group.targetGroupArns.filter((arn) => !removed.includes(arn));
        for (const instance of group.instances.values()) await deregister(core, group, instance, removed);
        return {};
      },
    }),
    DescribeLoadBalancerTargetGroups: operation<
      DescribeLoadBalancerTargetGroupsRequest,
      DescribeLoadBalancerTargetGroupsResponse
    >({
      run: (input) => ({
        LoadBalancerTargetGroups: state.get(input.AutoScalingGroupName).targetGroupArns.map((arn) => ({
          LoadBalancerTargetGroupARN: arn,
          State: 'InService',
        })),
      }),
    }),
    SuspendProcesses: operation<ScalingProcessQuery, object>({
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        for (const process of named(input.ScalingProcesses)) group.suspended.add(process);
        return {};
      },
    }),
    ResumeProcesses: operation<ScalingProcessQuery, object>({
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        for (const process of named(input.ScalingProcesses)) group.suspended.delete(process);
        controllers.wake(group);
        return {};
      },
    }),
    EnableMetricsCollection: operation<EnableMetricsCollectionQuery, object>({
      resources: state.onGroup,
      run: (input) => {
        const { metrics } = state.get(input.AutoScalingGroupName);
        for (const metric of input.Metrics?.length ? input.Metrics : groupMetrics) metrics.add(metric);
        return {};
      },
    }),
    DisableMetricsCollection: operation<DisableMetricsCollectionQuery, object>({
      resources: state.onGroup,
      run: (input) => {
        const { metrics } = state.get(input.AutoScalingGroupName);
        for (const metric of input.Metrics?.length ? input.Metrics : [...metrics]) metrics.delete(metric);
        return {};
      },
    }),
    PutNotificationConfiguration: operation<PutNotificationConfigurationType, object>({
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
    }),
    DeleteNotificationConfiguration: operation<DeleteNotificationConfigurationType, object>({
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        group.notifications = group.notifications.filter(({ TopicARN }) => TopicARN !== input.TopicARN);
        return {};
      },
    }),
    DescribeNotificationConfigurations: operation<
      DescribeNotificationConfigurationsType,
      DescribeNotificationConfigurationsAnswer
    >({
      run: ({ AutoScalingGroupNames: names = [] }) => ({
        NotificationConfigurations: [...state.groups.values()]
          .filter(({ name }) => names.length === 0 || names.includes(name))
          .flatMap(({ notifications }) => notifications),
      }),
    }),
  };
}

function named(wanted: readonly string[] | undefined): readonly string[] {
  if (!wanted?.length) return processes;
  const unknown = wanted.find((process) => !processes.includes(process));
  if (unknown)
    throw validationError(`${unknown} is not a scaling process; they are ${processes.join(', ')}.`);
  return wanted;
}
