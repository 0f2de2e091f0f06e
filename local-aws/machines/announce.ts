import { CompleteLifecycleActionCommand } from '@aws-sdk/client-auto-scaling';
import type { Core } from '../core/core';
import type { Principal } from '../core/principal';
import type { LaunchRequest } from './driver';

/**
 * How long a machine tries, in milliseconds: its tags may be missing from its metadata at first, and its role's
 * permissions may not have spread.
 */
const PATIENCE_MS = 10 * 60_000;

const GROUP_TAG = 'aws:autoscaling:groupName';

/** Who tells what to whom. */
export interface Announcement {
  readonly core: Core;
  /** Name of the launch lifecycle hook. */
  readonly hook: string;
  readonly request: Pick<LaunchRequest, 'instanceId' | 'tags' | 'tagsFrom'>;
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
  if (!principal) {
    log('Unable to locate credentials: the machine has no instance profile');
    return;
  }
  const { clock } = core;
  const until = clock.now() + PATIENCE_MS;
  let last = '';
  const say = (line: string) => {
    if (line !== last) log(line);
    last = line;
  };
  for (; clock.now() < until && !isOver(); await clock.sleep(againMs)) {
    const group = clock.now() < (request.tagsFrom ?? 0) ? undefined : request.tags[GROUP_TAG];
    if (group === undefined) {
      say(`the metadata service does not show ${GROUP_TAG} (yet)`);
      continue;
    }
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
      say(`completing the lifecycle hook ${hook} of ${group} failed: ${(error as Error).message}`);
    }
  }
  if (!isOver()) log(`tried for ${PATIENCE_MS / 60_000} minutes: given up`);
}
