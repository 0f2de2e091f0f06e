import {
  InstanceRefreshStatus,
  LifecycleState,
  ScalingActivityStatusCode,
} from '@aws-sdk/client-auto-scaling';
import { ResourceStatus, StackStatus } from '@aws-sdk/client-cloudformation';
import { StateValue } from '@aws-sdk/client-cloudwatch';
import { ImageState } from '@aws-sdk/client-ec2';
import { TargetHealthStateEnum } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  ImageStatus,
  WorkflowExecutionStatus,
  WorkflowStepExecutionStatus,
} from '@aws-sdk/client-imagebuilder';
import * as stacks from '../lib/custom-resource/stack-status';
import { buildStage, failedStep, failedWorkflow } from '../lib/image/bake/build-status';
import { isAvailableImage } from '../lib/preflight/statuses';
import * as statuses from '../lib/rollout/statuses';

/** Every predicate on a status, and the values that AWS's model has for it. */
const PREDICATES: readonly (readonly [
  name: string,
  values: Readonly<Record<string, string>>,
  predicate: (value: string) => unknown,
])[] = [
  ['image builds', ImageStatus, buildStage],
  ['image workflows', WorkflowExecutionStatus, (status) => failedWorkflow([{ status }])],
  ['steps of image workflows', WorkflowStepExecutionStatus, (status) => failedStep([{ status }])],
  ['AMIs', ImageState, isAvailableImage],
  ['instance refreshes', InstanceRefreshStatus, statuses.stageOf],
  ['instance refreshes, pending', InstanceRefreshStatus, statuses.isPending],
  ['instance refreshes, baking', InstanceRefreshStatus, statuses.isBaking],
  ['instance refreshes, cancelled', InstanceRefreshStatus, statuses.isCancelled],
  ['machines in the fleet', LifecycleState, statuses.isInFleet],
  ['machines in service', LifecycleState, statuses.isInService],
  ['machines held by a hook', LifecycleState, statuses.isHeldByHook],
  ['machines on standby', LifecycleState, statuses.isStandby],
  ['activities, done', ScalingActivityStatusCode, statuses.isDoneActivity],
  ['activities, failed', ScalingActivityStatusCode, statuses.isFailedActivity],
  ['targets, healthy', TargetHealthStateEnum, statuses.isHealthyTarget],
  ['targets, sick', TargetHealthStateEnum, statuses.isSickTarget],
  ['targets, leaving', TargetHealthStateEnum, statuses.isLeavingTarget],
  ['alarms, quiet', StateValue, statuses.isQuietAlarm],
  ['alarms, firing', StateValue, statuses.isFiringAlarm],
  ['stacks, busy', StackStatus, stacks.isStackBusy],
  ['stacks, stuck', StackStatus, stacks.isStackStuck],
  ['stacks, updatable', StackStatus, stacks.isStackUpdatable],
  ['stacks, back', StackStatus, stacks.isStackBack],
  ['stacks, going back', StackStatus, stacks.isStackGoingBack],
  ['stacks, going forward', StackStatus, stacks.isStackGoingForward],
  ['resources, busy', ResourceStatus, stacks.isResourceBusy],
  ['resources, failed', ResourceStatus, stacks.isResourceFailed],
];

test.each(PREDICATES)(
  '%s: every value that AWS has is known, and another one is an error that names it',
  (_, values, predicate) => {
    for (const value of Object.values(values)) expect(() => predicate(value)).not.toThrow();
    expect(() => predicate('Molten')).toThrow(/unknown \w+( \w+)? "Molten"/);
  },
);

describe('the workflow that made a build fail', () => {
  test.each(['FAILED', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_COMPLETED'])(
    'is one that stands as %s',
    (status) => {
      const found = failedWorkflow([{ status: 'COMPLETED' }, { status: 'CANCELLED' }, { status }]);
      expect(found).toEqual({ status });
    },
  );

  test('is one that was cancelled, where none failed by itself', () => {
    expect(failedWorkflow([{ status: 'COMPLETED' }, { status: 'CANCELLED' }])).toEqual({
      status: 'CANCELLED',
    });
    expect(failedWorkflow([{ status: 'COMPLETED' }, { status: 'SKIPPED' }])).toBeUndefined();
  });

  test('and its step: the one that failed, before one that was cancelled with it', () => {
    expect(failedStep([{ status: 'CANCELLED' }, { status: 'FAILED' }])).toEqual({ status: 'FAILED' });
  });
});

test.each(Object.values(StackStatus))('what %s says of a stack goes with its name', (status) => {
  // A stack under review has a change set and no resources: AWS takes it for one in transition.
  expect(stacks.isStackBusy(status)).toBe(status.endsWith('_IN_PROGRESS'));
  expect(stacks.isStackGoingBack(status)).toBe(status.endsWith('ROLLBACK_IN_PROGRESS'));
  expect(stacks.isStackBack(status)).toBe(status.startsWith('UPDATE_ROLLBACK_'));
});

test.each(Object.values(ResourceStatus))('what %s says of a resource goes with its name', (status) => {
  expect(stacks.isResourceBusy(status)).toBe(status.endsWith('_IN_PROGRESS'));
  expect(stacks.isResourceFailed(status)).toBe(status.endsWith('_FAILED'));
});
