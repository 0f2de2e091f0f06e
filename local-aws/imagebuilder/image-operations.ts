import type * as sdk from '@aws-sdk/client-imagebuilder';
import type {
  ImageSummary,
  ListImageBuildVersionsRequest,
  ListImagePipelineImagesRequest,
} from '@aws-sdk/client-imagebuilder';
import { only } from '../core/accepts';
import { tagKeys } from '../core/condition-keys';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import type { Builds } from './builds';
import { filtered, page } from './listing';
import { partsOf } from './names';
import { type Build, isEnded, nameOf, type Store } from './store';

/** Runs of pipelines, and the images that they make. */
export function imageOperations(store: Store, builds: Builds): Operations<typeof sdk> {
  return {
    StartImagePipelineExecution: {
      accepts: { imagePipelineArn: true, clientToken: true, tags: true },
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
    },
    GetImage: {
      accepts: { imageBuildVersionArn: true },
      resources: (input) => [input.imageBuildVersionArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        image: buildOf(store, input.imageBuildVersionArn).image,
      }),
    },
    ListImages: {
      accepts: {
        maxResults: true,
        nextToken: true,
        owner: only('Self'),
        filters: { name: true, values: true },
        byName: only(false),
        includeDeprecated: 'no image is deprecated',
      },
      run: (input, call) => {
        const newest = new Map(
          [...store.builds.values()].map((build) => [versionArn(build.arn), build.image]),
        );
        const versions = [...newest].map(
          ([arn, { name, type, platform, dateCreated, buildType, imageSource }]) => ({
            ...{ arn, name, type, platform, dateCreated, buildType, imageSource },
            version: partsOf(arn).version,
            owner: store.core.account,
          }),
        );
        const [imageVersionList, nextToken] = page(
          filtered(versions, input.filters, ['name', 'platform', 'type', 'version']),
          input,
        );
        return { requestId: call.requestId, imageVersionList, nextToken };
      },
    },
    ListImageBuildVersions: {
      accepts: {
        imageVersionArn: true,
        maxResults: true,
        nextToken: true,
        filters: { name: true, values: true },
      },
      resources: (input) => [input.imageVersionArn ?? '*'],
      run: (input, call) => {
        const [imageSummaryList, nextToken] = summaries(
          store,
          ({ arn }) => input.imageVersionArn === undefined || versionArn(arn) === input.imageVersionArn,
          input,
        );
        return { requestId: call.requestId, imageSummaryList, nextToken };
      },
    },
    ListImagePipelineImages: {
      accepts: {
        imagePipelineArn: true,
        maxResults: true,
        nextToken: true,
        filters: { name: true, values: true },
      },
      resources: (input) => [input.imagePipelineArn ?? '*'],
      run: (input, call) => {
        // Of a pipeline that does not exist nothing is listed. Which of that and the documented error AWS gives is not known.
        const [imageSummaryList, nextToken] = summaries(
          store,
          ({ pipelineArn }) => pipelineArn === input.imagePipelineArn,
          input,
        );
        return { requestId: call.requestId, imageSummaryList, nextToken };
      },
    },
    CancelImageCreation: {
      accepts: { imageBuildVersionArn: true, clientToken: 'a call that is repeated changes nothing' },
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
    },
    // The record alone goes; the AMI stays.
    DeleteImage: {
      accepts: { imageBuildVersionArn: true },
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
    },
    ListWorkflowExecutions: {
      accepts: { imageBuildVersionArn: true, maxResults: true, nextToken: true },
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
    },
    ListWorkflowStepExecutions: {
      accepts: { workflowExecutionId: true, maxResults: true, nextToken: true },
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
    },
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
  return page(filtered(wanted, input.filters, ['name', 'platform', 'type', 'version']), input);
}
