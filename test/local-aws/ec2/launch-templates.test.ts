import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import type { Fault } from '../../../local-aws/core/fault';
import type { Principal } from '../../../local-aws/core/principal';
import { provisioningOf } from '../provisioning';
import { ec2Fixture } from './fixture';

async function template() {
  const { core, ec2 } = ec2Fixture();
  const { LaunchTemplate } = await core.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'fleet',
      VersionDescription: 'first',
      LaunchTemplateData: { ImageId: 'ami-1', InstanceType: 't3.micro' },
    }),
  );
  return { core, ec2, LaunchTemplateId: LaunchTemplate!.LaunchTemplateId! };
}

describe('launch template versions', () => {
  test('are numbered, described newest first, and keep what they were made with', async () => {
    const { core, LaunchTemplateId } = await template();
    const data = { ImageId: 'ami-2' };
    await core.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId,
        LaunchTemplateData: data,
        VersionDescription: 'second',
      }),
    );
    data.ImageId = 'changed afterwards';
    const { LaunchTemplateVersions } = await core.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId }),
    );
    expect(
      LaunchTemplateVersions!.map((version) => [
        version.VersionNumber,
        version.VersionDescription,
        version.DefaultVersion,
        version.LaunchTemplateData,
      ]),
    ).toEqual([
      [2, 'second', false, { ImageId: 'ami-2' }],
      [1, 'first', true, { ImageId: 'ami-1', InstanceType: 't3.micro' }],
    ]);
  });

  test('build on a source version when one is named', async () => {
    const { core, LaunchTemplateId } = await template();
    const { LaunchTemplateVersion } = await core.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId,
        SourceVersion: '1',
        LaunchTemplateData: { ImageId: 'ami-2' },
      }),
    );
    expect(LaunchTemplateVersion!.LaunchTemplateData).toEqual({
      ImageId: 'ami-2',
      InstanceType: 't3.micro',
    });
  });

  test('can be asked for as $Latest and $Default, which only ModifyLaunchTemplate moves', async () => {
    const { core, LaunchTemplateId } = await template();
    await core.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData: {} }));
    const numberOf = async (version: string) => {
      const answer = await core.send(
        new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [version] }),
      );
      return answer.LaunchTemplateVersions![0]!.VersionNumber;
    };
    expect([await numberOf('$Latest'), await numberOf('$Default')]).toEqual([2, 1]);
    await core.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId, DefaultVersion: '2' }));
    expect(await numberOf('$Default')).toBe(2);
  });

  test('have numbers that are never given twice', async () => {
    const { core, LaunchTemplateId } = await template();
    const add = async () => {
      const { LaunchTemplateVersion } = await core.send(
        new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData: {} }),
      );
      return LaunchTemplateVersion!.VersionNumber;
    };
    expect(await add()).toBe(2);
    const deletion = await core.send(
      new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: ['1', '2', '7'] }),
    );
    expect(deletion.SuccessfullyDeletedLaunchTemplateVersions).toMatchObject([{ VersionNumber: 2 }]);
    expect(deletion.UnsuccessfullyDeletedLaunchTemplateVersions).toMatchObject([
      { VersionNumber: 1 },
      { VersionNumber: 7, ResponseError: { Code: 'launchTemplateVersionDoesNotExist' } },
    ]);
    expect(await add()).toBe(3);
  });

  test('and templates that are not there are named as AWS names them', async () => {
    const { core, LaunchTemplateId } = await template();
    await expect(
      core.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: ['9'] })),
    ).rejects.toMatchObject({
      code: 'InvalidLaunchTemplateId.VersionNotFound',
      message: `Could not find the specified version 9 for the launch template with ID ${LaunchTemplateId}.`,
    });
    await expect(
      core.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: 'lt-0' })),
    ).rejects.toMatchObject({ code: 'InvalidLaunchTemplateId.NotFound' });
    await expect(
      core.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ['other'] })),
    ).rejects.toMatchObject({ code: 'InvalidLaunchTemplateName.NotFoundException' });
    await expect(
      core.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'fleet', LaunchTemplateData: {} })),
    ).rejects.toThrow('Launch template name already in use.');
  });
});

