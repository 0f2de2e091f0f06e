import type * as sdk from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import { FILTERS, NO_VOLUMES, PAGE, TAG_SPECIFICATIONS } from './accepted';
import { createdBy } from './condition-keys';
import { addImage, deleteSnapshotsOf } from './snapshots';
import { type Ec2State, tagsFor } from './state';
import { dryRun, missingParameter, page } from './table';

type Architecture = 'x86_64' | 'arm64';

/** An AMI of Amazon Linux 2023. */
export interface BaseImage {
  readonly imageId: string;
  readonly architecture: Architecture;
  /** `2023.9.20251117.1` */
  readonly release: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Ids of the preset base images, Amazon Linux 2023, by architecture. */
export const BASE_IMAGES: Readonly<Record<Architecture, string>> = {
  x86_64: 'ami-0a120230000008664',
  arm64: 'ami-0a120230000006400',
};

/** Account that owns Amazon's public images. */
const AMAZON = '137112412989';

/** Enters Amazon Linux 2023, as every region has it. */
export function presetImages(state: Ec2State): void {
  for (const [architecture, imageId] of Object.entries(BASE_IMAGES) as [Architecture, string][])
    addBaseImage(state, {
      imageId,
      architecture,
      release: '2023.9.20251117.1',
      createdAt: '2025-11-17T22:36:40.000Z',
    });
}

/** Enters an image of Amazon Linux 2023, which Amazon owns and everybody may use. */
export function addBaseImage(
  state: Ec2State,
  { imageId: ImageId, architecture, release, createdAt }: BaseImage,
): void {
  const name = `al2023-ami-${release}-kernel-6.1-${architecture}`;
  state.images.add({
    ImageId,
    Name: name,
    Description: `Amazon Linux 2023 AMI ${release} ${architecture} HVM kernel-6.1`,
    OwnerId: AMAZON,
    ImageOwnerAlias: 'amazon',
    ImageLocation: `amazon/${name}`,
    Public: true,
    State: 'available',
    CreationDate: createdAt,
    Architecture: architecture,
    ImageType: 'machine',
    PlatformDetails: 'Linux/UNIX',
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    EnaSupport: true,
    ImdsSupport: 'v2.0',
    BootMode: 'uefi-preferred',
    RootDeviceType: 'ebs',
    RootDeviceName: '/dev/xvda',
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          SnapshotId: ImageId.replace('ami', 'snap'),
          VolumeSize: 8,
          VolumeType: 'gp3',
          DeleteOnTermination: true,
        },
      },
    ],
    Tags: [],
  });
}

const TOLD = 'told of the image; machines boot in one way';

/** Operations on AMIs. */
export function imageOperations(state: Ec2State, machines: MachineDriver): Operations<typeof sdk> {
  const { core, images } = state;
  // Image ARNs carry no account: an image can be anybody's.
  const arnOf = (id: string | undefined) => `arn:aws:ec2:${core.region}::image/${id ?? '*'}`;
  const isOwnedBy = (owners: readonly string[]) => (image: sdk.Image) =>
    owners.some(
      (owner) =>
        image.OwnerId === (owner === 'self' ? core.account : owner) || image.ImageOwnerAlias === owner,
    );

  return {
    RegisterImage: {
      accepts: {
        Name: true,
        Architecture: true,
        DryRun: true,
        Description: TOLD,
        RootDeviceName: TOLD,
        BlockDeviceMappings: NO_VOLUMES,
        VirtualizationType: only('hvm'),
        EnaSupport: TOLD,
        ImdsSupport: TOLD,
        BootMode: TOLD,
        TagSpecifications: TAG_SPECIFICATIONS,
      },
      resources: () => [arnOf(undefined)],
      run: (input, call) => {
        if (!input.Name) throw missingParameter('name');
        if (!/^[\w().\-/ @'[\]]{3,128}$/.test(input.Name))
          throw new Fault(
            'InvalidAMIName.Malformed',
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/', '_' and blanks",
          );
        const Tags = tagsFor(input.TagSpecifications, 'image');
        if (Tags.length) call.authorize('ec2:CreateTags', arnOf(undefined), createdBy('RegisterImage', Tags));
        if (input.DryRun) throw dryRun();
        const { ImageId } = addImage(state, {
          Name: input.Name,
          Description: input.Description,
          Architecture: input.Architecture ?? 'x86_64',
          VirtualizationType: (input.VirtualizationType ?? 'hvm') as sdk.VirtualizationType,
          EnaSupport: input.EnaSupport ?? true,
          ImdsSupport: input.ImdsSupport,
          BootMode: input.BootMode,
          RootDeviceName: input.RootDeviceName ?? '/dev/xvda',
          BlockDeviceMappings: structuredClone(input.BlockDeviceMappings ?? []),
          Tags,
        });
        return { ImageId };
      },
    },

    DescribeImages: {
      accepts: {
        ImageIds: true,
        Owners: true,
        ...PAGE,
        Filters: FILTERS,
        IncludeDeprecated: 'no image is deprecated',
        IncludeDisabled: 'no image is disabled',
      },
      run: (input) => {
        const found = images
          .find(input.ImageIds, input.Filters)
          .filter(input.Owners?.length ? isOwnedBy(input.Owners) : () => true);
        const { items, NextToken } = page(found, input, { minimum: 1 });
        return { Images: items, NextToken };
      },
    },

    DeregisterImage: {
      accepts: { ImageId: true, DeleteAssociatedSnapshots: true, DryRun: true },
      resources: ({ ImageId }) => [arnOf(ImageId)],
      run: async ({ ImageId, DeleteAssociatedSnapshots, DryRun }, call) => {
        const image = images.get(ImageId);
        if (image.OwnerId !== core.account) {
          throw new Fault('AuthFailure', `Not authorized for image:${ImageId}`, 403);
        }
        if (DryRun) throw dryRun();
        images.remove(ImageId);
        await machines.discardImage(ImageId!);
        return {
          Return: true,
          DeleteSnapshotResults: DeleteAssociatedSnapshots ? deleteSnapshotsOf(state, image, call) : [],
        };
      },
    },
  };
}
