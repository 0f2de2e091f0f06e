/** Image builds of a stack's pipeline, and what they leave. */
import type { Round } from '../../custom-resource/step';
import type { BakedImageSpec } from './properties';

/** Tags by which images, and the builds that make them, are found again. */
export const CONTENT_TAG = 'image-rollouts:content';
export const BASE_IMAGE_TAG = 'image-rollouts:base-image';
/** On builds alone: the request that started it. */
export const REQUEST_TAG = 'image-rollouts:request';

/** A build of this stack's pipeline. */
export interface Build {
  readonly arn: string;
  readonly status: string;
  readonly reason: string;
  readonly startedAt: number;
  /** It makes the desired image. */
  readonly hasContent: boolean;
  /** The request of this stack that started it; undefined where somebody else did. */
  readonly request?: string;
}

/** An AMI that a build has left which ended badly. */
export interface LeftImage {
  readonly id: string;
  readonly buildArn: string;
}

/** Whether a build was started for this request, by it or by an earlier part of the same deployment. */
export function isOurs(build: Build, { requestId, spec }: Round<BakedImageSpec>): boolean {
  return build.hasContent && [requestId, spec.startedBy].some((id) => id !== '' && build.request === id);
}

/** Whether a build that this stack has started is to end: nobody waits for it any more. */
export function isRemainder({ request, hasContent }: Build, isDelete: boolean): boolean {
  return request !== undefined && (isDelete || !hasContent);
}
