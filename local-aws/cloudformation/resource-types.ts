import { randomUUID } from 'node:crypto';
import { unservedMember } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Properties, Provisioned, Provisioning, ResourceType } from '../core/service';
import type { CustomResources } from './custom-resource';
import type { TypeFacts } from './plan';
import { isCustomResource } from './stack';

/** Handlers of one resource for the length of one operation. */
export interface Handler {
  create(properties: Properties): Promise<Provisioned & { readonly noEcho?: boolean }>;
  update(
    physicalId: string,
    properties: Properties,
    old: Properties,
  ): Promise<Provisioned & { readonly noEcho?: boolean }>;
  delete(physicalId: string, properties: Properties): Promise<void>;
}

/** Types that CloudFormation itself provides. */
const OWN_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::CDK::Metadata': {
    accepts: { Analytics: 'nobody counts' },
    create: async () => ({ physicalId: randomUUID(), attributes: {} }),
    update: async (physicalId) => ({ physicalId, attributes: {} }),
    delete: async () => undefined,
  },
  'AWS::CloudFormation::WaitConditionHandle': {
    accepts: {},
    create: async (_properties, { core, generateName }) => ({
      physicalId: `${core.endpoint}/wait-condition/${generateName()}`,
      attributes: {},
    }),
    update: async (physicalId) => ({ physicalId, attributes: {} }),
    delete: async () => undefined,
  },
};

/** All resource types of the local AWS: CloudFormation's own, custom resources, and those of the other services. */
export class ResourceTypes {
  constructor(
    private readonly core: Core,
    private readonly customResources: CustomResources,
  ) {}

  isServed(type: string): boolean {
    return isCustomResource(type) || this.find(type) !== undefined;
  }

  facts(type: string): TypeFacts {
    if (isCustomResource(type)) return { createOnly: [], updatable: true };
    const found = this.find(type);
    return { createOnly: found?.createOnly ?? [], updatable: found?.update !== undefined };
  }

  handler(type: string, provisioning: Provisioning): Handler {
    const { customResources } = this;
    if (isCustomResource(type)) {
      const task = { type, provisioning };
      return {
        create: (properties) => customResources.create(task, properties),
        update: (id, properties, old) => customResources.update(task, id, properties, old),
        delete: (id, properties) => customResources.delete(task, id, properties),
      };
    }
    const found = this.find(type);
    if (!found) throw new Error(`The local AWS has no resource type ${type}.`);
    return {
      create: async (properties) => {
        refuseUnserved(type, found, properties);
        return found.create(properties, provisioning);
      },
      update: async (id, properties, old) => {
        refuseUnserved(type, found, properties);
        if (!found.update) throw new Error(`Resources of type ${type} cannot be changed in place.`);
        return found.update(id, properties, old, provisioning);
      },
      delete: (id, properties) => found.delete(id, properties, provisioning),
    };
  }

  private find(type: string): ResourceType | undefined {
    if (Object.hasOwn(OWN_TYPES, type)) return OWN_TYPES[type];
    for (const { resourceTypes } of this.core.allServices()) {
      if (resourceTypes && Object.hasOwn(resourceTypes, type)) return resourceTypes[type];
    }
    return undefined;
  }
}

/** @throws Fault for a property that the local AWS would leave out */
function refuseUnserved(type: string, { accepts }: ResourceType, properties: Properties): void {
  const unserved = unservedMember(accepts, properties);
  if (unserved) throw new Fault('ValidationError', `${type}: ${unserved}`);
}
