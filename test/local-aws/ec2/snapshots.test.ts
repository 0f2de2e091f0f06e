import {
  CreateImageCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteSubnetCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import { BASE_IMAGES } from '../../../local-aws/ec2/service';
import { ec2Fixture } from './fixture';

/** An image of an instance, as Image Builder makes it, with a tag on image and snapshots. */
async function imageOf(core: Core): Promise<string> {
  const { Instances } = await core.send(
    new RunInstancesCommand({
      ImageId: BASE_IMAGES.x86_64,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  const Tags = [{ Key: 'Ec2ImageBuilderArn', Value: 'build' }];
  const { ImageId } = await core.send(
    new CreateImageCommand({
      InstanceId: Instances![0]!.InstanceId,
      Name: 'guestbook',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 9, Encrypted: true } }],
      TagSpecifications: [
        { ResourceType: 'image', Tags },
        { ResourceType: 'snapshot', Tags },
      ],
    }),
  );
  return ImageId!;
}

test('an image of an instance has a snapshot, which stays when the image is deregistered', async () => {
  const { core } = ec2Fixture();
  const ImageId = await imageOf(core);
  const { Snapshots } = await core.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  expect(Snapshots).toMatchObject([
    {
      VolumeSize: 9,
      Encrypted: true,
      State: 'completed',
      Tags: [{ Key: 'Ec2ImageBuilderArn', Value: 'build' }],
    },
  ]);
  const [{ SnapshotId } = {}] = Snapshots!;
  const { Images } = await core.send(
    new DescribeImagesCommand({ Filters: [{ Name: 'tag:Ec2ImageBuilderArn', Values: ['build'] }] }),
  );
  expect(Images).toMatchObject([
    { ImageId, BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }] },
  ]);
  await expect(core.send(new DeleteSnapshotCommand({ SnapshotId }))).rejects.toMatchObject({
    code: 'InvalidSnapshot.InUse',
  });
  await core.send(new DeregisterImageCommand({ ImageId }));
  expect((await core.send(new DescribeSnapshotsCommand({}))).Snapshots).toHaveLength(1);
  await core.send(new DeleteSnapshotCommand({ SnapshotId }));
  expect((await core.send(new DescribeSnapshotsCommand({}))).Snapshots).toEqual([]);
});

test('its snapshots go with it where that was asked for, and the caller may delete them', async () => {
  const { core } = ec2Fixture();
  const ImageId = await imageOf(core);
  const asked: string[] = [];
  core.authorizer = (_, action, resource) => asked.push(`${action} ${resource}`);
  const { DeleteSnapshotResults } = await core.send(
    new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }),
  );
  expect(DeleteSnapshotResults).toMatchObject([{ ReturnCode: 'success' }]);
  const { SnapshotId } = DeleteSnapshotResults![0]!;
  expect(asked).toContain(`ec2:DeleteSnapshot arn:aws:ec2:eu-central-1::snapshot/${SnapshotId}`);
  expect((await core.send(new DescribeSnapshotsCommand({}))).Snapshots).toEqual([]);
});

test('a snapshot that the caller may not delete stays, though its image goes', async () => {
  const { core } = ec2Fixture();
  const ImageId = await imageOf(core);
  core.authorizer = (_, action) => {
    if (action === 'ec2:DeleteSnapshot') throw new Fault('UnauthorizedOperation', 'no.', 403);
  };
  const { DeleteSnapshotResults } = await core.send(
    new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }),
  );
  expect(DeleteSnapshotResults).toMatchObject([{ ReturnCode: 'missing-permissions' }]);
  expect((await core.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images).toEqual([]);
  expect((await core.send(new DescribeSnapshotsCommand({}))).Snapshots).toHaveLength(1);
});

test("Image Builder's machine keeps its subnet and its security group from being deleted until it is gone", async () => {
  const { clock, core, machines } = ec2Fixture();
  const { Vpc } = await core.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const { Subnet } = await core.send(
    new CreateSubnetCommand({ VpcId: Vpc!.VpcId, CidrBlock: '10.0.0.0/24' }),
  );
  const { GroupId } = await core.send(
    new CreateSecurityGroupCommand({ VpcId: Vpc!.VpcId, GroupName: 'build', Description: 'builds' }),
  );
  const { SubnetId } = Subnet!;
  const { Instances } = await core.send(
    new RunInstancesCommand({
      ImageId: BASE_IMAGES.x86_64,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      SubnetId,
      SecurityGroupIds: [GroupId!],
    }),
    core.servicePrincipal('imagebuilder.amazonaws.com'),
  );
  const { InstanceId } = Instances![0]!;
  // What is done on it, the driver does where it bakes.
  expect(machines.running).toEqual([]);
  await clock.advance(20_000);
  const state = async () => {
    const { Reservations } = await core.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId!] }));
    return Reservations![0]!.Instances![0]!.State!.Name;
  };
  expect(await state()).toBe('running');
  const inUse = { code: 'DependencyViolation' };
  await expect(core.send(new DeleteSubnetCommand({ SubnetId }))).rejects.toMatchObject(inUse);
  await expect(core.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject(inUse);
  await core.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId!] }));
  // Its network interface goes with it, and not before.
  expect(await state()).toBe('shutting-down');
  await expect(core.send(new DeleteSubnetCommand({ SubnetId }))).rejects.toMatchObject(inUse);
  await expect(core.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject(inUse);
  await clock.advance(60_000);
  await core.send(new DeleteSubnetCommand({ SubnetId }));
  await core.send(new DeleteSecurityGroupCommand({ GroupId }));
});
