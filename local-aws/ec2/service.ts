import * as sdk from '@aws-sdk/client-ec2';
import type { Core } from '../core/core';
import type { Operations, ResourceType, Service } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import { catalogueOperations } from './catalogue';
import { ebsEncryptionOperations } from './ebs-encryption';
import { endpointOperations } from './endpoints';
import { gatewayOperations } from './gateways';
import { addBaseImage, type BaseImage, imageOperations, presetImages } from './images';
import { instanceAttributeOperations } from './instance-attributes';
import { instanceStatusOperations } from './instance-status';
import { instanceOperations } from './instances';
import { launchTemplate } from './launch-template-resource';
import { launchTemplateOperations } from './launch-templates';
import { networkResources } from './network-resources';
import { routingOperations } from './routing';
import { securityGroupResources } from './security-group-resources';
import { securityGroupOperations } from './security-groups';
import { snapshotOperations } from './snapshots';
import { Ec2State } from './state';
import { tagOperations, tagsOfArn } from './tags';
import { EC2_TIMING, type Ec2Timing } from './timing';
import { presetDefaultVpc, vpcOperations } from './vpcs';

export { BASE_IMAGES } from './images';

export interface Ec2Options {
  readonly timing?: Partial<Ec2Timing>;
  /** Whether a zone has machines of a type. @default every zone has machines of every type */
  readonly isOffered?: (instanceType: string, zone: string) => boolean;
}

/** EC2: images, launch templates, instances, and the network that they are in. */
export class Ec2Service implements Service {
  readonly signingName = 'ec2';
  readonly sdk = sdk;
  readonly hasDryRun = true;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::EC2::LaunchTemplate': launchTemplate,
    ...networkResources,
    ...securityGroupResources,
  };

  private readonly state: Ec2State;

  constructor(core: Core, machines: MachineDriver, options: Ec2Options = {}) {
    const state = new Ec2State(core, options.isOffered);
    this.state = state;
    const timing = { ...EC2_TIMING, ...options.timing };
    presetImages(state);
    presetDefaultVpc(state);
    this.operations = {
      ...catalogueOperations(state),
      ...imageOperations(state, machines),
      ...snapshotOperations(state),
      ...ebsEncryptionOperations(state),
      ...launchTemplateOperations(state),
      ...instanceOperations(state, machines, timing),
      ...instanceAttributeOperations(state),
      ...instanceStatusOperations(state, timing),
      ...vpcOperations(state),
      ...securityGroupOperations(state),
      ...routingOperations(state),
      ...gatewayOperations(state, timing),
      ...endpointOperations(state),
      ...tagOperations(state),
    };
  }

  /** Amazon publishes a newer Amazon Linux 2023. @returns its id */
  publishBaseImage(image: Omit<BaseImage, 'imageId' | 'createdAt'>): string {
    const imageId = this.state.core.id('ami');
    addBaseImage(this.state, { ...image, imageId, createdAt: this.state.now().toISOString() });
    return imageId;
  }

  /** Amazon withdraws an image of its own: nothing can be started from it any more. */
  withdrawBaseImage(imageId: string): void {
    this.state.images.remove(imageId);
  }

  tagsOf(arn: string): Readonly<Record<string, string>> {
    return tagsOfArn(this.state, arn);
  }
}
