import type * as sdk from '@aws-sdk/client-imagebuilder';
import type { CreateImagePipelineRequest, UpdateImagePipelineRequest } from '@aws-sdk/client-imagebuilder';
import { only } from '../core/accepts';
import { passedTo } from '../core/condition-keys';
import type { Call, Operations } from '../core/service';
import { filtered, inUse, page } from './listing';
import { arnOf, invalidParameter } from './names';
import type { Store } from './store';

const FILTERS = [
  'description',
  'distributionConfigurationArn',
  'imageRecipeArn',
  'infrastructureConfigurationArn',
  'name',
  'status',
];

/** What a pipeline is made of, on creation and on update. */
const PIPELINE = {
  description: true,
  imageRecipeArn: true,
  infrastructureConfigurationArn: true,
  distributionConfigurationArn: true,
  imageTestsConfiguration: {
    imageTestsEnabled: true,
    timeoutMinutes: 'told of the image; Image Builder does not end tests by it either',
  },
  enhancedImageMetadataEnabled: 'told of the image; nothing is read off it',
  status: true,
  imageScanningConfiguration: { imageScanningEnabled: only(false) },
  executionRole: 'checked whether it may be passed; workflows run as AWS itself',
  loggingConfiguration: { imageLogGroupName: true, pipelineLogGroupName: 'pipelines log nothing' },
} as const;

/** Image pipelines: recipe and configurations together. */
export function pipelineOperations(store: Store): Operations<typeof sdk> {
  const shelf = store.pipelines;
  const kind = 'image-pipeline';
  return {
    CreateImagePipeline: {
      accepts: { name: true, tags: true, clientToken: true, ...PIPELINE },
      resources: (input) => [arnOf(store.core, kind, input.name ?? '')],
      run: (input, call) =>
        store.once('CreateImagePipeline', input, () => {
          const { clientToken, ...content } = input;
          const arn = store.newArn(shelf, kind, input.name);
          checkPipeline(store, input, call);
          shelf.set(arn, {
            ...content,
            ...{ arn, status: input.status ?? 'ENABLED', platform: 'Linux', dateCreated: store.now() },
            tags: input.tags ?? {},
          });
          return { requestId: call.requestId, clientToken, imagePipelineArn: arn };
        }),
    },
    UpdateImagePipeline: {
      accepts: {
        imagePipelineArn: true,
        ...PIPELINE,
        clientToken: 'a call that is repeated changes nothing',
      },
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) => {
        const { clientToken, imagePipelineArn: arn, ...content } = input;
        const { name, tags, dateCreated, dateLastRun, platform } = store.get(shelf, kind, arn);
        checkPipeline(store, input, call);
        shelf.set(arn!, {
          ...content,
          ...{ arn, name, tags, platform, dateCreated, dateLastRun },
          ...{ status: input.status ?? 'ENABLED', dateUpdated: store.now() },
        });
        return { requestId: call.requestId, clientToken, imagePipelineArn: arn };
      },
    },
    GetImagePipeline: {
      accepts: { imagePipelineArn: true },
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        imagePipeline: store.get(shelf, kind, input.imagePipelineArn),
      }),
    },
    ListImagePipelines: {
      accepts: { maxResults: true, nextToken: true, filters: { name: true, values: true } },
      run: (input, call) => {
        const [imagePipelineList, nextToken] = page(
          filtered([...shelf.values()], input.filters, FILTERS),
          input,
        );
        return { requestId: call.requestId, imagePipelineList, nextToken };
      },
    },
    DeleteImagePipeline: {
      accepts: { imagePipelineArn: true },
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) => {
        const { arn } = store.get(shelf, kind, input.imagePipelineArn);
        const run = store.runThatNeeds(({ sourcePipelineArn }) => sourcePipelineArn === arn);
        if (run) throw inUse(arn!, run.arn);
        shelf.delete(arn!);
        return { requestId: call.requestId, imagePipelineArn: arn };
      },
    },
  };
}

function checkPipeline(
  store: Store,
  input: CreateImagePipelineRequest | UpdateImagePipelineRequest,
  call: Call,
): void {
  if (input.imageRecipeArn === undefined) {
    throw invalidParameter('imageRecipeArn', 'The local AWS builds AMIs: a pipeline needs an image recipe.');
  }
  store.recipe(input.imageRecipeArn);
  store.get(store.infrastructure, 'infrastructure-configuration', input.infrastructureConfigurationArn);
  if (input.distributionConfigurationArn !== undefined) {
    store.get(store.distributions, 'distribution-configuration', input.distributionConfigurationArn);
  }
  if (input.executionRole !== undefined)
    call.authorize('iam:PassRole', input.executionRole, passedTo('imagebuilder.amazonaws.com'));
}
