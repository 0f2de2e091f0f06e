import { GetInstanceProfileCommand, type InstanceProfile } from '@aws-sdk/client-iam';
import type {
  CreateDistributionConfigurationRequest,
  CreateDistributionConfigurationResponse,
  CreateImagePipelineRequest,
  CreateImagePipelineResponse,
  CreateInfrastructureConfigurationRequest,
  CreateInfrastructureConfigurationResponse,
  DeleteDistributionConfigurationRequest,
  DeleteDistributionConfigurationResponse,
  DeleteImagePipelineRequest,
  DeleteImagePipelineResponse,
  DeleteInfrastructureConfigurationRequest,
  DeleteInfrastructureConfigurationResponse,
  Distribution,
  GetDistributionConfigurationRequest,
  GetDistributionConfigurationResponse,
  GetImagePipelineRequest,
  GetImagePipelineResponse,
  GetInfrastructureConfigurationRequest,
  GetInfrastructureConfigurationResponse,
  ListDistributionConfigurationsRequest,
  ListDistributionConfigurationsResponse,
  ListImagePipelinesRequest,
  ListImagePipelinesResponse,
  ListInfrastructureConfigurationsRequest,
  ListInfrastructureConfigurationsResponse,
  UpdateDistributionConfigurationRequest,
  UpdateDistributionConfigurationResponse,
  UpdateImagePipelineRequest,
  UpdateImagePipelineResponse,
  UpdateInfrastructureConfigurationRequest,
  UpdateInfrastructureConfigurationResponse,
} from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { type Call, type Operation, operation } from '../core/service';
import { filtered, inUse, page } from './listing';
import { arnOf, checkName, invalidParameter, type Kind } from './names';
import type { Store } from './store';

/** Infrastructure and distribution configurations and image pipelines: how, where and for whom an image is built. */
export function configurationOperations(store: Store): Readonly<Record<string, Operation>> {
  return {
    ...infrastructureOperations(store),
    ...distributionOperations(store),
    ...pipelineOperations(store),
  };
}

/**
 * The role of an instance profile.
 * @throws Fault in Image Builder's wording when there is no such profile, or no role in it
 */
export async function profileRoleArn(core: Core, instanceProfileName: string | undefined): Promise<string> {
  let profile: InstanceProfile | undefined;
  try {
    const found = await core.send(
      new GetInstanceProfileCommand({ InstanceProfileName: instanceProfileName }),
      core.servicePrincipal('imagebuilder.amazonaws.com'),
    );
    profile = found.InstanceProfile;
  } catch (error) {
    if (!(error instanceof Fault) || !error.code.startsWith('NoSuchEntity')) throw error;
    throw invalidParameter(
      'instanceProfileName',
      'The provided instance profile does not exist. Please specify a different instance profile and try again.',
    );
  }
  const role = profile?.Roles?.[0]?.Arn;
  if (role === undefined) {
    throw invalidParameter(
      'instanceProfileName',
      `The instance profile '${instanceProfileName}' has no role.`,
    );
  }
  return role;
}

function infrastructureOperations(store: Store): Readonly<Record<string, Operation>> {
  const shelf = store.infrastructure;
  const kind = 'infrastructure-configuration';
  return {
    CreateInfrastructureConfiguration: operation<
      CreateInfrastructureConfigurationRequest,
      CreateInfrastructureConfigurationResponse
    >({
      resources: (input) => [arnOf(store.core, kind, input.name ?? '')],
      run: (input, call) =>
        store.once('CreateInfrastructureConfiguration', input, async () => {
          const { clientToken, ...content } = input;
          const arn = newArn(store, shelf, kind, input.name);
          await mayPassProfile(call, input.instanceProfileName);
          const dates = { dateCreated: store.now() };
          shelf.set(arn, { ...content, arn, ...dates, tags: input.tags ?? {} });
          return { requestId: call.requestId, clientToken, infrastructureConfigurationArn: arn };
        }),
    }),
    UpdateInfrastructureConfiguration: operation<
      UpdateInfrastructureConfigurationRequest,
      UpdateInfrastructureConfigurationResponse
    >({
      resources: (input) => [input.infrastructureConfigurationArn ?? '*'],
      run: async (input, call) => {
        const { clientToken, infrastructureConfigurationArn: arn, ...content } = input;
        const { name, tags, dateCreated } = store.get(shelf, kind, arn);
        await mayPassProfile(call, input.instanceProfileName);
        shelf.set(arn!, { ...content, arn, name, tags, dateCreated, dateUpdated: store.now() });
        return { requestId: call.requestId, clientToken, infrastructureConfigurationArn: arn };
      },
    }),
    GetInfrastructureConfiguration: operation<
      GetInfrastructureConfigurationRequest,
      GetInfrastructureConfigurationResponse
    >({
      resources: (input) => [input.infrastructureConfigurationArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        infrastructureConfiguration: store.get(shelf, kind, input.infrastructureConfigurationArn),
      }),
    }),
    ListInfrastructureConfigurations: operation<
      ListInfrastructureConfigurationsRequest,
      ListInfrastructureConfigurationsResponse
    >({
      run: (input, call) => {
        const [infrastructureConfigurationSummaryList, nextToken] = page(
          filtered([...shelf.values()], input.filters),
          input,
        );
        return { requestId: call.requestId, infrastructureConfigurationSummaryList, nextToken };
      },
    }),
    DeleteInfrastructureConfiguration: operation<
      DeleteInfrastructureConfigurationRequest,
      DeleteInfrastructureConfigurationResponse
    >({
      resources: (input) => [input.infrastructureConfigurationArn ?? '*'],
      run: (input, call) => {
        const { arn } = store.get(shelf, kind, input.infrastructureConfigurationArn);
        for (const pipeline of store.pipelines.values()) {
          if (pipeline.infrastructureConfigurationArn === arn) throw inUse(arn!, pipeline.arn!);
        }
        shelf.delete(arn!);
        return { requestId: call.requestId, infrastructureConfigurationArn: arn };
      },
    }),
  };
}

