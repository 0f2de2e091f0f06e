import {
  DeleteVpcCommand,
  DescribeImagesCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DescribeVpnGatewaysCommand,
} from '@aws-sdk/client-ec2';
import type { Core } from '../../../local-aws/core/core';
import type { Provisioned, ResourceType } from '../../../local-aws/core/service';
import { BASE_IMAGES } from '../../../local-aws/ec2/service';
import { provisioningOf } from '../provisioning';
import { ec2Fixture } from './fixture';

interface Resource {
  readonly Type: string;
  readonly Properties?: object;
  readonly DependsOn?: readonly string[];
}

/** Just so much of CloudFormation as a template needs that has only Ref, Fn::GetAtt and Fn::Join. */
class Deployment {
  readonly made = new Map<string, Provisioned>();

  constructor(
    private readonly core: Core,
    private readonly types: Readonly<Record<string, ResourceType>>,
    private readonly resources: Readonly<Record<string, Resource>>,
  ) {}

  async create(id: string): Promise<Provisioned> {
    const known = this.made.get(id);
    if (known) return known;
    const { DependsOn = [] } = this.resources[id]!;
    for (const other of DependsOn) await this.create(other);
    const { type, properties } = await this.prepare(id);
    const made = await type.create(properties, this.provisioning(id));
    this.made.set(id, made);
    return made;
  }

  async delete(): Promise<void> {
    for (const [id, { physicalId }] of [...this.made].reverse()) {
      const { type, properties } = await this.prepare(id);
      await type.delete(physicalId, properties, this.provisioning(id));
      await type.delete(physicalId, properties, this.provisioning(id));
    }
  }

  private async prepare(id: string) {
    const { Type, Properties = {} } = this.resources[id]!;
    const type = this.types[Type];
    if (!type) throw new Error(`There is no type ${Type}.`);
    return { type, properties: (await this.resolve(Properties)) as Record<string, unknown> };
  }

