import { randomUUID } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-auto-scaling';
import { cancelRefresh, isActive, rollbackRefresh, startRefresh } from '../../lib/refresh-model';
import { only } from '../core/accepts';
import type { Operations } from '../core/service';
import { POLICY, TEMPLATE } from './accepted';
import { readAlarms } from './alarms';
import { describeRefresh } from './describe';
import { publishRefreshEvent } from './events';
import { pageOfRecords, refusing, validationError } from './faults';
import type { Controllers } from './group-operations';
import { authorizeTemplate } from './launch-template';
import { resolveConfiguration } from './mixed-instances';
import { observe } from './observe';
import type { AutoScalingState } from './state';

/** How long refreshes are described: six weeks. */
const historyMs = 6 * 7 * 24 * 3_600_000;

/** Instance refreshes: start, cancel, rollback, description. */
export function refreshOperations(state: AutoScalingState, controllers: Controllers): Operations<typeof sdk> {
  const { core } = state;
  return {
    StartInstanceRefresh: {
      accepts: {
        AutoScalingGroupName: true,
        Strategy: only('Rolling', 'ReplaceRootVolume'),
        DesiredConfiguration: { LaunchTemplate: TEMPLATE, MixedInstancesPolicy: POLICY },
        Preferences: {
          MinHealthyPercentage: true,
          MaxHealthyPercentage: true,
          InstanceWarmup: true,
          CheckpointPercentages: true,
          CheckpointDelay: true,
          SkipMatching: true,
          AutoRollback: true,
          ScaleInProtectedInstances: only('Refresh', 'Ignore', 'Wait'),
          StandbyInstances: only('Terminate', 'Ignore', 'Wait'),
          AlarmSpecification: { Alarms: true },
          BakeTime: true,
        },
      },
      resources: state.onGroup,
      run: async (input, call) => {
        const group = state.get(input.AutoScalingGroupName);
        const { DesiredConfiguration: configuration, Preferences: preferences = {} } = input;
        if (configuration && !configuration.LaunchTemplate && !configuration.MixedInstancesPolicy) {
          throw validationError(
            'DesiredConfiguration must contain a LaunchTemplate or a MixedInstancesPolicy.',
          );
        }
        const resolved = configuration && (await resolveConfiguration(core, configuration));
        if (resolved) {
          const subnetIds = group.subnets.flatMap(({ id }) => (id ? [id] : []));
          await authorizeTemplate(call, resolved, subnetIds);
        }
        const alarms = await readAlarms(core, preferences.AlarmSpecification?.Alarms ?? []);
        const observation = { ...(await observe(core, group)), alarms };
        const { settings } = group;
        const model = refusing(() =>
          startRefresh({
            groupName: group.name,
            group: {
              template: group.template,
              isLoadBalanced: group.targetGroupArns.length > 0,
              healthCheckGracePeriodSeconds: settings.HealthCheckGracePeriod ?? 0,
              defaultInstanceWarmupSeconds: settings.DefaultInstanceWarmup,
              maintenancePolicy: {
                minHealthyPercentage: settings.InstanceMaintenancePolicy?.MinHealthyPercentage,
                maxHealthyPercentage: settings.InstanceMaintenancePolicy?.MaxHealthyPercentage,
              },
            },
            strategy: input.Strategy,
            preferences,
            desired: resolved?.template,
            active: state.latestRefresh(group)?.model,
            observation,
            now: core.clock.now(),
          }),
        );
        if (model.strategy === 'ReplaceRootVolume') {
          throw validationError(
            'AWS would replace the root volumes now; the machines of the local AWS have none, and are refreshed with the strategy Rolling.',
          );
        }
        const id = randomUUID();
        group.refreshes.push({
          id,
          preferences,
          desiredConfiguration: configuration,
          target: resolved?.template,
          model,
        });
        controllers.wake(group);
        return { InstanceRefreshId: id };
      },
    },

    CancelInstanceRefresh: {
      accepts: { AutoScalingGroupName: true, WaitForTransitioningInstances: true },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const record = state.latestRefresh(group);
        const wait = input.WaitForTransitioningInstances ?? true;
        const model = refusing(() => cancelRefresh(group.name, record?.model, wait, core.clock.now()));
        if (!record) return {};
        record.model = model;
        if (!isActive(model.status)) publishRefreshEvent(core, group, record, { name: 'Cancelled' });
        controllers.wake(group);
        return { InstanceRefreshId: record.id };
      },
    },

    RollbackInstanceRefresh: {
      accepts: { AutoScalingGroupName: true },
      resources: state.onGroup,
      run: async (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const record = state.latestRefresh(group);
        const observation = await observe(core, group);
        const model = refusing(() =>
          rollbackRefresh(group.name, record?.model, group.template, observation, core.clock.now()),
        );
        if (!record) return {};
        record.model = model;
        publishRefreshEvent(core, group, record, { name: 'Rollback Started' });
        controllers.wake(group);
        return { InstanceRefreshId: record.id };
      },
    },

    DescribeInstanceRefreshes: {
      accepts: { AutoScalingGroupName: true, InstanceRefreshIds: true, MaxRecords: true, NextToken: true },
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const { InstanceRefreshIds: ids } = input;
        const records = [...group.refreshes]
          .reverse()
          .filter(({ id }) => !ids?.length || ids.includes(id))
          .filter(({ model }) => core.clock.now() - (model.endedAt ?? core.clock.now()) < historyMs);
        const { items, next } = pageOfRecords(
          records,
          input,
          { usual: 50, most: 100 },
          { newestFirst: true },
        );
        return {
          InstanceRefreshes: items.map((record) => describeRefresh(group, record)),
          NextToken: next,
        };
      },
    },
  };
}
