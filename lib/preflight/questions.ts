import type { Round } from '../custom-resource/step';
import { key } from '../rollout/fleet';
import { isInService } from '../rollout/statuses';
import type { PreflightSpec } from './properties';
import type { PreflightObserved } from './subject';

/** What a deployment will do to machines, and so what has to be asked. */
export interface Questions {
  /** Whether machines of a group that is there will be replaced. */
  readonly isReplacing: boolean;
  /** Whether any will be started. */
  readonly isStarting: boolean;
  /** Whether anything will be made from the base image; a baked image that is there already needs none. */
  readonly isBaseUsed: boolean;
}

type Asked = Pick<Round<PreflightSpec>, 'spec' | 'oldSpec'>;

/** By content: a release that is in service already is replaced when a setting of its machines changes. */
export function questionsOf({ spec, oldSpec }: Asked, observed: PreflightObserved): Questions {
  if (!observed.group) return { isReplacing: false, isStarting: true, isBaseUsed: true };
  const isReplacing = !isInForce({ spec, oldSpec }, observed);
  const isStarting = isReplacing || differs(spec.subject.launch, oldSpec?.subject.launch);
  return { isReplacing, isStarting, isBaseUsed: isBaseUsed({ spec, oldSpec }) };
}

/** Machines boot from a master image; what is baked upon the other one is there when nothing in it changes. */
function isBaseUsed({ spec, oldSpec }: Asked): boolean {
  const isBakedAlready =
    oldSpec?.subject.release.digest === spec.subject.release.digest &&
    !differs(contentOf(spec), contentOf(oldSpec));
  return spec.subject.launch?.baseImage.key === 'masterImageId' || !isBakedAlready;
}

/** Whether the fleet runs already what the deployment asks for. */
function isInForce({ spec, oldSpec }: Asked, observed: PreflightObserved): boolean {
  const { subject = spec.subject, group, inService, pinned } = observed;
  if (!oldSpec || !inService || spec.requests.restart !== oldSpec.requests.restart) return false;
  const saved = group?.saved && key(group.saved);
  const isOne = group?.machines.every(
    ({ lifecycleState, version }) => !isInService(lifecycleState) || (version && key(version) === saved),
  );
  if (!isOne) return false;
  if (subject.pinnedRevision !== undefined)
    return pinned?.software.content !== undefined && pinned.software.content === inService.software.content;
  return (
    spec.requests.pin === oldSpec.requests.pin &&
    subject.release.digest === inService.release.digest &&
    !differs(contentOf(spec), contentOf(oldSpec))
  );
}

function contentOf({ subject: { launch } }: PreflightSpec) {
  return launch && [launch.content, launch.baseImage.id];
}

function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