  private async resolve(value: unknown): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map((item) => this.resolve(item)));
    if (typeof value !== 'object' || value === null) return value;
    const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
    if (typeof Ref === 'string')
      return Ref === 'AWS::Region' ? this.core.region : (await this.create(Ref)).physicalId;
    if (Array.isArray(attribute)) {
      const found = (await this.create(String(attribute[0]))).attributes[String(attribute[1])];
      if (found === undefined) throw new Error(`There is no attribute ${attribute.join('.')}.`);
      return found;
    }
    if (Array.isArray(join)) return ((await this.resolve(join[1])) as string[]).join(String(join[0]));
    const entries = Object.entries(value).map(
      async ([key, item]) => [key, await this.resolve(item)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  private provisioning(logicalId: string) {
    return provisioningOf(this.core, logicalId);
  }
}

const ref = (Ref: string) => ({ Ref });
const attribute = (id: string, name: string) => ({ 'Fn::GetAtt': [id, name] });
const named = (name: string) => ({ Tags: [{ Key: 'Name', Value: `S/Vpc/${name}` }] });

/** As the CDK's `ec2.Vpc` makes it, with two zones, one NAT gateway, an endpoint for S3, and flow logs. */
function template(): Record<string, Resource> {
  const resources: Record<string, Resource> = {
    Vpc: {
      Type: 'AWS::EC2::VPC',
      Properties: {
        CidrBlock: '10.0.0.0/16',
        EnableDnsHostnames: true,
        EnableDnsSupport: true,
        InstanceTenancy: 'default',
        ...named(''),
      },
    },
    Igw: { Type: 'AWS::EC2::InternetGateway', Properties: named('') },
    Attachment: {
      Type: 'AWS::EC2::VPCGatewayAttachment',
      Properties: { InternetGatewayId: ref('Igw'), VpcId: ref('Vpc') },
    },
    Eip: { Type: 'AWS::EC2::EIP', Properties: { Domain: 'vpc', ...named('Public1') } },
    Nat: {
      Type: 'AWS::EC2::NatGateway',
      Properties: {
        AllocationId: attribute('Eip', 'AllocationId'),
        SubnetId: ref('Public1'),
        ...named('Public1'),
      },
      DependsOn: ['Public1Route', 'Public1Association'],
    },
    S3: {
      Type: 'AWS::EC2::VPCEndpoint',
      Properties: {
        RouteTableIds: [ref('Private1Table'), ref('Public1Table')],
        ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', ref('AWS::Region'), '.s3']] },
        VpcEndpointType: 'Gateway',
        VpcId: ref('Vpc'),
        ...named(''),
      },
    },
    Log: {
      Type: 'AWS::EC2::FlowLog',
      Properties: {
        DeliverLogsPermissionArn: 'arn:aws:iam::000000000000:role/log',
        LogDestinationType: 'cloud-watch-logs',
        LogGroupName: 'log',
        ResourceId: ref('Vpc'),
        ResourceType: 'VPC',
        TrafficType: 'ALL',
        ...named('Log'),
      },
    },
    Front: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'S/Front',
        SecurityGroupIngress: [
          { CidrIp: '0.0.0.0/0', Description: 'from anyone', FromPort: '80', IpProtocol: 'tcp', ToPort: 80 },
        ],
        VpcId: ref('Vpc'),
      },
    },
    Back: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'S/Back',
        SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', Description: 'all', IpProtocol: '-1' }],
        VpcId: ref('Vpc'),
      },
    },
    FrontToBack: {
      Type: 'AWS::EC2::SecurityGroupEgress',
      Properties: {
        GroupId: attribute('Front', 'GroupId'),
        DestinationSecurityGroupId: attribute('Back', 'GroupId'),
        FromPort: 8080,
        IpProtocol: 'tcp',
        ToPort: 8080,
      },
    },
    BackFromFront: {
      Type: 'AWS::EC2::SecurityGroupIngress',
      Properties: {
        GroupId: attribute('Back', 'GroupId'),
        SourceSecurityGroupId: attribute('Front', 'GroupId'),
        FromPort: 8080,
        IpProtocol: 'tcp',
        ToPort: 8080,
      },
    },
  };
  for (const [index, name] of ['Public1', 'Public2', 'Private1', 'Private2'].entries()) {
    const isPublic = name.startsWith('Public');
    resources[name] = {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        AvailabilityZone: `eu-central-1${'ab'[index % 2]}`,
        CidrBlock: `10.0.${index * 64}.0/18`,
        MapPublicIpOnLaunch: isPublic,
        VpcId: ref('Vpc'),
        ...named(name),
      },
    };
    resources[`${name}Table`] = {
      Type: 'AWS::EC2::RouteTable',
      Properties: { VpcId: ref('Vpc'), ...named(name) },
    };
    resources[`${name}Association`] = {
      Type: 'AWS::EC2::SubnetRouteTableAssociation',
      Properties: { RouteTableId: ref(`${name}Table`), SubnetId: ref(name) },
    };
    resources[`${name}Route`] = {
      Type: 'AWS::EC2::Route',
      Properties: {
        DestinationCidrBlock: '0.0.0.0/0',
        RouteTableId: ref(`${name}Table`),
        ...(isPublic ? { GatewayId: ref('Igw') } : { NatGatewayId: ref('Nat') }),
      },
      DependsOn: isPublic ? ['Attachment'] : [],
    };
  }
  return resources;
}

