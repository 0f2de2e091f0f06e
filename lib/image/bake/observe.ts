import type { ImageSummary } from '@aws-sdk/client-imagebuilder';
import type { Round } from '../../custom-resource/step';
import { buildStage } from './build-status';
import type { BakeClients } from './clients';
import { readFailure } from './failure';
import type { BakedImageSpec } from './properties';

/** Tags by which images, and the builds that make them, are found again. */
export const CONTENT_TAG = 'image-rollouts:content';
export const BASE_IMAGE_TAG = 'image-rollouts:base-image';
/** On builds alone: the request that started it. */
export const REQUEST_TAG = 'image-rollouts:request';

/** A build with the wanted content. */
export interface Build {
  readonly arn: string;
  readonly status: string;
  readonly reason: string;
  /** This very request started it. */
  readonly isOurs: boolean;
}

export interface BakeObserved {
  /** The oldest available image with the wanted content. */
  readonly image?: { readonly id: string; readonly createdAt: number };
  /** Builds with the wanted content; not read when there is an image. */
  readonly builds: readonly Build[];
  /** What is known about why our build failed, beyond its own reason. */
  readonly failure: string;
}

/** Reads what the next decision needs. */
export async function observeBake(round: Round<BakedImageSpec>, clients: BakeClients): Promise<BakeObserved> {
  let image = await findImage(round.spec, clients);
  if (image) return { image, builds: [], failure: '' };
  const builds = await findBuilds(round, clients);
  const ours = builds.find(({ isOurs }) => isOurs);
  const stage = ours && buildStage(ours.status);
  // It may have become available between the two calls.
  if (stage === 'available') image = await findImage(round.spec, clients);
  const failure = ours && stage === 'failed' ? await readFailure(ours.arn, round.spec, clients) : '';
  return { image, builds, failure };
}

async function findImage(spec: BakedImageSpec, clients: BakeClients): Promise<BakeObserved['image']> {
  const { Images = [] } = await clients.ec2.describeImages({
    Owners: ['self'],
    Filters: [
      { Name: `tag:${CONTENT_TAG}`, Values: [spec.contentDigest] },
      ...(spec.isSpare ? [] : [{ Name: `tag:${BASE_IMAGE_TAG}`, Values: [spec.baseImageId] }]),
      { Name: 'state', Values: ['available'] },
    ],
  });
  const images = Images.flatMap(({ ImageId, CreationDate }) =>
    ImageId ? [{ id: ImageId, createdAt: Date.parse(CreationDate ?? '') || 0 }] : [],
  );
  // Two deployments may have baked the same content. The first image stays the one: with the newest, going
  // back to what was deployed before would start machines from another image than they had.
  return images.sort((a, b) => a.createdAt - b.createdAt)[0];
}

async function findBuilds(round: Round<BakedImageSpec>, clients: BakeClients): Promise<readonly Build[]> {
  const builds: Build[] = [];
  let nextToken: string | undefined;
  do {
    const page = await clients.imageBuilder.listImagePipelineImages({
      imagePipelineArn: round.spec.pipelineArn,
      nextToken,
    });
    for (const summary of page.imageSummaryList ?? [])
      if (hasContent(summary, round.spec)) builds.push(buildOf(summary, round.requestId));
    nextToken = page.nextToken;
  } while (nextToken);
  return builds;
}

function hasContent({ tags }: ImageSummary, spec: BakedImageSpec): boolean {
  return tags?.[CONTENT_TAG] === spec.contentDigest && tags[BASE_IMAGE_TAG] === spec.baseImageId;
}

function buildOf(summary: ImageSummary, requestId: string): Build {
  return {
    arn: summary.arn ?? '',
    status: summary.state?.status ?? '',
    reason: summary.state?.reason ?? '',
    isOurs: summary.tags?.[REQUEST_TAG] === requestId,
  };
}
