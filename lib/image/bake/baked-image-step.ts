import type { LongRunning, Outcome, Round } from '../../custom-resource/step';
import type { BakeClients } from './clients';
import { decideBake } from './decide';
import { BASE_IMAGE_TAG, CONTENT_TAG, observeBake, REQUEST_TAG } from './observe';
import { type BakedImageSpec, bakedImageSpec } from './properties';

/** Reuses the AMI that has the release's content, or bakes it. Deleting the resource keeps the AMI. */
export function bakedImage(clients: BakeClients): LongRunning<BakedImageSpec> {
  return {
    parse: bakedImageSpec,
    async step(round) {
      if (round.requestType === 'Delete')
        return { kind: 'succeed', data: {}, message: 'The AMI is kept: going back takes it.' };
      const action = decideBake(round, await observeBake(round, clients));
      return action.kind === 'start' ? start(round, clients) : action;
    },
  };
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