describe('AWS::EC2::LaunchTemplate', () => {
  async function resource() {
    const { core, ec2 } = ec2Fixture();
    const type = ec2.resourceTypes['AWS::EC2::LaunchTemplate']!;
    const provisioning = provisioningOf(core, 'Template');
    const properties = {
      LaunchTemplateData: {
        ImageId: 'ami-1',
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: '8', Encrypted: 'true' } }],
      },
      VersionDescription: '1.0.0',
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'Name', Value: 'x' }] }],
    };
    const made = await type.create(properties, provisioning);
    const versions = async () => {
      const answer = await core.send(
        new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: made.physicalId }),
      );
      return answer.LaunchTemplateVersions!;
    };
    return { core, type, provisioning, properties, made, versions };
  }

  test('turns the template’s texts into numbers and truth values', async () => {
    const { made, versions } = await resource();
    expect(made.attributes).toMatchObject({ LatestVersionNumber: '1', DefaultVersionNumber: '1' });
    expect((await versions())[0]!.LaunchTemplateData!.BlockDeviceMappings).toEqual([
      { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8, Encrypted: true } },
    ]);
  });

  test('makes a version when data or description change, and none when only tags do', async () => {
    const { type, provisioning, properties, made, versions } = await resource();
    const update = (changed: object) =>
      type.update!(made.physicalId, { ...properties, ...changed }, properties, provisioning);
    const described = await update({ VersionDescription: '1.1.0' });
    expect(described.attributes).toMatchObject({ LatestVersionNumber: '2', DefaultVersionNumber: '1' });
    expect((await versions())[0]).toMatchObject({ VersionDescription: '1.1.0' });
    const tagged = await update({
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'Name', Value: 'y' }] }],
    });
    expect(tagged.attributes.LatestVersionNumber).toBe('2');
  });

  test('refuses a property that EC2 does not have', async () => {
    const { type, provisioning } = await resource();
    await expect(type.create({ LaunchTemplateData: { ImageID: 'ami-1' } }, provisioning)).rejects.toThrow(
      'AWS::EC2::LaunchTemplate: LaunchTemplateData has no property ImageID.',
    );
  });

  test('is deleted, and deleted again', async () => {
    const { core, type, provisioning, properties, made } = await resource();
    await type.delete(made.physicalId, properties, provisioning);
    await type.delete(made.physicalId, properties, provisioning);
    expect((await core.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates).toEqual([]);
  });
});

test('a role is told of a new version within seconds, by the seed; services of AWS know it at once', async () => {
  const { clock, core } = ec2Fixture({ variations: { seed: 3 } });
  const reader: Principal = { kind: 'role', arn: 'reader', roleArn: 'reader', accessKeyId: 'key' };
  core.authorizer = () => undefined;
  const { LaunchTemplate } = await core.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'fleet',
      LaunchTemplateData: { ImageId: 'ami-1' },
    }),
  );
  const { LaunchTemplateId } = LaunchTemplate!;
  const toldAfter: number[] = [];
  for (let version = 2; version <= 9; version++) {
    await core.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId,
        LaunchTemplateData: { ImageId: `ami-${version}` },
      }),
    );
    const describe = (principal?: Principal) =>
      core.send(
        new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [String(version)] }),
        principal,
      );
    expect((await describe()).LaunchTemplateVersions).toHaveLength(1);
    let seconds = 0;
    for (; seconds <= 10; seconds++) {
      const told = await describe(reader).catch((error: Fault) => error.code);
      if (told !== 'InvalidLaunchTemplateId.VersionNotFound') break;
      await clock.advance(1000);
    }
    toldAfter.push(seconds);
  }
  expect(Math.max(...toldAfter)).toBeLessThanOrEqual(10);
  expect(new Set(toldAfter).size).toBeGreaterThan(2);
});
