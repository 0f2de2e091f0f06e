/** Snapshots as far as AMIs need them: one for each volume of an image that was made of an instance. */
import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import type { Call, Operations } from '../core/service';
import { BLOCK_DEVICES, FILTERS, PAGE, TAG_SPECIFICATIONS } from './accepted';
import { keyOfVolume } from './ebs-encryption';
import { type Ec2State, tagsFor } from './state';
import { missingParameter, page } from './table';

/** Snapshot ARNs carry no account, as those of images. */
export function snapshotArn(state: Ec2State, id: string): string {
  return `arn:aws:ec2:${state.core.region}::snapshot/${id}`;
}

export function snapshotOperations(state: Ec2State): Operations<typeof sdk> {
  const { core, images, instances, snapshots } = state;
  return {
    CreateImage: {
      accepts: {
        InstanceId: true,
        Name: true,
        Description: true,
        BlockDeviceMappings: BLOCK_DEVICES,
        TagSpecifications: TAG_SPECIFICATIONS,
        NoReboot: 'no image has anything of its machine',
      },
      resources: ({ InstanceId }) => [
        state.arn('instance', InstanceId ?? '*'),
        `arn:aws:ec2:${core.region}::image/*`,
        snapshotArn(state, '*'),
      ],
      run: ({ InstanceId, Name, Description, BlockDeviceMappings, TagSpecifications }) => {
        if (!Name) throw missingParameter('name');
        const instance = instances.get(InstanceId);
        const parent = images.get(instance.ImageId);
        const kept = (parent.BlockDeviceMappings ?? []).filter(
          ({ DeviceName }) => !BlockDeviceMappings?.some((own) => own.DeviceName === DeviceName),
        );
        const devices = [...kept, ...(BlockDeviceMappings ?? [])].map((device) => {
          if (!device.Ebs) return device;
          const ofParent = parent.BlockDeviceMappings?.find(
            ({ DeviceName }) => DeviceName === device.DeviceName,
          );
          const KmsKeyId = keyOfVolume(state, device.Ebs, ofParent?.Ebs);
          const snapshot = snapshots.add({
            SnapshotId: core.id('snap'),
            VolumeId: core.id('vol'),
            OwnerId: core.account,
            Description: `Created by CreateImage(${InstanceId}) for ${Name}`,
            State: 'completed',
            Progress: '100%',
            StartTime: state.now(),
            VolumeSize: device.Ebs.VolumeSize,
            Encrypted: device.Ebs.Encrypted ?? false,
            KmsKeyId,
            Tags: tagsFor(TagSpecifications, 'snapshot', ['image']),
          });
          return { ...device, Ebs: { ...device.Ebs, KmsKeyId, SnapshotId: snapshot.SnapshotId } };
        });
        const { ImageId } = addImage(state, {
          Name,
          Description,
          Architecture: parent.Architecture,
          RootDeviceName: parent.RootDeviceName,
          ImdsSupport: parent.ImdsSupport,
          BootMode: parent.BootMode,
          BlockDeviceMappings: devices,
          SourceInstanceId: InstanceId,
          Tags: tagsFor(TagSpecifications, 'image', ['snapshot']),
        });
        return { ImageId };
      },
    },

    DescribeSnapshots: {
      accepts: { SnapshotIds: true, OwnerIds: true, ...PAGE, Filters: FILTERS },
      run: (input) => {
        const found = snapshots
          .find(input.SnapshotIds, input.Filters)
          .filter(
            ({ OwnerId }) =>
              !input.OwnerIds?.length ||
              input.OwnerIds.some((owner) => OwnerId === (owner === 'self' ? core.account : owner)),
          );
        const { items, NextToken } = page(found, input);
        return { Snapshots: items, NextToken };
      },
    },

    DeleteSnapshot: {
      accepts: { SnapshotId: true },
      resources: ({ SnapshotId }) => [snapshotArn(state, SnapshotId ?? '*')],
      run: ({ SnapshotId }) => {
        snapshots.get(SnapshotId);
        const user = imageOf(state, SnapshotId!);
        if (user) {
          throw new Fault(
            'InvalidSnapshot.InUse',
            `The snapshot ${SnapshotId} is currently in use by ${user.ImageId}`,
          );
        }
        snapshots.remove(SnapshotId);
        return {};
      },
    },
  };
}

/**
 * The snapshots of an image that was deregistered are deleted, but for those that another image has, too, and those
 * that the caller may not delete: the image is gone all the same.
 */
export function deleteSnapshotsOf(
  state: Ec2State,
  image: sdk.Image,
  call: Call,
): sdk.DeleteSnapshotReturnCode[] {
  const mayDelete = (id: string) => {
    try {
      call.authorize('ec2:DeleteSnapshot', snapshotArn(state, id));
      return true;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return false;
    }
  };
  return snapshotIdsOf(image).map((SnapshotId) => {
    if (imageOf(state, SnapshotId)) return { SnapshotId, ReturnCode: 'skipped' };
    if (!mayDelete(SnapshotId)) return { SnapshotId, ReturnCode: 'missing-permissions' };
    state.snapshots.remove(SnapshotId);
    return { SnapshotId, ReturnCode: 'success' };
  });
}

function snapshotIdsOf({ BlockDeviceMappings = [] }: sdk.Image): readonly string[] {
  return BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
}

function imageOf(state: Ec2State, snapshotId: string): sdk.Image | undefined {
  return state.images.all().find((image) => snapshotIdsOf(image).includes(snapshotId));
}

/** Enters an image of the account's own. @throws Fault when its name is taken */
export function addImage(state: Ec2State, image: sdk.Image): sdk.Image {
  const { core, images } = state;
  const duplicate = images.all().find(({ Name, OwnerId }) => Name === image.Name && OwnerId === core.account);
  if (duplicate) {
    throw new Fault(
      'InvalidAMIName.Duplicate',
      `AMI name ${image.Name} is already in use by AMI ${duplicate.ImageId}`,
    );
  }
  return images.add({
    ImageId: core.id('ami'),
    OwnerId: core.account,
    ImageLocation: `${core.account}/${image.Name}`,
    Public: false,
    State: 'available',
    CreationDate: state.now().toISOString(),
    ImageType: 'machine',
    PlatformDetails: 'Linux/UNIX',
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    EnaSupport: true,
    RootDeviceType: 'ebs',
    ...image,
  });
}
