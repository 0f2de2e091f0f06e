import * as sdk from '@aws-sdk/client-cloudformation';
import type { Core } from '../core/core';
import type { Operations, Service } from '../core/service';
import type { Route } from '../wire/http';
import { changeSetOperations, type Parts } from './change-set-operations';
import { CustomResources } from './custom-resource';
import { Engine } from './engine';
import { ModelFactory } from './model-factory';
import { Provisioner } from './provisioner';
import { readOperations } from './read-operations';
import { ResourceTypes } from './resource-types';
import { stackOperations } from './stack-operations';
import { StackStore } from './store';

export interface CloudFormationOptions {
  /**
   * What a resource gets when a failed update is rolled back: the old template with its functions carried
   * out again on the resources as they are now, or the very properties recorded before the update. AWS
   * documents neither; what depends on a rolled back launch template sees its newest version, or its old one.
   * @default 're-resolved'
   */
  readonly rollbackValues?: 're-resolved' | 'replayed';
  /** Modelled time of each resource operation besides the handler's own, in milliseconds. @default 2000 */
  readonly resourceOperationMs?: number;
  /** Modelled time that a change set takes to be made, in milliseconds. @default 2000 */
  readonly changeSetMs?: number;
  /** What `Fn::GetAZs` gives for a region. @default its zones a, b and c */
  readonly availabilityZones?: (region: string) => readonly string[];
}

/** CloudFormation: stacks, change sets, custom resources. Resource types come from all services. */
export class CloudFormationService implements Service {
  readonly signingName = 'cloudformation';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  /** Where custom resources send their responses: for the HTTP server to serve beside the API. */
  readonly routes: readonly Route[];
  private readonly customResources: CustomResources;

  constructor(core: Core, options: CloudFormationOptions = {}) {
    const store = new StackStore(core);
    this.customResources = new CustomResources(core);
    this.routes = [this.customResources.route];
    const types = new ResourceTypes(core, this.customResources);
    const engine = new Engine(new Provisioner(core, types, options.resourceOperationMs ?? 2000), {
      rollbackValues: options.rollbackValues ?? 're-resolved',
      importers: (name) => store.importers(name),
      exporter: (name) => store.exporter(name),
    });
    const zones = options.availabilityZones ?? ((region) => ['a', 'b', 'c'].map((zone) => region + zone));
    const parts: Parts = {
      core,
      store,
      engine,
      types,
      models: new ModelFactory(core, store, types, zones),
      changeSetMs: options.changeSetMs ?? 2000,
    };
    this.operations = {
      ...changeSetOperations(parts),
      ...stackOperations(parts),
      ...readOperations(parts),
    };
  }

  async close(): Promise<void> {
    this.customResources.close();
  }
}