test('a VPC as the CDK makes it is made, and deleted', async () => {
  const { core, clock, ec2: service } = ec2Fixture();
  const before = (await core.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups!.length;
  const resources = template();
  const deployment = new Deployment(core, service.resourceTypes, resources);
  for (const id of Object.keys(resources)) await clock.runUntil(deployment.create(id));

  const idOf = (type: string) =>
    deployment.made.get(Object.keys(resources).find((id) => resources[id]!.Type === type)!)!.physicalId;
  const VpcId = idOf('AWS::EC2::VPC');
  const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
  // What the CDK CLI asks for when it looks a VPC up.
  const { Vpcs } = await core.send(
    new DescribeVpcsCommand({ Filters: [...Filters, { Name: 'tag:Name', Values: ['S/Vpc*'] }] }),
  );
  expect(Vpcs).toMatchObject([{ VpcId, CidrBlock: '10.0.0.0/16', State: 'available' }]);
  const { Subnets } = await core.send(new DescribeSubnetsCommand({ Filters }));
  expect(Subnets!.map((subnet) => subnet.MapPublicIpOnLaunch)).toEqual([true, true, false, false]);
  const attached = [{ ...Filters[0]!, Name: 'attachment.vpc-id' }];
  expect((await core.send(new DescribeVpnGatewaysCommand({ Filters: attached }))).VpnGateways).toEqual([]);

  const { RouteTables } = await core.send(
    new DescribeRouteTablesCommand({
      Filters: [{ Name: 'association.subnet-id', Values: [Subnets![3]!.SubnetId!] }],
    }),
  );
  const { NatGateways } = await core.send(new DescribeNatGatewaysCommand({}));
  expect(NatGateways).toMatchObject([{ State: 'available' }]);
  expect(RouteTables![0]!.Routes).toMatchObject([
    { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local' },
    { DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: NatGateways![0]!.NatGatewayId },
  ]);
  const { SecurityGroups } = await core.send(new DescribeSecurityGroupsCommand({ Filters }));
  const back = SecurityGroups!.find(({ Description }) => Description === 'S/Back')!;
  const front = SecurityGroups!.find(({ Description }) => Description === 'S/Front')!;
  expect(back.IpPermissions).toMatchObject([
    { FromPort: 8080, UserIdGroupPairs: [{ GroupId: front.GroupId }] },
  ]);
  expect(front.IpPermissions).toMatchObject([{ FromPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]);

  await expect(core.send(new DeleteVpcCommand({ VpcId }))).rejects.toMatchObject({
    code: 'DependencyViolation',
    message: `The vpc '${VpcId}' has dependencies and cannot be deleted.`,
  });
  await clock.runUntil(deployment.delete());
  expect((await core.send(new DescribeVpcsCommand({ Filters }))).Vpcs).toEqual([]);
  expect((await core.send(new DescribeSubnetsCommand({ Filters }))).Subnets).toEqual([]);
  expect((await core.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups).toHaveLength(before);
});

test('there is a default VPC with a subnet in every zone', async () => {
  const { core } = ec2Fixture();
  const { Vpcs } = await core.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'isDefault', Values: ['true'] }] }),
  );
  const { Subnets } = await core.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [Vpcs![0]!.VpcId!] }] }),
  );
  expect(Subnets!.map((subnet) => [subnet.AvailabilityZone, subnet.CidrBlock])).toEqual([
    ['eu-central-1a', '172.31.0.0/20'],
    ['eu-central-1b', '172.31.16.0/20'],
    ['eu-central-1c', '172.31.32.0/20'],
  ]);
});

test('a VPC that is not there is an error by its id, and nothing by a filter', async () => {
  const { core } = ec2Fixture();
  await expect(core.send(new DescribeVpcsCommand({ VpcIds: ['vpc-1'] }))).rejects.toMatchObject({
    code: 'InvalidVpcID.NotFound',
    message: "The vpc ID 'vpc-1' does not exist",
  });
  const Filters = [{ Name: 'vpc-id', Values: ['vpc-1'] }];
  expect((await core.send(new DescribeVpcsCommand({ Filters }))).Vpcs).toEqual([]);
  await expect(
    core.send(new DescribeVpcsCommand({ Filters: [{ Name: 'colour', Values: [] }] })),
  ).rejects.toThrow("The filter 'colour' is invalid");
});

test('base images are found by owner and name, as AMI lookups do it', async () => {
  const { core } = ec2Fixture();
  const { Images } = await core.send(
    new DescribeImagesCommand({
      Owners: ['amazon'],
      Filters: [
        { Name: 'name', Values: ['al2023-ami-2023.*-arm64'] },
        { Name: 'state', Values: ['available'] },
      ],
    }),
  );
  expect(Images!.map(({ ImageId }) => ImageId)).toEqual([BASE_IMAGES.arm64]);
  expect((await core.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images).toEqual([]);
});
