import type { InstanceStateName } from '@aws-sdk/client-ec2';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type { TargetHealthStateEnum } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Group, GroupInstance } from './state';
import { isPooled } from './state';

/** What EC2 and the load balancer say about a group's machines. */
export interface Sighting {
  /** EC2's state by instance id; a machine that EC2 no longer knows is not in it. */
  readonly states: ReadonlyMap<string, InstanceStateName>;
  /** Target states by instance id, one for each target group that knows the machine. */
  readonly targets: ReadonlyMap<string, readonly TargetHealthStateEnum[]>;
}

/** Looks at a group's machines, by EC2 and its load balancers. */
export async function look(core: Core, group: Group): Promise<Sighting> {
  const ids = [...group.instances.keys()];
  if (ids.length === 0) return { states: new Map(), targets: new Map() };
  const { Reservations = [] } = await core.read(
    // By filter and not by id: an instance that EC2 has forgotten is no error then.
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: ids }] }),
  );
  const states = new Map<string, InstanceStateName>();
  for (const { InstanceId, State } of Reservations.flatMap(({ Instances }) => Instances ?? []))
    if (State?.Name) states.set(InstanceId ?? '', State.Name);
  const targets = new Map<string, TargetHealthStateEnum[]>();
  for (const arn of group.targetGroupArns) {
    for (const [id, state] of await targetStates(core, arn)) {
      targets.set(id, [...(targets.get(id) ?? []), state]);
    }
  }
  return { states, targets };
}

async function targetStates(
  core: Core,
  arn: string,
): Promise<readonly (readonly [string, TargetHealthStateEnum])[]> {
  try {
    const { TargetHealthDescriptions = [] } = await core.read(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
    );
    return TargetHealthDescriptions.map(
      ({ Target, TargetHealth }) => [Target?.Id ?? '', TargetHealth?.State ?? 'unused'] as const,
    );
  } catch (error) {
    // A target group can be deleted while a group still names it.
    if (error instanceof Fault) return [];
    throw error;
  }
}

function usesLoadBalancerHealth(group: Group): boolean {
  return (
    (group.settings.HealthCheckType ?? 'EC2').split(',').includes('ELB') && group.targetGroupArns.length > 0
  );
}

/** Whether a machine passes every check of its group now. */
export function passes(group: Group, instance: GroupInstance, sighting: Sighting): boolean {
  if (sighting.states.get(instance.id) !== 'running') return false;
  // What is in the warm pool is behind no load balancer.
  if (!usesLoadBalancerHealth(group) || isPooled(instance)) return true;
  const targets = sighting.targets.get(instance.id) ?? [];
  // A target group that no listener forwards to checks nothing: its targets are `unused`.
  return (
    targets.length >= group.targetGroupArns.length &&
    targets.every((state) => state === 'healthy' || state === 'unused')
  );
}

/** Marks what has become unhealthy; the load balancer counts only after the grace period. */
export function judge(group: Group, instance: GroupInstance, sighting: Sighting, now: number): void {
  instance.passing = passes(group, instance, sighting);
  if (group.suspended.has('HealthCheck') || instance.healthStatus === 'Unhealthy') return;
  const state = sighting.states.get(instance.id);
  if (state === undefined || !['pending', 'running'].includes(state)) {
    instance.healthStatus = 'Unhealthy';
    instance.unhealthyCause = 'an EC2 health check indicating it has been terminated or stopped';
    return;
  }
  if (!usesLoadBalancerHealth(group) || instance.inServiceAt === undefined) return;
  const grace = (group.settings.HealthCheckGracePeriod ?? 0) * 1000;
  if (now < instance.inServiceAt + grace) return;
  if ((sighting.targets.get(instance.id) ?? []).includes('unhealthy')) {
    instance.healthStatus = 'Unhealthy';
    instance.unhealthyCause = 'an ELB system health check failure';
  }
}
