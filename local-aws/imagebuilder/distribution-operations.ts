import type {
  CreateDistributionConfigurationRequest,
  CreateDistributionConfigurationResponse,
  DeleteDistributionConfigurationRequest,
  DeleteDistributionConfigurationResponse,
  Distribution,
  GetDistributionConfigurationRequest,
  GetDistributionConfigurationResponse,
  ListDistributionConfigurationsRequest,
  ListDistributionConfigurationsResponse,
  UpdateDistributionConfigurationRequest,
  UpdateDistributionConfigurationResponse,
} from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';
import { type Operation, operation } from '../core/service';
import { filtered, inUse, page } from './listing';
import { arnOf, invalidParameter } from './names';
import type { Store } from './store';

/** Distribution configurations: what becomes of a built image. */
export function distributionOperations(store: Store): Readonly<Record<string, Operation>> {
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
          const arn = store.newArn(shelf, kind, input.name);
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
        const run = store.runThatNeeds((image) => image.distributionConfiguration?.arn === arn);
        if (run) throw inUse(arn!, run.arn);
        shelf.delete(arn!);
        return { requestId: call.requestId, distributionConfigurationArn: arn };
      },
    }),
  };
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
