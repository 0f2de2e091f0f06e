import { randomUUID } from 'node:crypto';
import type { Core } from '../core/core';
import { publishHookAction } from './events';
import type { Sighting } from './health';
import { abandonLaunch, continueTermination, enterService } from './machines';
import type { Group, GroupHook, GroupInstance, HookAction, HookTransition } from './state';
import { launchTransition, terminationTransition } from './state';

/** Longest that a machine may wait for one hook, in seconds: 48 hours, or 100 heartbeats if that is less. */
export function globalTimeoutSeconds(heartbeatTimeoutSeconds: number): number {
  return Math.min(172_800, 100 * heartbeatTimeoutSeconds);
}

/**
 * Brings a pending machine that EC2 calls running on its way: into service, or before that to wait for the
 * group's launch hooks, for as long as those want. Only then is it registered with target groups.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
 */
export async function continueLaunch(core: Core, group: Group, instance: GroupInstance): Promise<void> {
  if (instance.lifecycle === 'Pending' && isHeld(group, instance)) {
    instance.lifecycle = 'Pending:Wait';
    beginWaiting(core, group, instance, hooksFor(group, launchTransition));
    return;
  }
  if (instance.lifecycle === 'Pending:Wait') {
    const outcome = settle(instance.actions, core.clock.now());
    if (outcome.kind === 'waiting') return;
    if (outcome.kind === 'abandoned') {
      await abandonLaunch(core, group, instance, outcome.why);
      return;
    }
    instance.lifecycle = 'Pending:Proceed';
    instance.actions = [];
  }
  await enterService(core, group, instance);
}

/**
 * Brings a machine that is ending on its way: out of its target groups, then to wait for the group's
 * termination hooks, then to EC2. Whatever an action comes to, the machine ends; ABANDON only spares the
 * other hooks.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
 */
export async function continueEnd(
  core: Core,
  group: Group,
  instance: GroupInstance,
  sighting: Sighting,
): Promise<void> {
  const isGone = ['terminated', undefined].includes(sighting.states.get(instance.id));
  const isDraining = (sighting.targets.get(instance.id) ?? []).some((target) => target !== 'unused');
  if (instance.lifecycle === 'Terminating' && !isGone && !isDraining && !instance.ending) {
    const hooks = hooksFor(group, terminationTransition);
    // A machine that was never in service has nothing that a hook could save.
    if (hooks.length > 0 && instance.inServiceAt !== undefined && !group.deleting) {
      instance.lifecycle = 'Terminating:Wait';
      beginWaiting(core, group, instance, hooks);
      return;
    }
  }
  if (instance.lifecycle === 'Terminating:Wait' && !isGone) {
    if (!group.deleting && settle(instance.actions, core.clock.now()).kind === 'waiting') return;
    instance.lifecycle = 'Terminating:Proceed';
    instance.actions = [];
  }
  await continueTermination(core, group, instance, sighting);
}

/** Gives an action its heartbeat time-out again, within what it may wait at all. */
export function recordHeartbeat(action: HookAction, now: number): void {
  const { heartbeatTimeoutSeconds } = action.hook;
  const latest = action.startedAt + globalTimeoutSeconds(heartbeatTimeoutSeconds) * 1000;
  action.until = Math.min(latest, now + heartbeatTimeoutSeconds * 1000);
}

/** Whether an action can still be completed. */
export function isOpen({ result, until }: HookAction, now: number): boolean {
  return result === undefined && now < until;
}

/** Hooks do not apply to a machine that comes back from standby: it has been in service. */
function isHeld(group: Group, instance: GroupInstance): boolean {
  return hooksFor(group, launchTransition).length > 0 && instance.inServiceAt === undefined;
}

function hooksFor(group: Group, transition: HookTransition): readonly GroupHook[] {
  return [...group.hooks.values()].filter((hook) => hook.transition === transition);
}

function beginWaiting(core: Core, group: Group, instance: GroupInstance, hooks: readonly GroupHook[]): void {
  const startedAt = core.clock.now();
  instance.actions = hooks.map((hook) => ({
    token: randomUUID(),
    hook,
    startedAt,
    until: startedAt + hook.heartbeatTimeoutSeconds * 1000,
  }));
  for (const action of instance.actions) publishHookAction(core, group, instance, action);
}

type Outcome =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'proceed' }
  | { readonly kind: 'abandoned'; readonly why: string };

/** One abandoned action ends the launch, whatever the others come to; otherwise all have to be over. */
function settle(actions: readonly HookAction[], now: number): Outcome {
  let kind: 'waiting' | 'proceed' = 'proceed';
  for (const action of actions) {
    const { token, result, hook } = action;
    if (isOpen(action, now)) kind = 'waiting';
    else if ((result ?? hook.defaultResult) === 'ABANDON') {
      const how = result ? 'Lifecycle Action Completed with ABANDON Result' : 'Heartbeat Timeout';
      return { kind: 'abandoned', why: `Lifecycle Action with token ${token} was abandoned: ${how}` };
    }
  }
  return { kind };
}
