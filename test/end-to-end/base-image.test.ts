import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import { formatRestart, RESTART_PARAMETER } from '../../lib/rollout/pin';
import { BASE_IMAGES, type Ec2Service } from '../../local-aws/ec2/service';
import { publishBaseImage } from '../../local-aws/local-aws';
import type { MachineBehaviour, MemoryMachine } from '../../local-aws/machines/memory-driver';
import { type Template, type Variant, VirtualAws } from '../harness/virtual-aws';

// Amazon publishes a newer base image, and CloudFormation finds it at every update: who gets it, and who does not.

const VARIANTS: readonly Variant[] = ['ImageBased', 'InstanceBased'];
const FIRST = BASE_IMAGES.x86_64;
const RELEASE = '2023.9.20251124.0';

async function released(variant: Variant, options: Parameters<typeof VirtualAws.start>[0] = {}) {
  const aws = await VirtualAws.start(options);
  expect((await aws.deploy(variant, '1.0.0')).status).toBe('CREATE_COMPLETE');
  return aws;
}

const group = async (aws: VirtualAws, variant: Variant) => {
  const { AutoScalingGroups } = await aws.core.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [`${variant}-fleet`] }),
  );
  return AutoScalingGroups![0]!;
};

const machines = async (aws: VirtualAws, variant: Variant) =>
  (await group(aws, variant))
    .Instances!.filter(({ LifecycleState }) => LifecycleState === 'InService')
    .map(({ InstanceId }) => InstanceId!)
    .sort();

/** Base images of the machines in service: their AMI, or what that was baked upon. */
async function bases(aws: VirtualAws, variant: Variant): Promise<string[]> {
  const { Reservations } = await aws.core.send(
    new DescribeInstancesCommand({ InstanceIds: await machines(aws, variant) }),
  );
  const ids = new Set(Reservations!.flatMap(({ Instances }) => Instances!.map(({ ImageId }) => ImageId!)));
  const { Images } = await aws.core.send(new DescribeImagesCommand({ ImageIds: [...ids] }));
  return Images!.map(({ ImageId, Tags }) => baseTag(Tags) ?? ImageId!);
}

const baseTag = (tags: readonly Tag[] = []) =>
  tags.find(({ Key }) => Key === 'image-rollouts:base-image')?.Value;

const bakes = (aws: VirtualAws) => aws.count('StartImagePipelineExecution');

const restart = (aws: VirtualAws, variant: Variant, newestBase = false) =>
  aws.update(variant, {
    [RESTART_PARAMETER]: formatRestart({
      by: 'operator',
      at: new Date(aws.clock.now()).toISOString(),
      newestBase,
    }),
  });

/** Versions of the launch template that were made so far. */
async function versions(aws: VirtualAws, variant: Variant): Promise<number> {
  const { LaunchTemplateId } = (await group(aws, variant)).LaunchTemplate!;
  const { LaunchTemplateVersions } = await aws.core.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId }),
  );
  return LaunchTemplateVersions!.length;
}

