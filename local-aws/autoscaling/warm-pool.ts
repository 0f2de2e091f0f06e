import type {
  DeleteWarmPoolAnswer,
  DeleteWarmPoolType,
  DescribeWarmPoolAnswer,
  DescribeWarmPoolType,
  PutWarmPoolAnswer,
  PutWarmPoolType,
  WarmPoolConfiguration,
} from '@aws-sdk/client-auto-scaling';
import { pageOf } from '../core/page';
import type { Operation } from '../core/service';
import { operation } from '../core/service';
import { describeInstance } from './describe';
import { invalidToken, validationError } from './faults';
import type { Controllers } from './group-operations';
import type { AutoScalingState, Group, GroupInstance } from './state';
import { isPooled } from './state';

/** Warm pools of machines that run: put, delete, description. */
export function warmPoolOperations(
  state: AutoScalingState,
  controllers: Controllers,
): Record<string, Operation> {
  return {
    PutWarmPool: operation<PutWarmPoolType, PutWarmPoolAnswer>({
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const { AutoScalingGroupName: _, ...wanted } = input;
        const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
        const pool: WarmPoolConfiguration = { MinSize: 0, ...group.warmPool, ...given };
        refuseUnserved(pool);
        group.warmPool = pool.MaxGroupPreparedCapacity === -1 ? withoutMaximum(pool) : pool;
        controllers.wake(group);
        return {};
      },
    }),

    DeleteWarmPool: operation<DeleteWarmPoolType, DeleteWarmPoolAnswer>({
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        if (!group.warmPool) throw validationError(`No warm pool found for Auto Scaling group ${group.name}`);
        group.warmPool = undefined;
        controllers.wake(group);
        return {};
      },
    }),

    DescribeWarmPool: operation<DescribeWarmPoolType, DescribeWarmPoolAnswer>({
      run: ({ AutoScalingGroupName, MaxRecords = 50, NextToken }) => {
        const group = state.get(AutoScalingGroupName);
        const { items, next } = pageOf(pooled(group), {
          size: MaxRecords,
          token: NextToken,
          invalid: invalidToken,
        });
        return {
          WarmPoolConfiguration: group.warmPool,
          Instances: items.map(describeInstance),
          NextToken: next,
        };
      },
    }),
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

function refuseUnserved({ PoolState, InstanceReusePolicy }: WarmPoolConfiguration): void {
  if (PoolState !== 'Running') {
    throw validationError(
      `The local AWS stops and hibernates no machines: a warm pool's PoolState would have to be Running; found ${PoolState ?? 'none, which means Stopped'}.`,
    );
  }
  if (InstanceReusePolicy?.ReuseOnScaleIn)
    throw validationError('The local AWS returns no machines to a warm pool; found ReuseOnScaleIn true.');
}
