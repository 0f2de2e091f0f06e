import type { LongRunning, Outcome, Round } from '../../custom-resource/step';
import { BASE_IMAGE_TAG, CONTENT_TAG, type LeftImage, REQUEST_TAG } from './build';
import type { BakeClients } from './clients';
import { type BakeAction, decideBake } from './decide';
import { observeBake } from './observe';
import { type BakedImageSpec, bakedImageSpec } from './properties';

/**
 * Reuses the AMI that has the release's content, or bakes it. Deleting the resource keeps the AMI, and ends the builds
 * that the stack has started; so does rolling back.
 */
export function bakedImage(clients: BakeClients): LongRunning<BakedImageSpec> {
  return {
    parse: bakedImageSpec,
    async step(round) {
      const action = decideBake(round, await observeBake(round, clients));
      return execute(action, round, clients);
    },
  };
}

async function execute(
  action: BakeAction,
  round: Round<BakedImageSpec>,
  clients: BakeClients,
): Promise<Outcome> {
  switch (action.kind) {
    case 'start':
      return start(round, clients);
    case 'cancel':
      return cancel(action.builds, action.afterwards, clients);
    case 'remove':
      return remove(action.images, action.afterwards, clients);
    default:
      return action;
  }
}

async function start(round: Round<BakedImageSpec>, clients: BakeClients): Promise<Outcome> {
  const { spec, requestId } = round;
  try {
    await clients.imageBuilder.startImagePipelineExecution({
      imagePipelineArn: spec.pipelineArn,
      // The same request never starts a second build.
      clientToken: requestId,
      tags: {
        [CONTENT_TAG]: spec.contentDigest,
        [BASE_IMAGE_TAG]: spec.baseImageId,
        [REQUEST_TAG]: requestId,
      },
    });
  } catch (error) {
    // The pipeline is at another image; builds of one pipeline come one after the other.
    if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
    return { kind: 'wait', seconds: 30, message: `The image pipeline is busy: ${error.message}` };
  }
  return {
    kind: 'wait',
    seconds: 15,
    message: `The bake of ${spec.application} ${spec.version} has started.`,
  };
}

/** What AWS may answer to a cancellation that comes too late, or that this function may not ask for. */
const NOT_CANCELLED = [
  'InvalidRequestException',
  'ResourceInUseException',
  'AccessDeniedException',
  'ForbiddenException',
];

/** A build that is refused to be cancelled has just ended, or ends by itself: the next round sees what became of it. */
async function cancel(
  builds: readonly string[],
  afterwards: Outcome,
  clients: BakeClients,
): Promise<Outcome> {
  const refusals: string[] = [];
  for (const imageBuildVersionArn of builds) {
    try {
      // The SDK makes up a token.
      await clients.imageBuilder.cancelImageCreation({ imageBuildVersionArn, clientToken: undefined });
    } catch (error) {
      if (!(error instanceof Error) || !NOT_CANCELLED.includes(error.name)) throw error;
      refusals.push(`${imageBuildVersionArn} could not be cancelled (${error.name}: ${error.message})`);
    }
  }
  return refusals.length > 0 ? { kind: 'wait', seconds: 15, message: refusals.join('; ') } : afterwards;
}

/** What can't be removed stays, and is told: it costs storage, and nothing else. */
async function remove(
  images: readonly LeftImage[],
  afterwards: Outcome,
  clients: BakeClients,
): Promise<Outcome> {
  const told: string[] = [];
  for (const { id, buildArn } of images) {
    try {
      const { DeleteSnapshotResults: snapshots = [] } = await clients.ec2.deregisterImage({
        ImageId: id,
        DeleteAssociatedSnapshots: true,
      });
      const kept = snapshots.filter(({ ReturnCode }) => ReturnCode !== 'success');
      told.push(
        kept.length === 0
          ? `AMI ${id}, which the build left, was removed with its snapshots.`
          : `AMI ${id}, which the build left, was removed; delete its snapshots, which could not be: ${kept.map(({ SnapshotId, ReturnCode }) => `${SnapshotId} (${ReturnCode})`).join(', ')}.`,
      );
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      told.push(`AMI ${id}, which ${buildArn} left, could not be removed (${reason}); deregister it.`);
    }
  }
  const text = told.join(' ');
  if (afterwards.kind === 'fail') return { ...afterwards, reason: `${afterwards.reason} ${text}` };
  return { ...afterwards, message: `${afterwards.message} ${text}` };
}
