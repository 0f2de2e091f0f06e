/** What an image build leaves when it is cancelled, or fails: a machine for some time, and maybe an AMI. */

import { CONTENT_TAG, type LeftImage } from './build';
import type { BakeClients } from './clients';

/** AWS takes so many values for a filter; the newest builds count. */
const MAX_FILTER_VALUES = 200;

/** Machines that are in the builds' security group: as long as one is there, neither group nor subnet can be deleted. */
export async function readMachines(
  securityGroupId: string,
  clients: BakeClients,
): Promise<readonly string[]> {
  if (securityGroupId === '') return [];
  const { Reservations = [] } = await clients.ec2.describeInstances({
    Filters: [
      { Name: 'instance.group-id', Values: [securityGroupId] },
      { Name: 'instance-state-name', Values: ['pending', 'running', 'shutting-down', 'stopping', 'stopped'] },
    ],
  });
  return Reservations.flatMap(({ Instances = [] }) =>
    Instances.flatMap(({ InstanceId }) => InstanceId ?? []),
  );
}

/**
 * AMIs of builds that ended badly: a build whose test phase fails leaves one, with Image Builder's own tags alone. What
 * has the tags of a content was distributed, and may be in use.
 * https://docs.aws.amazon.com/imagebuilder/latest/userguide/troubleshooting.html
 */
export async function readLeftImages(
  buildArns: readonly string[],
  clients: BakeClients,
): Promise<readonly LeftImage[]> {
  if (buildArns.length === 0) return [];
  const { Images = [] } = await clients.ec2.describeImages({
    Owners: ['self'],
    Filters: [{ Name: 'tag:Ec2ImageBuilderArn', Values: buildArns.slice(-MAX_FILTER_VALUES) }],
  });
  return Images.flatMap(({ ImageId, Tags = [] }) => {
    const buildArn = Tags.find(({ Key }) => Key === 'Ec2ImageBuilderArn')?.Value;
    const isDistributed = Tags.some(({ Key }) => Key === CONTENT_TAG);
    return ImageId && buildArn && !isDistributed ? [{ id: ImageId, buildArn }] : [];
  });
}
