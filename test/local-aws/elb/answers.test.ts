import {
  CreateSecurityGroupCommand,
  DescribeInternetGatewaysCommand,
  DescribeSubnetsCommand,
  DetachInternetGatewayCommand,
} from '@aws-sdk/client-ec2';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import { createHandler } from '../../../local-aws/wire/handler';
import { wireRequest } from '../../../local-aws/wire/http';
import { elbFixture } from './fixture';

async function fixture() {
  const world = await elbFixture();
  const { core, LoadBalancerArn } = world;
  const { Subnets } = await core.send(new DescribeSubnetsCommand({}));
  const balancer = async () => {
    const { LoadBalancers } = await core.send(new elb.DescribeLoadBalancersCommand({ Names: ['fleet'] }));
    return LoadBalancers![0]!;
  };
  const create = (more: Partial<elb.CreateLoadBalancerCommandInput> = {}) =>
    core.send(
      new elb.CreateLoadBalancerCommand({
        Name: 'fleet',
        Subnets: Subnets!.map(({ SubnetId }) => SubnetId!),
        ...more,
      }),
    );
  const setAttribute = (Key: string, Value: string) =>
    core.send(new elb.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key, Value }] }));
  return { ...world, balancer, create, setAttribute, vpcId: Subnets![0]!.VpcId! };
}

describe('security groups of a load balancer', () => {
  test('are those of its VPC; the default one where none is named', async () => {
    const { core, balancer, LoadBalancerArn, vpcId } = await fixture();
    const [usual] = (await balancer()).SecurityGroups!;
    expect(usual).toMatch(/^sg-/);
    const { GroupId } = await core.send(
      new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'd', VpcId: vpcId }),
    );
    await core.send(new elb.SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: [GroupId!] }));
    expect((await balancer()).SecurityGroups).toEqual([GroupId]);
  });

  test('that are not there are refused, on creation and later', async () => {
    const { core, create, balancer, LoadBalancerArn } = await fixture();
    const SecurityGroups = ['sg-00000000000000000'];
    await expect(create({ Name: 'other', SecurityGroups })).rejects.toMatchObject({
      code: 'InvalidSecurityGroup',
    });
    const before = (await balancer()).SecurityGroups;
    await expect(
      core.send(new elb.SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups })),
    ).rejects.toMatchObject({ code: 'InvalidSecurityGroup' });
    expect((await balancer()).SecurityGroups).toEqual(before);
  });
});

test('a VPC without an internet gateway has load balancers of its own network alone', async () => {
  const { core, create, vpcId } = await fixture();
  const { InternetGateways } = await core.send(new DescribeInternetGatewaysCommand({}));
  const { InternetGatewayId } = InternetGateways![0]!;
  await core.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }));
  await expect(create({ Name: 'other' })).rejects.toMatchObject({
    code: 'InvalidSubnet',
    message: `VPC ${vpcId} has no internet gateway`,
  });
  await create({ Name: 'other', Scheme: 'internal' });
});

test('a creation that is repeated with the same settings gives what is there, and with others is refused', async () => {
  const { core, create, LoadBalancerArn, TargetGroupArn, createTargetGroup, vpcId } = await fixture();
  expect((await create()).LoadBalancers?.[0]?.LoadBalancerArn).toBe(LoadBalancerArn);
  await expect(create({ Scheme: 'internal' })).rejects.toMatchObject({ code: 'DuplicateLoadBalancerName' });
  expect(await createTargetGroup('fleet')).toBe(TargetGroupArn);
  const other = { Name: 'fleet', Port: 81, Protocol: 'HTTP', VpcId: vpcId } as const;
  await expect(core.send(new elb.CreateTargetGroupCommand(other))).rejects.toMatchObject({
    code: 'DuplicateTargetGroupName',
  });
});

