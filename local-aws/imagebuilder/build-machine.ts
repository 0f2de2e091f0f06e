/** The machines of a run: instances in the subnet and the security groups of its infrastructure configuration. */
import {
  type _InstanceType,
  type Image as Ami,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Image } from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { recipeDevices, serviceTags } from './output-image';

/** What EC2 answers when another type may do. */
const NO_CAPACITY = ['InsufficientInstanceCapacity', 'Unsupported'];

/**
 * Launches a machine to build or to test on, of the first type that there is capacity for.
 * @returns its instance id
 */
export async function launchMachine(
  core: Core,
  image: Image,
  ami: Ami,
  purpose: 'Build' | 'Test',
): Promise<string> {
  const {
    instanceProfileName: Name,
    instanceTypes = [],
    instanceMetadataOptions: metadata,
    securityGroupIds,
    subnetId: SubnetId,
    resourceTags,
  } = image.infrastructureConfiguration ?? {};
  const tags = {
    ...resourceTags,
    ...serviceTags(image.arn!),
    Name: `${purpose} instance for ${image.name}`,
  };
  const types = instanceTypes.length
    ? instanceTypes
    : [ami.Architecture === 'arm64' ? 'm6g.large' : 'm5.large'];
  for (const [index, type] of types.entries()) {
    try {
      const { Instances } = await core.send(
        new RunInstancesCommand({
          ImageId: ami.ImageId,
          InstanceType: type as _InstanceType,
          MinCount: 1,
          MaxCount: 1,
          SubnetId,
          SecurityGroupIds: securityGroupIds?.length ? securityGroupIds : undefined,
          IamInstanceProfile: { Name },
          BlockDeviceMappings: recipeDevices(image.imageRecipe),
          MetadataOptions: metadata && {
            HttpTokens: metadata.httpTokens as 'required' | 'optional' | undefined,
            HttpPutResponseHopLimit: metadata.httpPutResponseHopLimit,
          },
          TagSpecifications: [
            {
              ResourceType: 'instance',
              Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
            },
          ],
        }),
        core.servicePrincipal('imagebuilder.amazonaws.com'),
      );
      return Instances![0]!.InstanceId!;
    } catch (error) {
      const isLast = index === types.length - 1;
      if (isLast || !(error instanceof Fault) || !NO_CAPACITY.includes(error.code)) throw error;
    }
  }
  throw new Error('There is no instance type to launch.');
}

/** Has a machine ended. It stays in its subnet until it is terminated. */
export async function endMachine(core: Core, instanceId: string): Promise<void> {
  await core.send(
    new TerminateInstancesCommand({ InstanceIds: [instanceId] }),
    core.servicePrincipal('imagebuilder.amazonaws.com'),
  );
}
