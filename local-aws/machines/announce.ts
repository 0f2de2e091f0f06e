import { CompleteLifecycleActionCommand } from '@aws-sdk/client-auto-scaling';
import type { Core } from '../core/core';
import type { Principal } from '../core/principal';
import type { LaunchRequest } from './driver';

/** How often a machine tries at the most. */
const ATTEMPTS = 6;

/** Who tells what to whom. */
export interface Announcement {
  readonly core: Core;
  /** Name of the launch lifecycle hook. */
  readonly hook: string;
  readonly request: Pick<LaunchRequest, 'instanceId' | 'tags'>;
  /** Session of the machine's role; undefined when it has none. */
  readonly principal: Principal | undefined;
  /** Modelled time between two attempts, in milliseconds. */
  readonly againMs: number;
  /** Whether the machine is gone, or its service given up. */
  readonly isOver: () => boolean;
  /** A line for the machine's console. */
  readonly log: (line: string) => void;
}

/** Tells the Auto Scaling group that launched a machine that its service answers. What became of it is logged. */
export async function announce(announcement: Announcement): Promise<void> {
  const { core, hook, request, principal, againMs, isOver, log } = announcement;
  if (isOver()) return;
  if (!request.tags) {
    log(
      'the metadata service shows no tags, and so no Auto Scaling group: the launch template has to set InstanceMetadataTags to enabled',
    );
    return;
  }
  const group = request.tags['aws:autoscaling:groupName'];
  if (group === undefined) {
    log('this machine belongs to no Auto Scaling group: there is nobody to tell');
    return;
  }
  if (!principal) {
    log('Unable to locate credentials: the machine has no instance profile');
    return;
  }
  for (let attempt = 1; attempt <= ATTEMPTS && !isOver(); attempt++) {
    try {
      await core.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: group,
          LifecycleHookName: hook,
          InstanceId: request.instanceId,
          LifecycleActionResult: 'CONTINUE',
        }),
        principal,
      );
      log(`told ${group} by its lifecycle hook ${hook} that the service answers`);
      return;
    } catch (error) {
      log(`completing the lifecycle hook ${hook} of ${group} failed: ${(error as Error).message}`);
    }
    if (attempt < ATTEMPTS) await core.clock.sleep(againMs);
  }
  if (!isOver()) log(`tried ${ATTEMPTS} times: given up`);
}
