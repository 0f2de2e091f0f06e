import { key } from '../rollout/fleet';
import type { TemplateVersion } from '../rollout/properties';
import type { Finding } from './finding';
import { isAvailableImage } from './statuses';
import {
  type GroupFacts,
  isNumbered,
  type PreflightObserved,
  type PreflightSubject,
  targetOf,
} from './subject';

type Role = 'target' | 'rollback';

/** What machines would not start from: where the rollout goes, and where it would go back to. */
export function imageFindings(
  subject: PreflightSubject,
  observed: PreflightObserved,
  group: GroupFacts,
  now: number,
): readonly Finding[] {
  const target = targetOf(subject, observed);
  const forward = target ? ofVersion('target', target, observed, group, now) : [];
  const { saved } = group;
  if (!saved) {
    return [
      ...forward,
      {
        code: 'rollback-version-unnumbered',
        message: `${subject.groupName} has no launch template, so that nothing could be rolled back: a numbered version of the stack's launch template is expected.`,
      },
    ];
  }
  // The same image is not found wanting twice.
  const isSameImage =
    target && observed.templates.get(key(target))?.imageId === observed.templates.get(key(saved))?.imageId;
  const back = isNumbered(saved) && isSameImage ? [] : ofVersion('rollback', saved, observed, group, now);
  return [...forward, ...back];
}

function ofVersion(
  role: Role,
  version: TemplateVersion,
  { templates, images, architectures }: PreflightObserved,
  { account }: GroupFacts,
  now: number,
): readonly Finding[] {
  const name = `Launch template version ${version.version} of ${version.launchTemplateId}, ${ROLES[role]},`;
  if (!isNumbered(version)) {
    return [
      {
        code: `${role}-version-unnumbered`,
        message: `${name} is not told by a number, with which Auto Scaling rolls nothing back: write the number of a version to the group.`,
      },
    ];
  }
  const template = templates.get(key(version));
  if (!template) {
    return [{ code: `${role}-version-missing`, message: `${name} is not there any more: ${REMEDY[role]}.` }];
  }
  const { imageId, instanceType } = template;
  if (!imageId?.startsWith('ami-')) {
    return [
      {
        code: `${role}-image-indirect`,
        message: `${name} names ${imageId ? `the image ${imageId}` : 'no image'}, with which Auto Scaling rolls nothing back: an AMI's id is expected.`,
      },
    ];
  }
  const image = images.get(imageId);
  if (!image) {
    return [
      {
        code: `${role}-image-missing`,
        message: `${name} starts machines from ${imageId}, which is not there or not shared with this account: ${REMEDY[role]}.`,
      },
    ];
  }
  const found: Finding[] = [];
  if (!isAvailableImage(image.state)) {
    found.push({
      code: `${role}-image-unavailable`,
      message: `${name} starts machines from ${imageId}, which is ${image.state}, and has to be available: ${REMEDY[role]}.`,
    });
  }
  const runs = architectures.get(instanceType ?? '');
  if (runs && !runs.includes(image.architecture)) {
    found.push({
      code: `${role}-image-architecture`,
      message: `${name} starts ${instanceType}, which runs ${runs.join(' and ')}, from ${imageId}, which is for ${image.architecture}: an image and an instance type that fit each other are expected.`,
    });
  }
  // Public images are deprecated by a calendar, and stay for years; one's own are next to be deleted.
  if (image.ownerAccount === account && image.deprecatedAt !== undefined && image.deprecatedAt <= now) {
    found.push({
      code: `${role}-image-deprecated`,
      message: `${name} starts machines from ${imageId}, which is marked as deprecated since ${new Date(image.deprecatedAt).toISOString()} and may be deleted any time: take the mark off with "aws ec2 disable-image-deprecation --image-id ${imageId}", or ${REMEDY[role]}.`,
    });
  }
  return found;
}

const ROLES: Readonly<Record<Role, string>> = {
  target: 'which is to be rolled out',
  rollback: 'which a rollback would need',
};

const REMEDY: Readonly<Record<Role, string>> = {
  target: 'deploy a release whose image is there, or have it baked anew',
  rollback: 'bring it back, an image for instance from the Recycle Bin, or accept that there is no way back',
};
