import { isDeepStrictEqual } from 'node:util';
import type * as sdk from '@aws-sdk/client-auto-scaling';
import { isActive } from '../../lib/refresh-model';
import { none, only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { GROUP_SETTINGS, HOOK, NO_SCALING } from './accepted';
import { describeGroup } from './describe';
import { pageOfRecords, validationError } from './faults';
import {
  checkCapacity,
  checkedSettings,
  checkFilter,
  checkTargetGroups,
  findSubnets,
  hasTag,
  idsOf,
} from './group-checks';
import { authorizeTemplate, checkImage } from './launch-template';
import { groupHook } from './lifecycle-hooks';
import { resolveConfiguration } from './mixed-instances';
import type { AutoScalingState, Group } from './state';
import { at, groupArn } from './state';
import { setTag } from './tag-operations';

/** What looks after groups, as operations see it. */
export interface Controllers {
  /** Begins to look after a group that was just made. */
  start(group: Group): void;
  wake(group: Group): void;
  /** Ends looking after a group. */
  stop(group: Group): void;
}

/** Operations on groups as a whole. */
export function groupOperations(state: AutoScalingState, controllers: Controllers): Operations<typeof sdk> {
  const { core } = state;

  return {
    CreateAutoScalingGroup: {
      accepts: {
        AutoScalingGroupName: true,
        ...GROUP_SETTINGS,
        LoadBalancerNames: none,
        TargetGroupARNs: true,
        LifecycleHookSpecificationList: HOOK,
        Tags: {
          Key: true,
          Value: true,
          PropagateAtLaunch: true,
          ResourceId: 'it is the group',
          ResourceType: only('auto-scaling-group'),
        },
      },
      resources: state.onGroup,
      run: async (input, call) => {
        const name = input.AutoScalingGroupName ?? '';
        refuseTaken(state, name);
        call.core.useServiceLinkedRole('autoscaling.amazonaws.com', call);
        const {
          AutoScalingGroupName: _,
          LaunchTemplate,
          MixedInstancesPolicy,
          Tags,
          TargetGroupARNs,
          DesiredCapacity,
          LifecycleHookSpecificationList,
          ...rest
        } = input;
        const settings = checkedSettings(rest);
        const desiredCapacity = DesiredCapacity ?? settings.MinSize ?? 0;
        checkCapacity(settings, desiredCapacity);
        const hooks = (LifecycleHookSpecificationList ?? []).map((hook) => groupHook(hook));
        const resolved = await resolveConfiguration(core, { LaunchTemplate, MixedInstancesPolicy });
        const subnets = await findSubnets(core, settings);
        await checkTargetGroups(core, TargetGroupARNs ?? []);
        await authorizeTemplate(call, resolved, idsOf(subnets));
        await checkImage(core, resolved);
        // While those calls ran, another may have made the group.
        refuseTaken(state, name);
        const group: Group = {
          name,
          arn: groupArn(core, name),
          createdAt: core.clock.now(),
          settings,
          desiredCapacity,
          template: resolved.template,
          subnets,
          targetGroupArns: [...(TargetGroupARNs ?? [])],
          instances: new Map(),
          activities: [],
          refreshes: [],
          hooks: new Map(hooks.map((hook) => [hook.name, hook])),
          tags: new Map(),
          suspended: new Set(),
          metrics: new Set(),
          notifications: [],
          request: `${at(core)} a user request created an AutoScalingGroup changing the desired capacity from 0 to ${desiredCapacity}.  `,
          unhealthyReplacements: 0,
          launchFailures: 0,
          launchNotBefore: 0,
          deleting: false,
        };
        for (const tag of Tags ?? []) setTag(group, tag);
        state.groups.set(name, group);
        controllers.start(group);
        return {};
      },
    },

    UpdateAutoScalingGroup: {
      accepts: { AutoScalingGroupName: true, ...GROUP_SETTINGS },
      resources: state.onGroup,
      run: async (input, call) => {
        const group = state.get(input.AutoScalingGroupName);
        const {
          AutoScalingGroupName: _,
          LaunchTemplate,
          MixedInstancesPolicy,
          DesiredCapacity,
          ...changes
        } = input;
        const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
        const settings = checkedSettings({ ...group.settings, ...given });
        const desiredCapacity =
          DesiredCapacity ??
          Math.min(Math.max(group.desiredCapacity, settings.MinSize ?? 0), settings.MaxSize ?? 0);
        checkCapacity(settings, desiredCapacity);
        const subnets =
          changes.VPCZoneIdentifier || changes.AvailabilityZones
            ? await findSubnets(core, settings)
            : group.subnets;
        const resolved =
          LaunchTemplate || MixedInstancesPolicy
            ? await resolveConfiguration(core, { LaunchTemplate, MixedInstancesPolicy })
            : undefined;
        if (resolved) {
          refuseDuringRefresh(state, group, resolved.template);
          await authorizeTemplate(call, resolved, idsOf(subnets));
        }
        const from = group.desiredCapacity;
        if (from !== desiredCapacity) {
          group.request =
            `${at(core)} a user request update of AutoScalingGroup constraints to min: ${settings.MinSize}, ` +
            `max: ${settings.MaxSize}, desired: ${desiredCapacity} changing the desired capacity from ${from} to ${desiredCapacity}.  `;
        }
        group.settings = settings;
        group.subnets = subnets;
        group.desiredCapacity = desiredCapacity;
        if (resolved) group.template = resolved.template;
        controllers.wake(group);
        return {};
      },
    },

    SetDesiredCapacity: {
      accepts: { AutoScalingGroupName: true, DesiredCapacity: true, HonorCooldown: NO_SCALING },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const desired = input.DesiredCapacity ?? 0;
        const { MinSize = 0, MaxSize = 0 } = group.settings;
        if (desired < MinSize || desired > MaxSize) {
          const [bound, limit] = desired < MinSize ? ['below min', MinSize] : ['above max', MaxSize];
          throw validationError(
            `New SetDesiredCapacity value ${desired} is ${bound} value ${limit} for the AutoScalingGroup.`,
          );
        }
        if (desired !== group.desiredCapacity) {
          group.request = `${at(core)} a user request explicitly set group desired capacity changing the desired capacity from ${group.desiredCapacity} to ${desired}.  `;
          group.desiredCapacity = desired;
        }
        controllers.wake(group);
        return {};
      },
    },

    DeleteAutoScalingGroup: {
      accepts: { AutoScalingGroupName: true, ForceDelete: true },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        if (group.instances.size === 0) {
          controllers.stop(group);
        } else if (input.ForceDelete) {
          group.deleting = true;
          group.desiredCapacity = 0;
          controllers.wake(group);
        } else {
          throw new Fault(
            'ResourceInUse',
            'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
          );
        }
        return {};
      },
    },

    DescribeAutoScalingGroups: {
      accepts: {
        AutoScalingGroupNames: true,
        IncludeInstances: true,
        MaxRecords: true,
        NextToken: true,
        Filters: { Name: true, Values: true },
      },
      run: ({ AutoScalingGroupNames: names = [], Filters = [], IncludeInstances = true, ...page }) => {
        Filters.forEach(checkFilter);
        const found = [...state.groups.values()]
          .filter((group) => names.length === 0 || names.includes(group.name))
          .filter((group) => Filters.every((filter) => hasTag(group, filter)));
        const { items, next } = pageOfRecords(found, page, { usual: 50, most: 100 });
        const described = items.map(describeGroup);
        return {
          AutoScalingGroups: IncludeInstances
            ? described
            : described.map((group) => ({ ...group, Instances: [] })),
          NextToken: next,
        };
      },
    },
  };
}

function refuseTaken(state: AutoScalingState, name: string): void {
  const present = state.groups.get(name);
  if (!present) return;
  throw new Fault(
    'AlreadyExists',
    present.deleting
      ? `AutoScalingGroup by this name already exists and is being deleted - A group with the name ${name} already exists`
      : `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
  );
}

function refuseDuringRefresh(state: AutoScalingState, group: Group, template: Group['template']): void {
  const refresh = state.latestRefresh(group);
  if (!refresh?.target || !isActive(refresh.model.status)) return;
  const { id, writtenVersion, policy } = group.template;
  const same =
    template.id === id &&
    template.writtenVersion === writtenVersion &&
    isDeepStrictEqual(template.policy, policy);
  if (same) return;
  throw validationError(
    'An active instance refresh with a desired configuration exists. All configuration options derived from the desired configuration are not available for update while the instance refresh is active.',
  );
}
