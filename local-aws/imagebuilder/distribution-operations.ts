import type * as sdk from '@aws-sdk/client-imagebuilder';
import type { Distribution } from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';
import type { Operations } from '../core/service';
import { filtered, inUse, page } from './listing';
import { arnOf, invalidParameter } from './names';
import type { Store } from './store';

const DISTRIBUTIONS = {
  region: true,
  amiDistributionConfiguration: {
    name: true,
    description: true,
    amiTags: true,
    kmsKeyId: 'nothing is encrypted',
  },
} as const;

/** Distribution configurations: what becomes of a built image. */
export function distributionOperations(store: Store): Operations<typeof sdk> {
  const shelf = store.distributions;
  const kind = 'distribution-configuration';
  return {
    CreateDistributionConfiguration: {
      accepts: { name: true, description: true, tags: true, clientToken: true, distributions: DISTRIBUTIONS },
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
    },
    UpdateDistributionConfiguration: {
      accepts: {
        distributionConfigurationArn: true,
        description: true,
        distributions: DISTRIBUTIONS,
        clientToken: 'a call that is repeated changes nothing',
      },
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
    },
    GetDistributionConfiguration: {
      accepts: { distributionConfigurationArn: true },
      resources: (input) => [input.distributionConfigurationArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        distributionConfiguration: store.get(shelf, kind, input.distributionConfigurationArn),
      }),
    },
    ListDistributionConfigurations: {
      accepts: { maxResults: true, nextToken: true, filters: { name: true, values: true } },
      run: (input, call) => {
        const [distributionConfigurationSummaryList, nextToken] = page(
          filtered([...shelf.values()], input.filters, ['name']).map(
            ({ distributions = [], ...summary }) => ({
              ...summary,
              regions: distributions.map(({ region }) => region!),
            }),
          ),
          input,
        );
        return { requestId: call.requestId, distributionConfigurationSummaryList, nextToken };
      },
    },
    DeleteDistributionConfiguration: {
      accepts: { distributionConfigurationArn: true },
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
    },
  };
}

function checkDistributions(core: Core, distributions: readonly Distribution[] = []): void {
  if (distributions.length === 0) throw invalidParameter('distributions', 'It is empty.');
  for (const { region } of distributions) {
    if (region !== core.region) {
      throw invalidParameter(
        'distributions',
        `The local AWS has the region ${core.region} alone; found '${region}'.`,
      );
    }
  }
}
