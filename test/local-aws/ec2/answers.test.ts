// What EC2 answers where a mock is easily content: filters, pages, rules of security groups, protected instances.
import * as ec2 from '@aws-sdk/client-ec2';
import { FILTER_NAMES, type FilteredOperation } from '../../../local-aws/ec2/filter-names';
import { BASE_IMAGES } from '../../../local-aws/ec2/service';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { ec2Fixture } from './fixture';

function setUp() {
  const fixture = ec2Fixture();
  return { ...fixture, client: new ec2.EC2(clientConfig(fixture.core)) };
}

const ImageId = BASE_IMAGES.x86_64;
const launch = { ImageId, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1 };

describe('filters', () => {
  const { operations } = setUp().ec2;
  const served = (Object.keys(FILTER_NAMES) as FilteredOperation[]).filter((name) => name in operations);

  test.each(served)('%s: what AWS has is never called invalid', async (name) => {
    const { client } = setUp();
    const member = ['DescribeNatGateways', 'DescribeFlowLogs'].includes(name) ? 'Filter' : 'Filters';
    const method = `${name[0]!.toLowerCase()}${name.slice(1)}` as 'describeVpcs';
    const ask = (filter: string) =>
      client[method]({ [member]: [{ Name: filter, Values: ['x'] }] }).then(
        () => 'answered',
        (error) => error.name,
      );
    for (const filter of FILTER_NAMES[name].trim().split(/\s+/))
      if (filter)
        expect([filter, await ask(filter)]).toEqual([
          filter,
          expect.stringMatching(/^(answered|UnsupportedOperation)$/),
        ]);
    expect(await ask('colour')).toBe('InvalidParameterValue');
  });

  test.each<[string, ec2.Filter, boolean]>([
    ['by key name', { Name: 'key-name', Values: ['mine'] }, true],
    ['by tenancy', { Name: 'tenancy', Values: ['def*'] }, true],
    ['by group', { Name: 'instance.group-name', Values: ['default'] }, true],
    ['by account', { Name: 'owner-id', Values: ['111111111111'] }, false],
    ['by tag', { Name: 'tag:Name', Values: ['web'] }, true],
    ['by zone id', { Name: 'availability-zone-id', Values: ['eu-central-1-az3'] }, false],
  ])('an instance is found %s', async (_name, filter, isFound) => {
    const { client } = setUp();
    const TagSpecifications = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: 'web' }] }];
    await client.runInstances({ ...launch, KeyName: 'mine', TagSpecifications });
    const { Reservations } = await client.describeInstances({ Filters: [filter] });
    expect(Reservations).toHaveLength(isFound ? 1 : 0);
  });

  test('zones keep their ids when they are filtered', async () => {
    const { client } = setUp();
    const { AvailabilityZones } = await client.describeAvailabilityZones({
      Filters: [{ Name: 'zone-name', Values: ['eu-central-1b'] }],
    });
    expect(AvailabilityZones).toMatchObject([{ ZoneName: 'eu-central-1b', ZoneId: 'eu-central-1-az2' }]);
    const named = client.describeAvailabilityZones({ ZoneNames: ['eu-central-1x'] });
    await expect(named).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(client.describeRegions({ RegionNames: ['eu-west-1'] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });
});

describe('pages', () => {
  test('have bounds, and no page when instances are named', async () => {
    const { client } = setUp();
    await expect(client.describeSubnets({ MaxResults: 4 })).rejects.toThrow('from 5 to 1000');
    await expect(client.describeRouteTables({ MaxResults: 101 })).rejects.toThrow('from 5 to 100');
    const { Instances } = await client.runInstances(launch);
    const InstanceIds = [Instances![0]!.InstanceId!];
    await expect(client.describeInstances({ InstanceIds, MaxResults: 5 })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
  });

  test('are of the size that was asked for, until all were given', async () => {
    const { client } = setUp();
    await client.runInstances({ ...launch, MaxCount: 12 });
    const sizes: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.describeInstances({ MaxResults: 5, NextToken });
      sizes.push(page.Reservations!.flatMap(({ Instances }) => Instances ?? []).length);
      NextToken = page.NextToken;
    } while (NextToken);
    expect(sizes).toEqual([5, 5, 2]);
  });
});

describe('security groups', () => {
  async function group() {
    const fixture = setUp();
    const { GroupId } = await fixture.client.createSecurityGroup({ GroupName: 'web', Description: 'd' });
    const permissions = async () => {
      const { SecurityGroups } = await fixture.client.describeSecurityGroups({ GroupIds: [GroupId!] });
      return SecurityGroups![0]!.IpPermissions!;
    };
    return { ...fixture, GroupId: GroupId!, permissions };
  }
  const web = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };

  test('tell the rules of one port as one', async () => {
    const { client, GroupId, permissions } = await group();
    await client.authorizeSecurityGroupIngress({
      GroupId,
      IpPermissions: [
        { ...web, IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
        { ...web, IpProtocol: '6', IpRanges: [{ CidrIp: '192.168.1.1/16', Description: 'office' }] },
        { ...web, UserIdGroupPairs: [{ GroupId }] },
      ],
    });
    expect(await permissions()).toMatchObject([
      {
        ...web,
        IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '192.168.0.0/16', Description: 'office' }],
        UserIdGroupPairs: [{ GroupId, UserId: '000000000000' }],
      },
    ]);
    const { SecurityGroupRules } = await client.describeSecurityGroupRules({
      Filters: [{ Name: 'group-id', Values: [GroupId] }],
    });
    expect(SecurityGroupRules).toHaveLength(4);
    const found = await client.describeSecurityGroups({
      Filters: [{ Name: 'ip-permission.cidr', Values: ['192.168.*'] }],
    });
    expect(found.SecurityGroups).toHaveLength(1);
  });

  test('take a rule at the top of a call, and their own name in the default VPC', async () => {
    const { client, permissions } = await group();
    const rule = { GroupName: 'web', ...web, CidrIp: '0.0.0.0/0' };
    await client.authorizeSecurityGroupIngress(rule);
    expect(await permissions()).toMatchObject([{ ...web, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]);
    const again = client.authorizeSecurityGroupIngress(rule);
    await expect(again).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' });
    const { RevokedSecurityGroupRules } = await client.revokeSecurityGroupIngress(rule);
    expect(RevokedSecurityGroupRules).toMatchObject([{ CidrIpv4: '0.0.0.0/0', FromPort: 80 }]);
    expect(await permissions()).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['no ports', { IpProtocol: 'tcp', CidrIp: '10.0.0.0/8' }, 'InvalidParameterValue'],
    ['ports the wrong way round', { ...web, ToPort: 79, CidrIp: '10.0.0.0/8' }, 'InvalidParameterValue'],
    ['no source', web, 'MissingParameter'],
    ['a source that is no block', { ...web, CidrIp: '10.0.0/8' }, 'InvalidParameterValue'],
    ['a protocol that is none', { ...web, IpProtocol: 'tpc', CidrIp: '10.0.0.0/8' }, 'InvalidParameterValue'],
    [
      'both forms',
      { ...web, CidrIp: '10.0.0.0/8', IpPermissions: [{ ...web, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }] },
      'InvalidParameterCombination',
    ],
    [
      'the same twice',
      { IpPermissions: [1, 2].map(() => ({ ...web, IpRanges: [{ CidrIp: '10.0.0.0/8' }] })) },
      'InvalidParameterValue',
    ],
    ['nothing', {}, 'MissingParameter'],
  ])('refuse %s', async (_name, rule, name) => {
    const { client, GroupId } = await group();
    await expect(client.authorizeSecurityGroupIngress({ GroupId, ...rule })).rejects.toMatchObject({ name });
  });
});

