import type * as sdk from '@aws-sdk/client-auto-scaling';
import type {
  LifecycleHook,
  LifecycleHookSpecification,
  RecordLifecycleActionHeartbeatType,
} from '@aws-sdk/client-auto-scaling';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { HOOK } from './accepted';
import { validationError } from './faults';
import type { Controllers } from './group-operations';
import { globalTimeoutSeconds, isOpen, recordHeartbeat } from './lifecycle-actions';
import type {
  AutoScalingState,
  Group,
  GroupHook,
  HookAction,
  HookTransition,
  LifecycleActionResult,
} from './state';
import { launchTransition, terminationTransition } from './state';

const mostHooks = 50;
const defaults = { heartbeatTimeoutSeconds: 3600, defaultResult: 'ABANDON' } as const;

/** Lifecycle hooks, and what is said about the machines that wait for them. */
export function hookOperations(state: AutoScalingState, controllers: Controllers): Operations<typeof sdk> {
  const { core } = state;
  const findAction = (input: RecordLifecycleActionHeartbeatType) => {
    const group = state.get(input.AutoScalingGroupName);
    return { group, action: openAction(group, input, core.clock.now()) };
  };

  return {
    PutLifecycleHook: {
      accepts: { AutoScalingGroupName: true, ...HOOK },
      resources: state.onGroup,
      run: (input) => {
        const group = state.get(input.AutoScalingGroupName);
        const present = group.hooks.get(input.LifecycleHookName ?? '');
        const hook = groupHook(input, present);
        if (!present && group.hooks.size >= mostHooks) {
          throw new Fault(
            'LimitExceeded',
            `An Auto Scaling group has ${mostHooks} lifecycle hooks at most; ${group.name} has as many.`,
          );
        }
        group.hooks.set(hook.name, hook);
        return {};
      },
    },

    DescribeLifecycleHooks: {
      accepts: { AutoScalingGroupName: true, LifecycleHookNames: true },
      run: ({ AutoScalingGroupName, LifecycleHookNames: names = [] }) => {
        const group = state.get(AutoScalingGroupName);
        const found = [...group.hooks.values()].filter(
          ({ name }) => names.length === 0 || names.includes(name),
        );
        return { LifecycleHooks: found.map((hook) => describeHook(group, hook)) };
      },
    },

    DeleteLifecycleHook: {
      accepts: { AutoScalingGroupName: true, LifecycleHookName: true },
      resources: state.onGroup,
      run: ({ AutoScalingGroupName, LifecycleHookName: name = '' }) => {
        const group = state.get(AutoScalingGroupName);
        if (!group.hooks.delete(name)) {
          throw validationError(`No Lifecycle Hook found with name ${name} in group ${group.name}`);
        }
        // AWS completes what is outstanding: launching machines are abandoned, ending ones go on.
        // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLifecycleHook.html
        for (const { actions } of group.instances.values()) {
          for (const action of actions)
            if (action.hook.name === name)
              action.result ??= action.hook.transition === launchTransition ? 'ABANDON' : 'CONTINUE';
        }
        controllers.wake(group);
        return {};
      },
    },

    CompleteLifecycleAction: {
      accepts: {
        AutoScalingGroupName: true,
        LifecycleHookName: true,
        LifecycleActionResult: true,
        LifecycleActionToken: true,
        InstanceId: true,
      },
      resources: state.onGroup,
      run: (input) => {
        const result = resultNamed('LifecycleActionResult', input.LifecycleActionResult);
        const { group, action } = findAction(input);
        action.result = result;
        controllers.wake(group);
        return {};
      },
    },

    RecordLifecycleActionHeartbeat: {
      accepts: {
        AutoScalingGroupName: true,
        LifecycleHookName: true,
        LifecycleActionToken: true,
        InstanceId: true,
      },
      resources: state.onGroup,
      run: (input) => {
        recordHeartbeat(findAction(input).action, core.clock.now());
        return {};
      },
    },
  };
}

/**
 * A hook as it is asked for.
 * @param present the hook of that name: what is not given stays as it is
 * @throws Fault ValidationError
 */
export function groupHook(
  input: Partial<LifecycleHookSpecification>,
  present: Omit<GroupHook, 'name'> | undefined = undefined,
): GroupHook {
  const { LifecycleHookName: name = '', LifecycleTransition: transition } = input;
  if (!/^[A-Za-z0-9\-_/]{1,255}$/.test(name)) {
    throw validationError(
      `A lifecycle hook's name has 1 to 255 letters, digits, '-', '_' and '/'; found '${name}'.`,
    );
  }
  const { heartbeatTimeoutSeconds: seconds, defaultResult } = present ?? defaults;
  const heartbeatTimeoutSeconds = input.HeartbeatTimeout ?? seconds;
  if (!(heartbeatTimeoutSeconds >= 30 && heartbeatTimeoutSeconds <= 7200)) {
    throw validationError(
      `A lifecycle hook's HeartbeatTimeout is from 30 to 7200 seconds; found ${heartbeatTimeoutSeconds}.`,
    );
  }
  return {
    name,
    transition: transitionNamed(transition ?? present?.transition),
    heartbeatTimeoutSeconds,
    defaultResult: resultNamed('DefaultResult', input.DefaultResult ?? defaultResult),
    metadata: input.NotificationMetadata ?? present?.metadata,
  };
}

function transitionNamed(transition: string | undefined): HookTransition {
  if (transition === launchTransition || transition === terminationTransition) return transition;
  throw validationError(
    `A lifecycle hook's LifecycleTransition is ${launchTransition} or ${terminationTransition}; found ${transition ?? 'none'}.`,
  );
}

function describeHook(group: Group, hook: GroupHook): LifecycleHook {
  return {
    LifecycleHookName: hook.name,
    AutoScalingGroupName: group.name,
    LifecycleTransition: hook.transition,
    NotificationMetadata: hook.metadata,
    HeartbeatTimeout: hook.heartbeatTimeoutSeconds,
    GlobalTimeout: globalTimeoutSeconds(hook.heartbeatTimeoutSeconds),
    DefaultResult: hook.defaultResult,
  };
}

/** The action that a machine waits for, by its token or by the machine. @throws Fault ValidationError */
function openAction(group: Group, input: RecordLifecycleActionHeartbeatType, now: number): HookAction {
  const { LifecycleHookName: hook, LifecycleActionToken: token, InstanceId: id } = input;
  if (token === undefined && id === undefined) {
    throw validationError('Either LifecycleActionToken or InstanceId must be given; found neither.');
  }
  const action = [...group.instances.values()]
    .filter((instance) => id === undefined || instance.id === id)
    .flatMap(({ actions }) => actions)
    .filter((each) => each.hook.name === hook && (token === undefined || each.token === token))
    .find((each) => isOpen(each, now));
  if (action) return action;
  throw validationError(
    `No active Lifecycle Action found with ${token === undefined ? `instance ID ${id}` : `token ${token}`}`,
  );
}

function resultNamed(name: string, result: string | undefined): LifecycleActionResult {
  if (result === 'CONTINUE' || result === 'ABANDON') return result;
  throw validationError(`${name} is CONTINUE or ABANDON; found '${result ?? ''}'.`);
}