describe('attributes', () => {
  test.each([
    ['access_logs.s3.enabled', 'true', 'access_logs.s3.enabled = true is not served'],
    [
      'client_keep_alive.seconds',
      '60',
      'client_keep_alive.seconds = 60 is not served by the local AWS; only 3600 is.',
    ],
    ['idle_timeout.timeout_seconds', '4001', 'must be from 1 to 4000'],
    ['deletion_protection.enabled', 'yes', 'must be true or false'],
    ['made.up', '1', 'The attribute made.up is not served by the local AWS.'],
  ])('%s = %s is refused', async (key, value, message) => {
    const { setAttribute } = await fixture();
    await expect(setAttribute(key, value)).rejects.toThrow(message);
  });

  test.each([
    ['idle_timeout.timeout_seconds', '120'],
    ['access_logs.s3.enabled', 'false'],
    ['routing.http.drop_invalid_header_fields.enabled', 'true'],
  ])('%s = %s is told again', async (Key, Value) => {
    const { setAttribute } = await fixture();
    expect((await setAttribute(Key, Value)).Attributes).toContainEqual({ Key, Value });
  });

  test('of a target group that would be silently missing are refused', async () => {
    const { core, TargetGroupArn } = await fixture();
    const Attributes = [{ Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' }];
    await expect(
      core.send(new elb.ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes })),
    ).rejects.toThrow('only round_robin is');
  });
});

test.each<[string, Partial<elb.CreateTargetGroupCommandInput>, string]>([
  ['another protocol', { Protocol: 'TCP' }, 'Protocol = TCP is not served by the local AWS; only HTTP is.'],
  ['targets by address', { TargetType: 'ip' }, 'TargetType = ip is not served by the local AWS'],
  ['gRPC checks', { Matcher: { GrpcCode: '0' } }, 'Matcher.GrpcCode is not served by the local AWS.'],
  ['a VPC that is not there', { VpcId: 'vpc-0' }, "The VPC ID 'vpc-0' is not found"],
  ['a port that is none', { Port: 65536 }, "Value '65536' at 'port' failed to satisfy constraint"],
])('a target group with %s is refused', async (_, more, message) => {
  const { core, vpcId } = await fixture();
  const input = { Name: 'g', Port: 80, Protocol: 'HTTP', VpcId: vpcId, ...more } as const;
  await expect(core.send(new elb.CreateTargetGroupCommand(input))).rejects.toThrow(message);
});

test('lists have 1 to 400 entries a page', async () => {
  const { core } = await fixture();
  await expect(core.send(new elb.DescribeLoadBalancersCommand({ PageSize: 401 }))).rejects.toThrow('to 400');
  await expect(
    core.send(new elb.DescribeTargetGroupsCommand({ LoadBalancerArn: 'arn:none' })),
  ).rejects.toMatchObject({ code: 'LoadBalancerNotFound' });
});

test('a request for the classic load balancers gets no answer of the others', async () => {
  const { core } = await fixture();
  const ask = async (version: string) => {
    const scope = 'key/20261127/eu-central-1/elasticloadbalancing/aws4_request';
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    const body = `Action=DescribeLoadBalancers&Version=${version}`;
    const response = await createHandler(core)(wireRequest('POST', '/', headers, body));
    return { status: response.status, body: Buffer.from(response.body).toString() };
  };
  expect((await ask('2015-12-01')).status).toBe(200);
  const refused = await ask('2012-06-01');
  expect(refused.status).toBe(400);
  expect(refused.body).toContain('<Code>InvalidAction</Code>');
  expect(refused.body).toContain('Could not find operation DescribeLoadBalancers for version 2012-06-01');
});

test.each<[string, (group: string) => elb.Action[], string]>([
  [
    'two actions',
    (TargetGroupArn) => [
      { Type: 'forward', TargetGroupArn },
      { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } },
    ],
    'exactly one of the following action types',
  ],
  [
    'stickiness',
    (TargetGroupArn) => [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [{ TargetGroupArn }],
          TargetGroupStickinessConfig: { Enabled: true },
        },
      },
    ],
    'DefaultActions[0].ForwardConfig.TargetGroupStickinessConfig.Enabled = true is not served',
  ],
  [
    'authentication',
    () => [{ Type: 'authenticate-oidc' }],
    'DefaultActions[0].Type = authenticate-oidc is not served',
  ],
])('a listener with %s is refused', async (_, actions, message) => {
  const { core, ListenerArn, TargetGroupArn } = await fixture();
  await expect(
    core.send(new elb.ModifyListenerCommand({ ListenerArn, DefaultActions: actions(TargetGroupArn) })),
  ).rejects.toThrow(message);
});
