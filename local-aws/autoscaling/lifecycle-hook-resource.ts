import type { LifecycleHookSpecification } from '@aws-sdk/client-auto-scaling';
import {
  DeleteLifecycleHookCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  PutLifecycleHookCommand,
} from '@aws-sdk/client-auto-scaling';
import type { Core } from '../core/core';
import type { Properties, ResourceType } from '../core/service';
import { HOOK } from './accepted';
import { validationError } from './faults';

/**
 * `AWS::AutoScaling::LifecycleHook`: its `Ref` is the hook's name. CloudFormation makes it after the group,
 * whose first machines may then have been launched without it; the group's own
 * LifecycleHookSpecificationList holds those too.
 */
export const hookResource: ResourceType = {
  accepts: { AutoScalingGroupName: true, ...HOOK },
  createOnly: ['LifecycleHookName', 'AutoScalingGroupName'],

  async create({ AutoScalingGroupName: group, ...properties }, provisioning) {
    const name = properties.LifecycleHookName ?? provisioning.generateName(255);
    const hook = hookSpecification({ ...properties, LifecycleHookName: name });
    await putHook(provisioning.core, String(group), hook);
    return { physicalId: String(name), attributes: {} };
  },

  async update(name, { AutoScalingGroupName: group, ...properties }, _, { core }) {
    await putHook(core, String(group), hookSpecification({ ...properties, LifecycleHookName: name }));
    return { physicalId: name, attributes: {} };
  },

  async delete(name, { AutoScalingGroupName: group }, { core }) {
    await deleteHook(core, String(group), name);
  },
};

/** @throws Fault ValidationError naming what is of the wrong kind */
export function hookSpecification(properties: Properties): LifecycleHookSpecification {
  const text = (key: string) => properties[key] as string | undefined;
  const timeout = properties.HeartbeatTimeout;
  if (timeout !== undefined && !/^\d+$/.test(String(timeout))) {
    throw validationError(`A lifecycle hook's HeartbeatTimeout is a number; found '${String(timeout)}'.`);
  }
  return {
    LifecycleHookName: text('LifecycleHookName'),
    LifecycleTransition: text('LifecycleTransition'),
    // What was taken out of a template goes back to its default.
    HeartbeatTimeout: Number(timeout ?? 3600),
    DefaultResult: text('DefaultResult') ?? 'ABANDON',
    NotificationMetadata: text('NotificationMetadata'),
  };
}

/** Makes a lifecycle hook, or changes it. */
export async function putHook(
  core: Core,
  AutoScalingGroupName: string,
  hook: LifecycleHookSpecification,
): Promise<void> {
  await core.send(new PutLifecycleHookCommand({ ...hook, AutoScalingGroupName }));
}

/** Ends well when the hook, or its group, is gone. */
export async function deleteHook(
  core: Core,
  AutoScalingGroupName: string,
  LifecycleHookName: string,
): Promise<void> {
  const { AutoScalingGroups } = await core.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [AutoScalingGroupName] }),
  );
  if (!AutoScalingGroups?.length) return;
  const { LifecycleHooks } = await core.send(
    new DescribeLifecycleHooksCommand({
      AutoScalingGroupName,
      LifecycleHookNames: [LifecycleHookName],
    }),
  );
  if (!LifecycleHooks?.length) return;
  await core.send(new DeleteLifecycleHookCommand({ AutoScalingGroupName, LifecycleHookName }));
}
