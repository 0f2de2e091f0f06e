import {
  CreateLaunchTemplateCommand,
  CreateTagsCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { Core } from '../../../local-aws/core/core';
import { BASE_IMAGES } from '../../../local-aws/ec2/service';
import { ec2Fixture } from './fixture';

// What EC2 refuses to launch, or says that it would.

const run = (core: Core, input: Partial<RunInstancesCommandInput> = {}) =>
  core.send(
    new RunInstancesCommand({
      ImageId: BASE_IMAGES.x86_64,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      ...input,
    }),
  );

/** t3.small is not offered in zone c. */
const lacking = () => ec2Fixture({ isOffered: (type, zone) => !(type === 't3.small' && zone.endsWith('c')) });

test('a type that does not exist', async () => {
  const { core } = ec2Fixture();
  await expect(run(core, { InstanceType: 't3.smal' as never })).rejects.toMatchObject({
    code: 'InvalidParameterValue',
    message: "Invalid value 't3.smal' for InstanceType.",
  });
  await expect(
    core.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['t3.smal' as never] })),
  ).rejects.toMatchObject({
    code: 'InvalidInstanceType',
    message: 'The following supplied instance types do not exist: [t3.smal]',
  });
});

test('a type that a zone does not offer', async () => {
  const { core } = lacking();
  await expect(run(core, { Placement: { AvailabilityZone: 'eu-central-1c' } })).rejects.toMatchObject({
    code: 'Unsupported',
    message:
      'Your requested instance type (t3.small) is not supported in your requested Availability Zone (eu-central-1c). Please retry your request by not specifying an Availability Zone or choosing eu-central-1a, eu-central-1b.',
  });
  await expect(run(core, { Placement: { AvailabilityZone: 'eu-central-1b' } })).resolves.toBeDefined();
});

test('a root volume that is smaller than the snapshot that it comes from', async () => {
  const { core } = ec2Fixture();
  const sized = (VolumeSize: number, DeviceName = '/dev/xvda') =>
    run(core, { BlockDeviceMappings: [{ DeviceName, Ebs: { VolumeSize } }] });
  await expect(sized(7)).rejects.toMatchObject({
    code: 'InvalidBlockDeviceMapping',
    message: "Volume of size 7GB is smaller than snapshot 'snap-0a120230000008664', expect size >= 8GB",
  });
  await expect(sized(8)).resolves.toBeDefined();
  await expect(sized(1, '/dev/sdb')).resolves.toBeDefined();
});

test('offerings are told by zone, and by patterns', async () => {
  const { core } = lacking();
  const offered = async (...Values: string[]) => {
    const { InstanceTypeOfferings } = await core.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values }],
      }),
    );
    return InstanceTypeOfferings!.map(({ InstanceType, Location }) => `${InstanceType} ${Location}`);
  };
  expect(await offered('t3.small')).toEqual(['t3.small eu-central-1a', 't3.small eu-central-1b']);
  expect(await offered('t3.smal')).toEqual([]);
  expect(await offered('t3.*')).toHaveLength(3 * 7 - 1);
});

describe.each(['cost center', 'team/a', '_index', '..'])('a tag key %j', (Key) => {
  const MetadataOptions = { InstanceMetadataTags: 'enabled' } as const;
  const TagSpecifications = [{ ResourceType: 'instance' as const, Tags: [{ Key, Value: 'x' }] }];
  const refusal = {
    code: 'InvalidParameterValue',
    message: `'${Key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
  };

  test('stops a launch whose metadata show tags, wherever it comes from', async () => {
    const { core } = ec2Fixture();
    await expect(run(core, { MetadataOptions, TagSpecifications })).rejects.toMatchObject(refusal);
    await core.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'machine',
        LaunchTemplateData: { MetadataOptions },
      }),
    );
    const LaunchTemplate = { LaunchTemplateName: 'machine' };
    await expect(run(core, { LaunchTemplate, TagSpecifications })).rejects.toMatchObject(refusal);
    await expect(run(core, { TagSpecifications })).resolves.toBeDefined();
  });

  test('can not be added later either', async () => {
    const { core } = ec2Fixture();
    const { Instances } = await run(core, { MetadataOptions });
    const Resources = [Instances![0]!.InstanceId!];
    await expect(
      core.send(new CreateTagsCommand({ Resources, Tags: [{ Key, Value: 'x' }] })),
    ).rejects.toMatchObject(refusal);
  });
});