describe('a dry run', () => {
  test.each<[string, (client: ec2.EC2) => Promise<unknown>]>([
    ['RunInstances', (client) => client.runInstances({ ...launch, DryRun: true })],
    ['CreateVpc', (client) => client.createVpc({ CidrBlock: '10.0.0.0/16', DryRun: true })],
    ['AllocateAddress', (client) => client.allocateAddress({ DryRun: true })],
    [
      'CreateLaunchTemplate',
      (client) =>
        client.createLaunchTemplate({
          LaunchTemplateName: 'web',
          LaunchTemplateData: { ImageId },
          DryRun: true,
        }),
    ],
    ['RegisterImage', (client) => client.registerImage({ Name: 'web', DryRun: true })],
    [
      'CreateTags',
      (client) => client.createTags({ Resources: [ImageId], Tags: [{ Key: 'a', Value: 'b' }], DryRun: true }),
    ],
  ])('of %s changes nothing', async (_name, call) => {
    const { client } = setUp();
    const state = async () =>
      JSON.stringify([
        (await client.describeInstances({})).Reservations,
        (await client.describeVpcs({})).Vpcs,
        (await client.describeAddresses({})).Addresses,
        (await client.describeLaunchTemplates({})).LaunchTemplates,
        (await client.describeImages({})).Images,
      ]);
    const before = await state();
    await expect(call(client)).rejects.toMatchObject({
      name: 'DryRunOperation',
      $metadata: { httpStatusCode: 412 },
    });
    expect(await state()).toBe(before);
  });
});

