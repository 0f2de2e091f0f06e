import type { ImageSummary } from '@aws-sdk/client-imagebuilder';
import { isDeploymentOver } from '../../custom-resource/deployment';
import type { Round } from '../../custom-resource/step';
import {
  BASE_IMAGE_TAG,
  type Build,
  CONTENT_TAG,
  isOurs,
  isRemainder,
  type LeftImage,
  REQUEST_TAG,
} from './build';
import { buildStage } from './build-status';
import type { BakeClients } from './clients';
import { readFailure } from './failure';
import { readLeftImages, readMachines } from './observe-remainder';
import type { BakedImageSpec } from './properties';

export interface BakeObserved {
  /** The oldest available image with the wanted content. */
  readonly image?: { readonly id: string; readonly createdAt: number };
  /** The pipeline's builds, oldest first; not read when there is an image and nothing to be cleaned up. */
  readonly builds: readonly Build[];
  /** Machines that build or test and are not terminated yet; read only where builds have to be at an end. */
  readonly machines: readonly string[];
  /** What builds of this stack have left. */
  readonly left: readonly LeftImage[];
  /** When our build ended well; read only where its image is not to be seen. */
  readonly availableSince?: number;
  /** What is known about why our build failed, beyond its own reason. */
  readonly failure: string;
  /** Nothing may be begun for this request any more. */
  readonly isOver: boolean;
}

const NOTHING: BakeObserved = { builds: [], machines: [], left: [], failure: '', isOver: false };

/** Reads what the next decision needs. */
export async function observeBake(round: Round<BakedImageSpec>, clients: BakeClients): Promise<BakeObserved> {
  if (round.requestType === 'Delete' || round.isGoingBack) return observeEnd(round, clients);
  let image = await findImage(round.spec, clients);
  if (image) return { ...NOTHING, image };
  const builds = await findBuilds(round.spec, clients);
  const ours = builds.find((build) => isOurs(build, round));
  const stage = ours && buildStage(ours.status);
  // It may have become available between the two calls.
  if (stage === 'available') image = await findImage(round.spec, clients);
  const hasFailed = ours !== undefined && stage === 'failed';
  const isAwaited = builds.some(({ status, hasContent }) => hasContent && buildStage(status) === 'running');
  return {
    ...NOTHING,
    image,
    builds,
    availableSince: stage === 'available' && !image ? await readEnd(ours!.arn, clients) : undefined,
    failure: hasFailed ? await readFailure(ours.arn, round.spec, clients) : '',
    left: hasFailed ? await readLeftImages([ours.arn], clients) : [],
    isOver: ours || isAwaited ? false : await isDeploymentOver(clients.cloudFormation, round),
  };
}

/** On Delete, and when the stack rolls back: what of a bake is still there. */
async function observeEnd(round: Round<BakedImageSpec>, clients: BakeClients): Promise<BakeObserved> {
  const isDelete = round.requestType === 'Delete';
  const builds = await findBuilds(round.spec, clients);
  const isRunning = ({ status }: Build) => buildStage(status) === 'running';
  // The machine of a build that is waited for is no remainder.
  const isWorking = builds.some((build) => isRunning(build) && !isRemainder(build, isDelete));
  const failed = builds.filter(
    ({ status, request }) => request !== undefined && buildStage(status) === 'failed',
  );
  const image = isDelete ? undefined : await findImage(round.spec, clients);
  return {
    ...NOTHING,
    image,
    builds,
    machines: isWorking ? [] : await readMachines(round.spec.securityGroupId, clients),
    left: await readLeftImages(
      failed.map(({ arn }) => arn),
      clients,
    ),
    isOver:
      isDelete || image || builds.some(isRunning)
        ? false
        : await isDeploymentOver(clients.cloudFormation, round),
  };
}

/** When the last workflow of a build ended. */
async function readEnd(imageBuildVersionArn: string, clients: BakeClients): Promise<number | undefined> {
  const { workflowExecutions = [] } = await clients.imageBuilder.listWorkflowExecutions({
    imageBuildVersionArn,
  });
  const ends = workflowExecutions.flatMap(({ endTime }) => (endTime ? [Date.parse(endTime)] : []));
  return ends.length > 0 ? Math.max(...ends) : undefined;
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

async function findBuilds(spec: BakedImageSpec, clients: BakeClients): Promise<readonly Build[]> {
  const builds: Build[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const page = await clients.imageBuilder.listImagePipelineImages({
        imagePipelineArn: spec.pipelineArn,
        nextToken,
      });
      builds.push(...(page.imageSummaryList ?? []).map((summary) => buildOf(summary, spec)));
      nextToken = page.nextToken;
    } while (nextToken);
  } catch (error) {
    // Somebody has deleted the pipeline: it builds nothing any more. AWS documents this error, and may list nothing instead.
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
  }
  return builds.sort((a, b) => a.startedAt - b.startedAt);
}

function buildOf(
  { arn = '', state, dateCreated = '', tags = {} }: ImageSummary,
  spec: BakedImageSpec,
): Build {
  return {
    arn,
    status: state?.status ?? '',
    reason: state?.reason ?? '',
    startedAt: Date.parse(dateCreated) || 0,
    hasContent: tags[CONTENT_TAG] === spec.contentDigest && tags[BASE_IMAGE_TAG] === spec.baseImageId,
    request: tags[REQUEST_TAG],
  };
}
