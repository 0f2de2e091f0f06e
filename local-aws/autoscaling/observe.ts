import type { Machine, Observation } from '../../lib/refresh-model';
import type { Core } from '../core/core';
import { readAlarms } from './alarms';
import type { Group, GroupInstance, RefreshRecord } from './state';
import { isPooled } from './state';
import { warmCapacityOf } from './warm-pool';

/** The group as the refresh model sees it. */
export async function observe(core: Core, group: Group, record?: RefreshRecord): Promise<Observation> {
  const alarms = await readAlarms(core, record?.model.preferences.alarms ?? []);
  return {
    group: {
      desiredCapacity: group.desiredCapacity,
      warmCapacity: warmCapacityOf(group),
      template: group.template,
      suspended: [...group.suspended],
    },
    machines: [...group.instances.values()].map(toMachine),
    alarms,
  };
}

function toMachine(instance: GroupInstance): Machine {
  return {
    id: instance.id,
    template: { id: instance.template.id, version: instance.template.version },
    instanceType: instance.instanceType,
    imageId: instance.imageId,
    lifecycle: lifecycleOf(instance),
    healthy: instance.passing && instance.healthStatus === 'Healthy',
    warm: isPooled(instance),
    inServiceAt: isPooled(instance) ? instance.warmedAt : instance.inServiceAt,
    launchedAt: instance.launchedAt,
    zone: instance.zone,
    protectedFromScaleIn: instance.protectedFromScaleIn,
  };
}

function lifecycleOf({ lifecycle }: GroupInstance): Machine['lifecycle'] {
  switch (lifecycle) {
    case 'InService':
    case 'Standby':
      return lifecycle;
    case 'Pending':
    case 'Pending:Wait':
    case 'Pending:Proceed':
    case 'Warmed:Pending':
      return 'Pending';
    case 'Warmed:Running':
      return 'InService';
    case 'EnteringStandby':
      return 'Standby';
    case 'Terminating':
    case 'Terminating:Wait':
    case 'Terminating:Proceed':
    case 'Terminated':
    case 'Warmed:Terminating':
      return 'Terminating';
    default:
      throw new Error(`An instance in the lifecycle state ${lifecycle}.`);
  }
}
