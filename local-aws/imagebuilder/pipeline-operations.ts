import type {
  CreateImagePipelineRequest,
  CreateImagePipelineResponse,
  DeleteImagePipelineRequest,
  DeleteImagePipelineResponse,
  GetImagePipelineRequest,
  GetImagePipelineResponse,
  ListImagePipelinesRequest,
  ListImagePipelinesResponse,
  UpdateImagePipelineRequest,
  UpdateImagePipelineResponse,
} from '@aws-sdk/client-imagebuilder';
import { passedTo } from '../core/condition-keys';
import { type Call, type Operation, operation } from '../core/service';
import { filtered, inUse, page } from './listing';
import { arnOf, invalidParameter } from './names';
import type { Store } from './store';

/** Image pipelines: recipe and configurations together. */
export function pipelineOperations(store: Store): Readonly<Record<string, Operation>> {
  const shelf = store.pipelines;
  const kind = 'image-pipeline';
  return {
    CreateImagePipeline: operation<CreateImagePipelineRequest, CreateImagePipelineResponse>({
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
    }),
    UpdateImagePipeline: operation<UpdateImagePipelineRequest, UpdateImagePipelineResponse>({
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
    }),
    GetImagePipeline: operation<GetImagePipelineRequest, GetImagePipelineResponse>({
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        imagePipeline: store.get(shelf, kind, input.imagePipelineArn),
      }),
    }),
    ListImagePipelines: operation<ListImagePipelinesRequest, ListImagePipelinesResponse>({
      run: (input, call) => {
        const [imagePipelineList, nextToken] = page(filtered([...shelf.values()], input.filters), input);
        return { requestId: call.requestId, imagePipelineList, nextToken };
      },
    }),
    DeleteImagePipeline: operation<DeleteImagePipelineRequest, DeleteImagePipelineResponse>({
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) => {
        const { arn } = store.get(shelf, kind, input.imagePipelineArn);
        const run = store.runThatNeeds(({ sourcePipelineArn }) => sourcePipelineArn === arn);
        if (run) throw inUse(arn!, run.arn);
        shelf.delete(arn!);
        return { requestId: call.requestId, imagePipelineArn: arn };
      },
    }),
  };
}

function checkPipeline(
  store: Store,
  input: CreateImagePipelineRequest | UpdateImagePipelineRequest,
  call: Call,
): void {
  if (input.containerRecipeArn !== undefined || input.imageRecipeArn === undefined) {
    throw invalidParameter('imageRecipeArn', 'The local AWS builds AMIs: a pipeline needs an image recipe.');
  }
  if (input.schedule?.scheduleExpression !== undefined) {
    throw invalidParameter('schedule', 'The local AWS runs pipelines on demand alone.');
  }
  if (input.workflows?.length)
    throw invalidParameter('workflows', 'The local AWS has the default workflows alone.');
  store.recipe(input.imageRecipeArn);
  store.get(store.infrastructure, 'infrastructure-configuration', input.infrastructureConfigurationArn);
  if (input.distributionConfigurationArn !== undefined) {
    store.get(store.distributions, 'distribution-configuration', input.distributionConfigurationArn);
  }
  if (input.executionRole !== undefined)
    call.authorize('iam:PassRole', input.executionRole, passedTo('imagebuilder.amazonaws.com'));
}
