import { GetInstanceProfileCommand, type InstanceProfile } from '@aws-sdk/client-iam';
import type * as sdk from '@aws-sdk/client-imagebuilder';

import { passedTo } from '../core/condition-keys';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Call, Operations } from '../core/service';
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
export function infrastructureOperations(store: Store): Operations<typeof sdk> {
  const shelf = store.infrastructure;
  const kind = 'infrastructure-configuration';
  return {
    CreateInfrastructureConfiguration: {
      accepts: {
        name: true,
        tags: true,
        clientToken: true,
        description: true,
        instanceTypes: true,
        instanceProfileName: true,
        securityGroupIds: true,
        subnetId: true,
        terminateInstanceOnFailure: true,
        resourceTags: true,
        keyPair: 'told; nobody logs in',
        instanceMetadataOptions: { httpTokens: true, httpPutResponseHopLimit: true },
      },
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
    },
    UpdateInfrastructureConfiguration: {
      accepts: {
        infrastructureConfigurationArn: true,
        description: true,
        instanceTypes: true,
        instanceProfileName: true,
        securityGroupIds: true,
        subnetId: true,
        terminateInstanceOnFailure: true,
        resourceTags: true,
        clientToken: 'a call that is repeated changes nothing',
        keyPair: 'told; nobody logs in',
        instanceMetadataOptions: { httpTokens: true, httpPutResponseHopLimit: true },
      },
      resources: (input) => [input.infrastructureConfigurationArn ?? '*'],
      run: async (input, call) => {
        const { clientToken, infrastructureConfigurationArn: arn, ...content } = input;
        const { name, tags, dateCreated } = store.get(shelf, kind, arn);
        await mayPassProfile(call, input.instanceProfileName);
        shelf.set(arn!, { ...content, arn, name, tags, dateCreated, dateUpdated: store.now() });
        return { requestId: call.requestId, clientToken, infrastructureConfigurationArn: arn };
      },
    },
    GetInfrastructureConfiguration: {
      accepts: { infrastructureConfigurationArn: true },
      resources: (input) => [input.infrastructureConfigurationArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        infrastructureConfiguration: store.get(shelf, kind, input.infrastructureConfigurationArn),
      }),
    },
    ListInfrastructureConfigurations: {
      accepts: { maxResults: true, nextToken: true, filters: { name: true, values: true } },
      run: (input, call) => {
        const [infrastructureConfigurationSummaryList, nextToken] = page(
          filtered([...shelf.values()], input.filters, ['name']),
          input,
        );
        return { requestId: call.requestId, infrastructureConfigurationSummaryList, nextToken };
      },
    },
    DeleteInfrastructureConfiguration: {
      accepts: { infrastructureConfigurationArn: true },
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
    },
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
