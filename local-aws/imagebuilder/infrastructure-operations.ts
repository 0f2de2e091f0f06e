import { GetInstanceProfileCommand, type InstanceProfile } from '@aws-sdk/client-iam';
import type {
  CreateInfrastructureConfigurationRequest,
  CreateInfrastructureConfigurationResponse,
  DeleteInfrastructureConfigurationRequest,
  DeleteInfrastructureConfigurationResponse,
  GetInfrastructureConfigurationRequest,
  GetInfrastructureConfigurationResponse,
  ListInfrastructureConfigurationsRequest,
  ListInfrastructureConfigurationsResponse,
  UpdateInfrastructureConfigurationRequest,
  UpdateInfrastructureConfigurationResponse,
} from '@aws-sdk/client-imagebuilder';
import { passedTo } from '../core/condition-keys';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { type Call, type Operation, operation } from '../core/service';
import { filtered, inUse, page } from './listing';
import { arnOf, invalidParameter } from './names';
import type { Store } from './store';

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

/** Infrastructure configurations: where an image is built. */
export function infrastructureOperations(store: Store): Readonly<Record<string, Operation>> {
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
          const arn = store.newArn(shelf, kind, input.name);
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
        const run = store.runThatNeeds((image) => image.infrastructureConfiguration?.arn === arn);
        if (run) throw inUse(arn!, run.arn);
        shelf.delete(arn!);
        return { requestId: call.requestId, infrastructureConfigurationArn: arn };
      },
    }),
  };
}

/** Image Builder hands the profile's role to the build instance; the caller must be allowed to. */
async function mayPassProfile(call: Call, instanceProfileName: string | undefined): Promise<void> {
  call.authorize(
    'iam:PassRole',
    await profileRoleArn(call.core, instanceProfileName),
    passedTo('ec2.amazonaws.com'),
  );
}
