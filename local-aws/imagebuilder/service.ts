import * as sdk from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';
import type { Operations, Service } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import { Builds } from './builds';
import { componentOperations } from './component-operations';
import { distributionOperations } from './distribution-operations';
import { imageOperations } from './image-operations';
import { infrastructureOperations } from './infrastructure-operations';
import { pipelineOperations } from './pipeline-operations';
import { imageBuilderResources } from './resources';
import { Store } from './store';
import { STAGES, type Stage } from './timing';

export interface ImageBuilderOptions {
  /** What a run goes through, with modelled durations. @default STAGES, 22 minutes */
  readonly stages?: readonly Stage[];
}

/** EC2 Image Builder: components, recipes, configurations, pipelines, and the AMIs that their runs make. */
export class ImageBuilderService implements Service {
  readonly signingName = 'imagebuilder';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes = imageBuilderResources();
  private readonly builds: Builds;

  constructor(core: Core, machines: MachineDriver, options: ImageBuilderOptions = {}) {
    const store = new Store(core);
    this.builds = new Builds(store, machines, options.stages ?? STAGES);
    this.operations = {
      ...componentOperations(store),
      ...infrastructureOperations(store),
      ...distributionOperations(store),
      ...pipelineOperations(store),
      ...imageOperations(store, this.builds),
      ...tagOperations(store),
    };
  }

  async close(): Promise<void> {
    this.builds.close();
  }
}

function tagOperations(store: Store): Operations<typeof sdk> {
  return {
    TagResource: {
      accepts: { resourceArn: true, tags: true },
      resources: (input) => [input.resourceArn ?? '*'],
      run: (input) => {
        const entry = store.tagged(input.resourceArn);
        entry.tags = { ...entry.tags, ...input.tags };
        return {};
      },
    },
    UntagResource: {
      accepts: { resourceArn: true, tagKeys: true },
      resources: (input) => [input.resourceArn ?? '*'],
      run: (input) => {
        const entry = store.tagged(input.resourceArn);
        entry.tags = Object.fromEntries(
          Object.entries(entry.tags ?? {}).filter(([key]) => !input.tagKeys?.includes(key)),
        );
        return {};
      },
    },
    ListTagsForResource: {
      accepts: { resourceArn: true },
      resources: (input) => [input.resourceArn ?? '*'],
      run: (input) => ({ tags: store.tagged(input.resourceArn).tags ?? {} }),
    },
  };
}
