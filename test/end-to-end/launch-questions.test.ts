import { DescribeLaunchTemplateVersionsCommand, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { type Deployment, type Variant, VirtualAws } from '../harness/virtual-aws';

/** What failed by itself: what was being created beside it is aborted with it. */
const refusals = ({ failures }: Deployment) =>
  failures.filter((reason) => !reason.endsWith('Resource creation cancelled'));

// Whether machines would start is asked on first deployments and for changed settings too.

test.each<Variant>(['ImageBased', 'InstanceBased'])(
  'a first deployment of %s is refused for all that would keep its machines from starting, before it begins',
  async (variant) => {
    const aws = await VirtualAws.start();
    aws.stackTagKeys = ['cost center'];
    const first = await aws.deploy(variant, '1.0.0', { instanceType: 't3.smal' });
    expect(first.status).toBe('ROLLBACK_COMPLETE');
    expect(refusals(first)).toEqual([
      expect.stringMatching(
        /^Preflight.*The first deployment of guestbook 1\.0\.0 to \w+-fleet is refused\..*There is no instance type t3\.smal in eu-central-1 \(did you mean "t3\.small"\?\).*\[instance-type-unknown\] .*"cost center".*\[tag-key\]/,
      ),
    ]);
    for (const operation of ['RunInstances', 'StartImagePipelineExecution', 'PutParameter'])
      expect([operation, aws.count(operation)]).toEqual([operation, operation === 'PutParameter' ? 1 : 0]);
  },
);

test('a setting that is changed alone is refused for what it would do to machines', async () => {
  const aws = await VirtualAws.start({
    ec2: { isOffered: (type, zone) => !(type === 't3.large' && zone === 'eu-central-1b') },
  });
  expect((await aws.deploy('InstanceBased', '1.0.0')).status).toBe('CREATE_COMPLETE');
  const changed = await aws.deploy('InstanceBased', '1.0.0', { instanceType: 't3.large' });
  expect(changed.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(changed.failures).toEqual([
    expect.stringMatching(/^Preflight.*t3\.large is not offered in eu-central-1b, where InstanceBased-fleet/),
  ]);
  expect(aws.count('StartInstanceRefresh')).toBe(0);
});

test('tags of the stack are asked before a release is rolled out', async () => {
  const aws = await VirtualAws.start();
  aws.stackTagKeys = ['cost-center'];
  expect((await aws.deploy('InstanceBased', '1.0.0')).status).toBe('CREATE_COMPLETE');
  aws.stackTagKeys = ['cost-center', 'cost/center'];
  expect((await aws.deploy('InstanceBased', '1.1.0')).failures).toEqual([
    expect.stringContaining('The stack has the tag key "cost/center", with which EC2 starts no machine'),
  ]);
  expect(await aws.versionsInService('InstanceBased')).toEqual(['1.0.0', '1.0.0']);
});

describe.each<[Variant, string]>([
  ['ImageBased', 'baseImageId'],
  ['InstanceBased', 'masterImageId'],
])("%s upon an image of one's own", (variant, key) => {
  async function withImage(VolumeSize: number) {
    const aws = await VirtualAws.start({
      behaviour: ({ software }) => ({ status: () => (software?.version === '2.0.0' ? 500 : 200) }),
    });
    const { ImageId } = await aws.core.send(
      new RegisterImageCommand({
        Name: 'golden',
        Architecture: 'x86_64',
        RootDeviceName: '/dev/sda1',
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize } }],
      }),
    );
    return { aws, context: { [key]: ImageId } };
  }

  test('has its root volume where the image has it, in a rollout and in its rollback', async () => {
    const { aws, context } = await withImage(8);
    expect((await aws.deploy(variant, '1.0.0', context)).failures).toEqual([]);
    const failed = await aws.deploy(variant, '2.0.0', context);
    expect(failed.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect((await aws.deploy(variant, '1.1.0', context)).status).toBe('UPDATE_COMPLETE');
    expect(await devices(aws)).toEqual(expect.arrayContaining(['/dev/sda1']));
    expect(new Set(await devices(aws)).size).toBe(1);
  });

  test("is refused when the root volume would be smaller than the image's", async () => {
    const { aws, context } = await withImage(30);
    expect(refusals(await aws.deploy(variant, '1.0.0', context))).toEqual([
      expect.stringMatching(/has a root volume of 30 GiB, but rootVolumeGiB is 8.*\[base-image-volume\]/),
    ]);
  });
});

/** Devices of all launch template versions. */
async function devices(aws: VirtualAws): Promise<(string | undefined)[]> {
  const { LaunchTemplateVersions } = await aws.core.send(new DescribeLaunchTemplateVersionsCommand({}));
  return LaunchTemplateVersions!.map(
    ({ LaunchTemplateData }) => LaunchTemplateData?.BlockDeviceMappings?.[0]?.DeviceName,
  );
}
