import { isDeepStrictEqual } from 'node:util';
import type {
  AutoScalingGroupNamesType,
  AutoScalingGroupsType,
  CreateAutoScalingGroupType,
  DeleteAutoScalingGroupType,
  SetDesiredCapacityType,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { isActive } from '../../lib/refresh-model';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operation } from '../core/service';
import { operation } from '../core/service';
import { describeGroup } from './describe';
import { validationError } from './faults';
import { authorizeTemplate } from './launch-template';
import { groupHook } from './lifecycle-hooks';
import { resolveConfiguration } from './mixed-instances';
import type { AutoScalingState, Group, GroupSettings, Subnet } from './state';
import { at, groupArn } from './state';
import { setTag } from './tag-operations';

/** What the local AWS has no groups with. */
const unsupported = [
  'LaunchConfigurationName',
  'InstanceId',
  'LoadBalancerNames',
  'TrafficSources',
  'PlacementGroup',
] as const;

/** What looks after groups, as operations see it. */
export interface Controllers {
  /** Begins to look after a group that was just made. */
  start(group: Group): void;
  wake(group: Group): void;
  /** Ends looking after a group. */
  stop(group: Group): void;
}

/** Operations on groups as a whole. */
export function groupOperations(
  state: AutoScalingState,
  controllers: Controllers,
): Record<string, Operation> {
  const { core } = state;

  return {
    CreateAutoScalingGroup: operation<CreateAutoScalingGroupType, object>({
      resources: state.onGroup,
      run: async (input, call) => {
        const name = input.AutoScalingGroupName ?? '';
        refuseUnsupported(input);
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
          ...settings
        } = input;
        const desiredCapacity = DesiredCapacity ?? settings.MinSize ?? 0;
        checkCapacity(settings, desiredCapacity);
        const hooks = (LifecycleHookSpecificationList ?? []).map((hook) => groupHook(hook));
        const resolved = await resolveConfiguration(core, { LaunchTemplate, MixedInstancesPolicy });
        const subnets = await findSubnets(core, settings);
        await checkTargetGroups(core, TargetGroupARNs ?? []);
        await authorizeTemplate(call, resolved, idsOf(subnets));
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
    }),

    UpdateAutoScalingGroup: operation<UpdateAutoScalingGroupType, object>({
      resources: state.onGroup,
      run: async (input, call) => {
        const group = state.get(input.AutoScalingGroupName);
        refuseUnsupported(input);
        const {
          AutoScalingGroupName: _,
          LaunchTemplate,
          MixedInstancesPolicy,
          DesiredCapacity,
          ...changes
        } = input;
        const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
        const settings: GroupSettings = { ...group.settings, ...given };
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
    }),

    SetDesiredCapacity: operation<SetDesiredCapacityType, object>({
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
    }),

    DeleteAutoScalingGroup: operation<DeleteAutoScalingGroupType, object>({
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
    }),

    DescribeAutoScalingGroups: operation<AutoScalingGroupNamesType, AutoScalingGroupsType>({
      run: ({ AutoScalingGroupNames: names = [], Filters = [] }) => ({
        AutoScalingGroups: [...state.groups.values()]
          .filter((group) => names.length === 0 || names.includes(group.name))
          .filter((group) => Filters.every((filter) => hasTag(group, filter)))
          .map(describeGroup),
      }),
    }),
  };
}

function refuseUnsupported(input: object): void {
  for (const name of unsupported) {
    const value = (input as Record<string, unknown>)[name];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) {
      throw validationError(`The local AWS has no Auto Scaling groups with ${name}.`);
    }
  }
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

function checkCapacity({ MinSize = 0, MaxSize = 0 }: GroupSettings, desired: number): void {
  if (MinSize > MaxSize)
    throw validationError('Max bound, Min bound - Min bound cannot be greater than max bound');
  if (desired < MinSize || desired > MaxSize) {
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${MinSize} and max size:${MaxSize}`,
    );
  }
}

async function findSubnets(core: Core, settings: GroupSettings): Promise<readonly Subnet[]> {
  const ids = (settings.VPCZoneIdentifier ?? '').split(',').filter(Boolean);
  if (ids.length === 0) {
    const zones = settings.AvailabilityZones ?? [];
    if (zones.length > 0) return zones.map((zone) => ({ zone }));
    throw validationError('At least one Availability Zone or VPC Subnet is required.');
  }
  try {
    const { Subnets = [] } = await core.send(new DescribeSubnetsCommand({ SubnetIds: ids }));
    return ids.map((id) => ({
      id,
      zone: Subnets.find(({ SubnetId }) => SubnetId === id)?.AvailabilityZone ?? '',
    }));
  } catch (error) {
    if (error instanceof Fault) throw validationError(error.message);
    throw error;
  }
}

/** @throws Fault ValidationError when one does not exist */
export async function checkTargetGroups(core: Core, arns: readonly string[]): Promise<void> {
  if (arns.length === 0) return;
  try {
    await core.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [...arns] }));
  } catch (error) {
    if (error instanceof Fault) throw validationError(`Invalid target group ARN - ${error.message}`);
    throw error;
  }
}

function idsOf(subnets: readonly Subnet[]): readonly string[] {
  return subnets.flatMap(({ id }) => (id ? [id] : []));
}

function hasTag(
  group: Group,
  filter: { readonly Name?: string; readonly Values?: readonly string[] },
): boolean {
  const tags = [...group.tags.values()];
  const values = filter.Values ?? [];
  if (filter.Name === 'tag-key') return tags.some(({ Key = '' }) => values.includes(Key));
  if (filter.Name === 'tag-value') return tags.some(({ Value = '' }) => values.includes(Value));
  const key = filter.Name?.replace(/^tag:/, '');
  return tags.some(({ Key, Value = '' }) => Key === key && values.includes(Value));
}
