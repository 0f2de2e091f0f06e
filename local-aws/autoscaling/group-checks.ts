import type { Filter } from '@aws-sdk/client-auto-scaling';
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { validationError } from './faults';
import { maintenancePolicy } from './maintenance';
import type { Group, GroupSettings, Subnet } from './state';

/** @throws Fault ValidationError for what AWS refuses, and for health checks that are not served */
export function checkedSettings(settings: GroupSettings): GroupSettings {
  const unserved = settings.HealthCheckType?.split(',').find((type) => !['EC2', 'ELB'].includes(type));
  if (unserved !== undefined)
    throw validationError(`HealthCheckType = ${unserved} is not served by the local AWS; only EC2, ELB is.`);
  return {
    ...settings,
    InstanceMaintenancePolicy: maintenancePolicy(settings.InstanceMaintenancePolicy),
  };
}

/** @throws Fault ValidationError for bounds that contradict one another */
export function checkCapacity({ MinSize = 0, MaxSize = 0 }: GroupSettings, desired: number): void {
  if (MinSize > MaxSize)
    throw validationError('Max bound, Min bound - Min bound cannot be greater than max bound');
  if (desired < MinSize || desired > MaxSize) {
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${MinSize} and max size:${MaxSize}`,
    );
  }
}

/** Where a group's machines are launched. @throws Fault ValidationError */
export async function findSubnets(core: Core, settings: GroupSettings): Promise<readonly Subnet[]> {
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

/** Ids of subnets; a zone without one has none. */
export function idsOf(subnets: readonly Subnet[]): readonly string[] {
  return subnets.flatMap(({ id }) => (id ? [id] : []));
}

/** @throws Fault ValidationError for a filter that AWS does not have */
export function checkFilter({ Name = '' }: Filter): void {
  if (Name === 'tag-key' || Name === 'tag-value' || Name.startsWith('tag:')) return;
  throw validationError(
    `Filter type ${Name} is not correct. Allowed types are: tag-key, tag-value, tag:<key>.`,
  );
}

/** Whether a group has a tag that a filter asks for. */
export function hasTag(
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
