import type * as sdk from '@aws-sdk/client-auto-scaling';
import type { Operations } from '../core/service';
import { describeInstanceDetails } from './describe';
import { pageOfRecords, validationError } from './faults';
import type { Controllers } from './group-operations';
import { beginTermination, deregister, register } from './machines';
import type { AutoScalingState, Group, GroupInstance } from './state';
import { at, beginActivity, endActivity, isTerminating } from './state';

/** Operations on machines of a group, and on what was done with them. */
export function instanceOperations(
  state: AutoScalingState,
  controllers: Controllers,
): Operations<typeof sdk> {
  const { core } = state;
  const onGroupOf = (input: { readonly InstanceId?: string }) => {
    const group = [...state.groups.values()].find(({ instances }) => instances.has(input.InstanceId ?? ''));
    return [state.arn(group?.name)];
  };
  const members = (group: Group, ids: readonly string[] = []): readonly GroupInstance[] =>
    ids.map((id) => {
      const instance = group.instances.get(id);
      if (instance) return instance;
      throw validationError(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    });

  return {
    DescribeAutoScalingInstances: {
      accepts: { InstanceIds: true, MaxRecords: true, NextToken: true },
      run: ({ InstanceIds: ids = [], ...page }) => {
        const found = [...state.groups.values()].flatMap((group) =>
          [...group.instances.values()]
            .filter(({ id }) => ids.length === 0 || ids.includes(id))
            .map((instance) => describeInstanceDetails(group, instance)),
        );
        const { items, next } = pageOfRecords(found, page, { usual: 50, most: 50 });
        return { AutoScalingInstances: items, NextToken: next };
      },
    },

    DescribeScalingActivities: {
      accepts: {
        ActivityIds: true,
        AutoScalingGroupName: true,
        IncludeDeletedGroups: true,
        MaxRecords: true,
        NextToken: true,
      },
      run: (input) => {
        const { AutoScalingGroupName: name, ActivityIds: ids } = input;
        if (name !== undefined && !input.IncludeDeletedGroups) state.get(name);
        const past = input.IncludeDeletedGroups ? state.past : [];
        const all = [...past, ...[...state.groups.values()].flatMap(({ activities }) => activities)]
          .filter((activity) => name === undefined || activity.AutoScalingGroupName === name)
          .filter((activity) => !ids?.length || ids.includes(activity.ActivityId ?? ''))
          .map((activity, index) => ({ activity, index }))
          .sort(
            (a, b) =>
              (b.activity.StartTime?.getTime() ?? 0) - (a.activity.StartTime?.getTime() ?? 0) ||
              b.index - a.index,
          )
          .map(({ activity }) => activity);
        const { items, next } = pageOfRecords(all, input, { usual: 100, most: 100 }, { newestFirst: true });
        return { Activities: items, NextToken: next };
      },
    },

    TerminateInstanceInAutoScalingGroup: {
      accepts: { InstanceId: true, ShouldDecrementDesiredCapacity: true },
      resources: onGroupOf,
      run: async (input) => {
        const { group, instance } = state.find(input.InstanceId);
        if (isTerminating(instance)) return { Activity: instance.activity };
        if (input.ShouldDecrementDesiredCapacity) {
          const less = group.desiredCapacity - 1;
          if (less < (group.settings.MinSize ?? 0)) {
            throw validationError(
              `Currently, desiredSize equals minSize (${group.settings.MinSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
            );
          }
          group.desiredCapacity = less;
        }
        await beginTermination(
          core,
          group,
          instance,
          'instance was taken out of service in response to a user request.',
        );
        controllers.wake(group);
        return { Activity: instance.activity };
      },
    },

    SetInstanceProtection: {
      accepts: { AutoScalingGroupName: true, InstanceIds: true, ProtectedFromScaleIn: true },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        for (const instance of members(group, input.InstanceIds))
          instance.protectedFromScaleIn = input.ProtectedFromScaleIn ?? false;
        controllers.wake(group);
        return {};
      },
    },

    SetInstanceHealth: {
      accepts: { InstanceId: true, HealthStatus: true, ShouldRespectGracePeriod: true },
      resources: onGroupOf,
      run: (input) => {
        const { group, instance } = state.find(input.InstanceId);
        const grace = (group.settings.HealthCheckGracePeriod ?? 0) * 1000;
        const inGrace = core.clock.now() < (instance.inServiceAt ?? core.clock.now()) + grace;
        if ((input.ShouldRespectGracePeriod ?? true) && inGrace) return {};
        if (input.HealthStatus !== 'Healthy' && input.HealthStatus !== 'Unhealthy') {
          throw validationError(`HealthStatus is Healthy or Unhealthy; found '${input.HealthStatus}'.`);
        }
        instance.healthStatus = input.HealthStatus;
        instance.unhealthyCause = input.HealthStatus === 'Unhealthy' ? 'a user health-check' : undefined;
        controllers.wake(group);
        return {};
      },
    },

    EnterStandby: {
      accepts: { AutoScalingGroupName: true, InstanceIds: true, ShouldDecrementDesiredCapacity: true },
      resources: state.onGroup,
      run: async (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const chosen = members(group, input.InstanceIds);
        for (const { id, lifecycle } of chosen) {
          if (lifecycle !== 'InService') {
            throw validationError(`The instance ${id} is not in InService; it is ${lifecycle}.`);
          }
        }
        if (input.ShouldDecrementDesiredCapacity) {
          const less = group.desiredCapacity - chosen.length;
          if (less < (group.settings.MinSize ?? 0)) {
            throw validationError(
              `AutoScalingGroup ${group.name} has min-size=${group.settings.MinSize}, and cannot place ${chosen.length} instances in standby and decrement its desired capacity.`,
            );
          }
          group.desiredCapacity = less;
        }
        const activities = chosen.map((instance) => {
          instance.lifecycle = 'Standby';
          const cause = `${at(core)} instance ${instance.id} was moved to standby in response to a user request.`;
          const zone = { 'Availability Zone': instance.zone };
          const activity = beginActivity(
            core,
            group,
            `Moving EC2 instance to Standby: ${instance.id}`,
            cause,
            zone,
          );
          endActivity(core, activity, 'Successful');
          return activity;
        });
        for (const instance of chosen) await deregister(core, group, instance);
        controllers.wake(group);
        return { Activities: activities };
      },
    },

    ExitStandby: {
      accepts: { AutoScalingGroupName: true, InstanceIds: true },
      resources: state.onGroup,
      run: async (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const chosen = members(group, input.InstanceIds);
        for (const { id, lifecycle } of chosen) {
          if (lifecycle !== 'Standby') {
            throw validationError(`The instance ${id} is not in Standby; it is ${lifecycle}.`);
          }
        }
        if (group.desiredCapacity + chosen.length > (group.settings.MaxSize ?? 0)) {
          throw validationError(
            `AutoScalingGroup ${group.name} has max-size=${group.settings.MaxSize}, and cannot take ${chosen.length} instances back.`,
          );
        }
        group.desiredCapacity += chosen.length;
        const activities = chosen.map((instance) => {
          const cause = `${at(core)} instance ${instance.id} was moved out of standby in response to a user request.`;
          const zone = { 'Availability Zone': instance.zone };
          const activity = beginActivity(
            core,
            group,
            `Moving EC2 instance out of Standby: ${instance.id}`,
            cause,
            zone,
          );
          // It becomes InService, and its warmup begins, when it is next seen to run.
          instance.lifecycle = 'Pending';
          instance.activity = activity;
          return activity;
        });
        for (const instance of chosen) await register(core, group, instance);
        controllers.wake(group);
        return { Activities: activities };
      },
    },
  };
}