test('a protected instance is terminated when its protection is taken away, and not before', async () => {
  const { client, clock } = setUp();
  const { LaunchTemplate } = await client.createLaunchTemplate({
    LaunchTemplateName: 'web',
    LaunchTemplateData: { ...launch, DisableApiTermination: true },
  });
  const { Instances } = await client.runInstances({
    MinCount: 1,
    MaxCount: 1,
    LaunchTemplate: { LaunchTemplateId: LaunchTemplate!.LaunchTemplateId },
  });
  const InstanceId = Instances![0]!.InstanceId!;
  const attribute = await client.describeInstanceAttribute({
    InstanceId,
    Attribute: 'disableApiTermination',
  });
  expect(attribute.DisableApiTermination).toEqual({ Value: true });
  await expect(client.terminateInstances({ InstanceIds: [InstanceId] })).rejects.toMatchObject({
    name: 'OperationNotPermitted',
  });
  await client.modifyInstanceAttribute({ InstanceId, DisableApiTermination: { Value: false } });
  await client.terminateInstances({ InstanceIds: [InstanceId] });
  await clock.advance(120_000);
  const { Reservations } = await client.describeInstances({ InstanceIds: [InstanceId] });
  expect(Reservations![0]!.Instances![0]!.State!.Name).toBe('terminated');
});

test('no instance at all is not every instance', async () => {
  const { client } = setUp();
  await client.runInstances(launch);
  const none = client.terminateInstances({ InstanceIds: [] });
  await expect(none).rejects.toMatchObject({ name: 'MissingParameter' });
});

test.each<[string, (client: ec2.EC2) => Promise<unknown>, string]>([
  [
    'IPv6 addresses of a VPC',
    (client) => client.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }),
    'UnsupportedOperation',
  ],
  ['a VPC that is too large', (client) => client.createVpc({ CidrBlock: '10.0.0.0/8' }), 'InvalidVpc.Range'],
  [
    'hibernation',
    (client) => client.runInstances({ ...launch, HibernationOptions: { Configured: true } }),
    'UnsupportedOperation',
  ],
  [
    'user data that is no base64',
    (client) => client.runInstances({ ...launch, UserData: '#!/bin/sh' }),
    'InvalidParameterValue',
  ],
  [
    'too much user data',
    (client) => client.runInstances({ ...launch, UserData: Buffer.alloc(16_385).toString('base64') }),
    'InvalidParameterValue',
  ],
  [
    'tags of something else',
    (client) =>
      client.createVpc({
        CidrBlock: '10.0.0.0/16',
        TagSpecifications: [{ ResourceType: 'subnet', Tags: [{ Key: 'a', Value: 'b' }] }],
      }),
    'InvalidParameterValue',
  ],
  [
    'a route to nothing',
    async (client) => {
      const { RouteTables } = await client.describeRouteTables({});
      return client.createRoute({
        RouteTableId: RouteTables![0]!.RouteTableId,
        DestinationCidrBlock: '10.9.0.0/16',
      });
    },
    'MissingParameter',
  ],
  [
    'an endpoint of another region',
    async (client) => {
      const { Vpcs } = await client.describeVpcs({});
      return client.createVpcEndpoint({ VpcId: Vpcs![0]!.VpcId, ServiceName: 'com.amazonaws.eu-west-1.s3' });
    },
    'InvalidServiceName',
  ],
  [
    'a gateway to a service that has none',
    async (client) => {
      const { Vpcs } = await client.describeVpcs({});
      const ServiceName = 'com.amazonaws.eu-central-1.autoscaling';
      return client.createVpcEndpoint({ VpcId: Vpcs![0]!.VpcId, ServiceName });
    },
    'InvalidParameter',
  ],
])('%s is refused', async (_name, call, name) => {
  const { client } = setUp();
  await expect(call(client)).rejects.toMatchObject({ name });
});

test('a creation that is repeated with its token makes nothing else', async () => {
  const { client } = setUp();
  const { Vpcs } = await client.describeVpcs({});
  const input = { VpcId: Vpcs![0]!.VpcId!, ClientToken: 'once' };
  const first = await client.createRouteTable(input);
  expect((await client.createRouteTable(input)).RouteTable).toEqual(first.RouteTable);
  expect((await client.describeRouteTables({})).RouteTables).toHaveLength(2);
  const other = await client.createVpc({ CidrBlock: '10.0.0.0/16' });
  await expect(client.createRouteTable({ ...input, VpcId: other.Vpc!.VpcId! })).rejects.toMatchObject({
    name: 'IdempotentParameterMismatch',
  });
});

test('versions of a launch template are filtered', async () => {
  const { client } = setUp();
  const LaunchTemplateName = 'web';
  await client.createLaunchTemplate({ LaunchTemplateName, LaunchTemplateData: { InstanceType: 't3.micro' } });
  await client.createLaunchTemplateVersion({
    LaunchTemplateName,
    LaunchTemplateData: { InstanceType: 't3.small' },
  });
  const found = async (Name: string, value: string) => {
    const { LaunchTemplateVersions } = await client.describeLaunchTemplateVersions({
      LaunchTemplateName,
      Filters: [{ Name, Values: [value] }],
    });
    return LaunchTemplateVersions!.map(({ VersionNumber }) => VersionNumber);
  };
  expect(await found('instance-type', 't3.small')).toEqual([2]);
  expect(await found('is-default-version', 'true')).toEqual([1]);
});