describe.each(VARIANTS)('%s', (variant) => {
  const baked = variant === 'ImageBased' ? 1 : 0;

  test('a restart starts machines from what they had, and bakes nothing', async () => {
    const aws = await released(variant);
    const before = await machines(aws, variant);
    publishBaseImage(aws.core, RELEASE);
    expect((await restart(aws, variant)).status).toBe('UPDATE_COMPLETE');
    const after = await machines(aws, variant);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect(await bases(aws, variant)).toEqual([FIRST]);
    expect({ bakes: bakes(aws), versions: await versions(aws, variant) }).toEqual({
      bakes: baked,
      versions: 1,
    });
  });

  test('a changed setting keeps the base image, and the next release gets the newest one', async () => {
    const aws = await released(variant);
    const newest = publishBaseImage(aws.core, RELEASE);
    // The deployment changes nothing that a machine is made from.
    const before = await machines(aws, variant);
    expect((await aws.deploy(variant, '1.0.0', { maxCapacity: 5 })).status).toBe('UPDATE_COMPLETE');
    expect(await machines(aws, variant)).toEqual(before);
    const large = { instanceType: 't3.large' };
    expect((await aws.deploy(variant, '1.0.0', large)).status).toBe('UPDATE_COMPLETE');
    expect(await bases(aws, variant)).toEqual([FIRST]);
    expect(bakes(aws)).toBe(baked);

    expect((await aws.deploy(variant, '1.1.0', large)).status).toBe('UPDATE_COMPLETE');
    expect(await bases(aws, variant)).toEqual([newest]);
    const revisions = await aws.ledger.revisions(`${variant}-fleet`);
    expect(revisions.map(({ baseImageId }) => baseImageId)).toEqual([FIRST, FIRST, newest]);

    // What ran before is what it was.
    expect((await aws.deploy(variant, '1.0.0', large)).status).toBe('UPDATE_COMPLETE');
    expect(await bases(aws, variant)).toEqual([FIRST]);
    expect(bakes(aws)).toBe(2 * baked);
  });

  test('a restart with the newest base image is a revision of its own, by whoever asked for it', async () => {
    const aws = await released(variant);
    const newest = publishBaseImage(aws.core, RELEASE);
    expect((await restart(aws, variant, true)).status).toBe('UPDATE_COMPLETE');
    expect(await bases(aws, variant)).toEqual([newest]);
    publishBaseImage(aws.core, '2023.9.20251201.0');
    expect((await aws.deploy(variant, '1.0.0', { maxCapacity: 5 })).status).toBe('UPDATE_COMPLETE');
    expect(await bases(aws, variant)).toEqual([newest]);
    expect((await aws.deploy(variant, '1.1.0', { deployedBy: 'Jo' })).status).toBe('UPDATE_COMPLETE');
    const revisions = await aws.ledger.revisions(`${variant}-fleet`);
    expect(revisions.map(({ release, by, outcome }) => [release.version, by, outcome?.kind])).toEqual([
      ['1.0.0', expect.any(String), 'Complete'],
      ['1.0.0', 'operator', 'Complete'],
      ['1.1.0', 'Jo', 'Complete'],
    ]);
  });

  test.each([
    ['re-resolved', 'a restart'],
    ['replayed', 'a release'],
  ] as const)(
    'with rollback values %s, %s that fails on the newest base image goes back to the one before',
    async (rollbackValues, way) => {
      const known: { images?: ReadonlySet<string> } = {};
      const launched = new Set<string>();
      const behaviour = ({ imageId }: MemoryMachine): MachineBehaviour => {
        launched.add(imageId);
        return known.images?.has(imageId) === false ? { status: () => 500 } : {};
      };
      const aws = await released(variant, { rollbackValues, behaviour });
      // What starts from any other one never serves.
      known.images = new Set(launched);
      publishBaseImage(aws.core, RELEASE);
      const { status } =
        way === 'a restart' ? await restart(aws, variant, true) : await aws.deploy(variant, '1.1.0');
      expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await bases(aws, variant)).toEqual([FIRST]);
      expect(await machines(aws, variant)).toHaveLength(2);
      expect(bakes(aws)).toBe(2 * baked);
    },
  );

  test('where the base image is gone a changed setting gets the newest one, and a restart is refused', async () => {
    const aws = await released(variant);
    const newest = publishBaseImage(aws.core, RELEASE);
    (aws.core.service('ec2') as Ec2Service).withdrawBaseImage(FIRST);
    const { status, failures } = await restart(aws, variant);
    if (variant === 'ImageBased') expect(status).toBe('UPDATE_COMPLETE');
    else {
      expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(failures.join()).toContain(FIRST);
    }
    // What the fleet would roll back to is gone, too.
    const large = { instanceType: 't3.large', acceptFindings: 'rollback-image-missing' };
    const changed = await aws.deploy(variant, '1.0.0', large);
    expect(changed).toMatchObject({ status: 'UPDATE_COMPLETE', failures: [] });
    expect(await bases(aws, variant)).toEqual([newest]);
  });

  test('a stack of before that is deployed again keeps the base image that it has', async () => {
    const aws = await VirtualAws.start();
    expect((await aws.deploy(variant, '1.0.0', {}, asBefore)).status).toBe('CREATE_COMPLETE');
    const before = await machines(aws, variant);
    publishBaseImage(aws.core, RELEASE);
    expect((await aws.deploy(variant, '1.0.0')).status).toBe('UPDATE_COMPLETE');
    expect(await machines(aws, variant)).toEqual(before);
    expect(bakes(aws)).toBe(baked);
  });
});

/** As stacks had it before: everything was made from what CloudFormation finds as the newest image. */
function asBefore(template: Template): void {
  const [id] = Object.entries(template.Resources).find(([, { Type }]) => Type === 'Custom::BaseImage')!;
  const { NewestImageId } = template.Resources[id]!.Properties;
  delete template.Resources[id];
  const text = JSON.stringify(template.Resources).replaceAll(
    JSON.stringify({ 'Fn::GetAtt': [id, 'ImageId'] }),
    JSON.stringify(NewestImageId),
  );
  template.Resources = JSON.parse(text);
  for (const { Type, Properties } of Object.values(template.Resources))
    if (Type === 'Custom::Rollout') delete Properties.BaseImageId;
}
