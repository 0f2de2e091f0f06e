import type {
  CancelImageCreationRequest,
  CancelImageCreationResponse,
  DeleteImageRequest,
  DeleteImageResponse,
  GetImageRequest,
  GetImageResponse,
  ImageSummary,
  ListImageBuildVersionsRequest,
  ListImageBuildVersionsResponse,
  ListImagePipelineImagesRequest,
  ListImagePipelineImagesResponse,
  ListImagesRequest,
  ListImagesResponse,
  ListWorkflowExecutionsRequest,
  ListWorkflowExecutionsResponse,
  ListWorkflowStepExecutionsRequest,
  ListWorkflowStepExecutionsResponse,
  StartImagePipelineExecutionRequest,
  StartImagePipelineExecutionResponse,
} from '@aws-sdk/client-imagebuilder';
import { tagKeys } from '../core/condition-keys';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import type { Builds } from './builds';
import { filtered, page } from './listing';
import { partsOf } from './names';
import { type Build, isEnded, nameOf, type Store } from './store';

/** Runs of pipelines, and the images that they make. */
export function imageOperations(store: Store, builds: Builds): Readonly<Record<string, Operation>> {
  return {
    StartImagePipelineExecution: operation<
      StartImagePipelineExecutionRequest,
      StartImagePipelineExecutionResponse
    >({
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) =>
        store.once('StartImagePipelineExecution', input, () => {
          const pipeline = store.get(store.pipelines, 'image-pipeline', input.imagePipelineArn);
          call.authorize('imagebuilder:GetImagePipeline', pipeline.arn!);
          if (input.tags)
            call.authorize(
              'imagebuilder:TagResource',
              store.core.arn('imagebuilder', 'image/*'),
              tagKeys(Object.entries(input.tags)),
            );
          store.core.useServiceLinkedRole('imagebuilder.amazonaws.com', call);
          if (pipeline.status === 'DISABLED') {
            throw new Fault('InvalidRequestException', `The image pipeline '${pipeline.arn}' is disabled.`);
          }
          const { arn } = builds.start(pipeline, input.tags ?? {});
          return { requestId: call.requestId, clientToken: input.clientToken, imageBuildVersionArn: arn };
        }),
    }),
    GetImage: operation<GetImageRequest, GetImageResponse>({
      resources: (input) => [input.imageBuildVersionArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        image: buildOf(store, input.imageBuildVersionArn).image,
      }),
    }),
    ListImages: operation<ListImagesRequest, ListImagesResponse>({
      run: (input, call) => {
        const own = input.owner === undefined || input.owner === 'Self' ? [...store.builds.values()] : [];
        const newest = new Map(own.map((build) => [versionArn(build.arn), build.image]));
        const versions = [...newest].map(
          ([arn, { name, type, platform, dateCreated, buildType, imageSource }]) => ({
            ...{ arn, name, type, platform, dateCreated, buildType, imageSource },
            version: partsOf(arn).version,
            owner: store.core.account,
          }),
        );
        const [imageVersionList, nextToken] = page(filtered(versions, input.filters), input);
        return { requestId: call.requestId, imageVersionList, nextToken };
      },
    }),
    ListImageBuildVersions: operation<ListImageBuildVersionsRequest, ListImageBuildVersionsResponse>({
      resources: (input) => [input.imageVersionArn ?? '*'],
      run: (input, call) => {
        const [imageSummaryList, nextToken] = summaries(
          store,
          ({ arn }) => input.imageVersionArn === undefined || versionArn(arn) === input.imageVersionArn,
          input,
        );
        return { requestId: call.requestId, imageSummaryList, nextToken };
      },
    }),
    ListImagePipelineImages: operation<ListImagePipelineImagesRequest, ListImagePipelineImagesResponse>({
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) => {
        const { arn } = store.get(store.pipelines, 'image-pipeline', input.imagePipelineArn);
        const [imageSummaryList, nextToken] = summaries(
          store,
          ({ pipelineArn }) => pipelineArn === arn,
          input,
        );
        return { requestId: call.requestId, imageSummaryList, nextToken };
      },
    }),
    CancelImageCreation: operation<CancelImageCreationRequest, CancelImageCreationResponse>({
      resources: (input) => [input.imageBuildVersionArn ?? '*'],
      run: (input, call) => {
        const build = buildOf(store, input.imageBuildVersionArn);
        if (isEnded(build.image)) {
          throw new Fault(
            'InvalidRequestException',
            `The image '${build.arn}' can't be cancelled: it is ${build.image.state?.status}.`,
          );
        }
        builds.cancel(build);
        return { requestId: call.requestId, clientToken: input.clientToken, imageBuildVersionArn: build.arn };
      },
    }),
    // The record alone goes; the AMI stays.
    DeleteImage: operation<DeleteImageRequest, DeleteImageResponse>({
      resources: (input) => [input.imageBuildVersionArn ?? '*'],
      run: (input, call) => {
        const build = buildOf(store, input.imageBuildVersionArn);
        if (!isEnded(build.image)) {
          throw new Fault(
            'ResourceInUseException',
            `The image '${build.arn}' can't be deleted: it is ${build.image.state?.status}.`,
          );
        }
        store.builds.delete(build.arn);
        return { requestId: call.requestId, imageBuildVersionArn: build.arn };
      },
    }),
    ListWorkflowExecutions: operation<ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse>({
      resources: (input) => [input.imageBuildVersionArn ?? '*'],
      run: (input, call) => {
        const { arn, image, workflows } = buildOf(store, input.imageBuildVersionArn);
        const [workflowExecutions, nextToken] = page(
          workflows.map(({ metadata }) => metadata),
          input,
        );
        const message = image.state?.reason;
        return {
          requestId: call.requestId,
          imageBuildVersionArn: arn,
          message,
          workflowExecutions,
          nextToken,
        };
      },
    }),
    ListWorkflowStepExecutions: operation<
      ListWorkflowStepExecutionsRequest,
      ListWorkflowStepExecutionsResponse
    >({
      resources: (input) => [
        store.core.arn('imagebuilder', `workflow-execution/${input.workflowExecutionId}`),
      ],
      run: (input, call) => {
        for (const build of store.builds.values()) {
          const workflow = build.workflows.find(
            ({ metadata }) => metadata.workflowExecutionId === input.workflowExecutionId,
          );
          if (!workflow) continue;
          const { workflowExecutionId, workflowBuildVersionArn, message } = workflow.metadata;
          const [steps, nextToken] = page(workflow.steps, input);
          return {
            ...{ requestId: call.requestId, imageBuildVersionArn: build.arn, steps, nextToken },
            ...{ workflowExecutionId, workflowBuildVersionArn, message },
          };
        }
        throw new Fault(
          'ResourceNotFoundException',
          `The workflow execution '${input.workflowExecutionId}' does not exist.`,
          404,
        );
      },
    }),
  };
}

function buildOf(store: Store, arn: string | undefined): Build {
  return store.get(store.builds, 'image', arn);
}

function versionArn(arn: string): string {
  return `${nameOf(arn)}/${partsOf(arn).version}`;
}

function summaries(
  store: Store,
  isWanted: (build: Build) => boolean,
  input: ListImagePipelineImagesRequest | ListImageBuildVersionsRequest,
): [ImageSummary[], string | undefined] {
  const wanted = [...store.builds.values()].filter(isWanted).map(({ image }) => ({
    arn: image.arn,
    name: image.name,
    type: image.type,
    version: image.version,
    platform: image.platform,
    state: image.state,
    owner: store.core.account,
    dateCreated: image.dateCreated,
    outputResources: image.outputResources,
    tags: image.tags,
    buildType: image.buildType,
    imageSource: image.imageSource,
  }));
  return page(filtered(wanted, input.filters), input);
}