function distributionOperations(store: Store): Readonly<Record<string, Operation>> {
  const shelf = store.distributions;
  const kind = 'distribution-configuration';
  return {
    CreateDistributionConfiguration: operation<
      CreateDistributionConfigurationRequest,
      CreateDistributionConfigurationResponse
    >({
      resources: (input) => [arnOf(store.core, kind, input.name ?? '')],
      run: (input, call) =>
        store.once('CreateDistributionConfiguration', input, () => {
          const { clientToken, ...content } = input;
          const arn = newArn(store, shelf, kind, input.name);
          checkDistributions(store.core, input.distributions);
          const dates = { dateCreated: store.now(), timeoutMinutes: 720 };
          shelf.set(arn, { ...content, arn, ...dates, tags: input.tags ?? {} });
          return { requestId: call.requestId, clientToken, distributionConfigurationArn: arn };
        }),
    }),
    UpdateDistributionConfiguration: operation<
      UpdateDistributionConfigurationRequest,
      UpdateDistributionConfigurationResponse
    >({
      resources: (input) => [input.distributionConfigurationArn ?? '*'],
      run: (input, call) => {
        const { clientToken, distributionConfigurationArn: arn, ...content } = input;
        const { name, tags, dateCreated, timeoutMinutes } = store.get(shelf, kind, arn);
        checkDistributions(store.core, input.distributions);
        shelf.set(arn!, {
          ...content,
          arn,
          name,
          tags,
          timeoutMinutes,
          dateCreated,
          dateUpdated: store.now(),
        });
        return { requestId: call.requestId, clientToken, distributionConfigurationArn: arn };
      },
    }),
    GetDistributionConfiguration: operation<
      GetDistributionConfigurationRequest,
      GetDistributionConfigurationResponse
    >({
      resources: (input) => [input.distributionConfigurationArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        distributionConfiguration: store.get(shelf, kind, input.distributionConfigurationArn),
      }),
    }),
    ListDistributionConfigurations: operation<
      ListDistributionConfigurationsRequest,
      ListDistributionConfigurationsResponse
    >({
      run: (input, call) => {
        const [distributionConfigurationSummaryList, nextToken] = page(
          filtered([...shelf.values()], input.filters).map(({ distributions = [], ...summary }) => ({
            ...summary,
            regions: distributions.map(({ region }) => region!),
          })),
          input,
        );
        return { requestId: call.requestId, distributionConfigurationSummaryList, nextToken };
      },
    }),
    DeleteDistributionConfiguration: operation<
      DeleteDistributionConfigurationRequest,
      DeleteDistributionConfigurationResponse
    >({
      resources: (input) => [input.distributionConfigurationArn ?? '*'],
      run: (input, call) => {
        const { arn } = store.get(shelf, kind, input.distributionConfigurationArn);
        for (const pipeline of store.pipelines.values()) {
          if (pipeline.distributionConfigurationArn === arn) throw inUse(arn!, pipeline.arn!);
        }
        shelf.delete(arn!);
        return { requestId: call.requestId, distributionConfigurationArn: arn };
      },
    }),
  };
}

function pipelineOperations(store: Store): Readonly<Record<string, Operation>> {
  const shelf = store.pipelines;
  const kind = 'image-pipeline';
  return {
    CreateImagePipeline: operation<CreateImagePipelineRequest, CreateImagePipelineResponse>({
      resources: (input) => [arnOf(store.core, kind, input.name ?? '')],
      run: (input, call) =>
        store.once('CreateImagePipeline', input, () => {
          const { clientToken, ...content } = input;
          const arn = newArn(store, shelf, kind, input.name);
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
        shelf.delete(arn!);
        return { requestId: call.requestId, imagePipelineArn: arn };
      },
    }),
  };
}

function newArn(
  store: Store,
  shelf: ReadonlyMap<string, unknown>,
  kind: Kind,
  name: string | undefined,
): string {
  const arn = arnOf(store.core, kind, checkName(name));
  if (shelf.has(arn)) {
    throw new Fault('ResourceAlreadyExistsException', `Resource of type '${kind}' already exists: ${arn}`);
  }
  return arn;
}

/** Image Builder hands the profile's role to the build instance; the caller must be allowed to. */
async function mayPassProfile(call: Call, instanceProfileName: string | undefined): Promise<void> {
  call.authorize('iam:PassRole', await profileRoleArn(call.core, instanceProfileName));
}

/** What is not carried out here is refused, rather than left out of the AMI in silence. */
function checkDistributions(core: Core, distributions: readonly Distribution[] = []): void {
  if (distributions.length === 0) throw invalidParameter('distributions', 'It is empty.');
  for (const { region, amiDistributionConfiguration, ...further } of distributions) {
    if (region !== core.region) {
      throw invalidParameter(
        'distributions',
        `The local AWS has the region ${core.region} alone; found '${region}'.`,
      );
    }
    const unserved = [
      ...Object.entries(further),
      ...Object.entries(amiDistributionConfiguration ?? {}).filter(
        ([key]) => !['name', 'description', 'amiTags', 'kmsKeyId'].includes(key),
      ),
    ].find(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
    if (unserved) throw invalidParameter('distributions', `The local AWS does not serve '${unserved[0]}'.`);
  }
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
  if (input.executionRole !== undefined) call.authorize('iam:PassRole', input.executionRole);
}
