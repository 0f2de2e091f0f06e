import type * as sdk from '@aws-sdk/client-auto-scaling';
import type { WarmPoolConfiguration } from '@aws-sdk/client-auto-scaling';
import { only } from '../core/accepts';
import type { Operations } from '../core/service';
import { describeInstance } from './describe';
import { pageOfRecords, validationError } from './faults';
import type { Controllers } from './group-operations';
import type { AutoScalingState, Group, GroupInstance } from './state';
import { isPooled } from './state';

/** Warm pools of machines that run: put, delete, description. */
export function warmPoolOperations(
  state: AutoScalingState,
  controllers: Controllers,
): Operations<typeof sdk> {
  return {
    PutWarmPool: {
      accepts: {
        AutoScalingGroupName: true,
        MaxGroupPreparedCapacity: true,
        MinSize: true,
        PoolState: only('Running'),
        InstanceReusePolicy: { ReuseOnScaleIn: only(false) },
      },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const { AutoScalingGroupName: _, ...wanted } = input;
        const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
        const pool: WarmPoolConfiguration = { MinSize: 0, ...group.warmPool, ...given };
        refuseStopped(pool);
        group.warmPool = pool.MaxGroupPreparedCapacity === -1 ? withoutMaximum(pool) : pool;
        controllers.wake(group);
        return {};
      },
    },

    DeleteWarmPool: {
      accepts: { AutoScalingGroupName: true, ForceDelete: 'its machines are ended either way' },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        if (!group.warmPool) throw validationError(`No warm pool found for Auto Scaling group ${group.name}`);
        group.warmPool = undefined;
        controllers.wake(group);
        return {};
      },
    },

    DescribeWarmPool: {
      accepts: { AutoScalingGroupName: true, MaxRecords: true, NextToken: true },
      run: ({ AutoScalingGroupName, ...page }) => {
        const group = state.get(AutoScalingGroupName);
        const { items, next } = pageOfRecords(pooled(group), page, { usual: 50, most: 50 });
        return {
          WarmPoolConfiguration: group.warmPool,
          Instances: items.map(describeInstance),
          NextToken: next,
        };
      },
    },
  };
}

/**
 * How many machines a group's warm pool is to hold; undefined: it has none.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutWarmPool.html
 */
export function warmCapacityOf({ warmPool, settings, desiredCapacity }: Group): number | undefined {
  if (!warmPool) return undefined;
  const prepared = warmPool.MaxGroupPreparedCapacity ?? settings.MaxSize ?? 0;
  return Math.max(warmPool.MinSize ?? 0, prepared - desiredCapacity);
}

/** The machines in a group's warm pool, with those that are on their way into it or out of the group. */
export function pooled(group: Group): readonly GroupInstance[] {
  return [...group.instances.values()].filter(isPooled);
}

function withoutMaximum({
  MaxGroupPreparedCapacity: _,
  ...pool
}: WarmPoolConfiguration): WarmPoolConfiguration {
  return pool;
}

/** AWS's default is a pool of stopped machines. */
function refuseStopped({ PoolState }: WarmPoolConfiguration): void {
  if (PoolState === 'Running') return;
  throw validationError(
    `The local AWS stops and hibernates no machines: a warm pool's PoolState would have to be Running; found ${PoolState ?? 'none, which means Stopped'}.`,
  );
}
