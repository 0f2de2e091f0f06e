import { CreateSubnetCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import {
  DeleteTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Properties } from '../../../local-aws/core/service';
import { ElbService } from '../../../local-aws/elb/service';
import { ec2Fixture } from '../ec2/fixture';
import { provisioningOf } from '../provisioning';
import { elbFixture } from './fixture';

const PREFIX = 'AWS::ElasticLoadBalancingV2::';

function fixture() {
  const { core, clock, machines } = ec2Fixture();
  const elb = new ElbService(core, machines);
  core.register(elb);
  let count = 0;
  const provisioning = {
    ...provisioningOf(core, 'Resource'),
    generateName: () => `Stack-Resource-${++count}`,
  };
  const type = (name: string) => elb.resourceTypes[`${PREFIX}${name}`]!;
  return {
    core,
    clock,
    create: (name: string, properties: Properties) =>
      clock.runUntil(type(name).create(properties, provisioning)),
    update: (name: string, id: string, properties: Properties, old: Properties) =>
      clock.runUntil(type(name).update!(id, properties, old, provisioning)),
    remove: (name: string, id: string) => clock.runUntil(type(name).delete(id, {}, provisioning)),
  };
}

async function stack() {
  const parts = fixture();
  const { Subnets } = await parts.core.send(new DescribeSubnetsCommand({}));
  const loadBalancer = await parts.create('LoadBalancer', {
    Type: 'application',
    Scheme: 'internet-facing',
    Subnets: Subnets!.map(({ SubnetId }) => SubnetId),
    LoadBalancerAttributes: [{ Key: 'deletion_protection.enabled', Value: 'false' }],
    Tags: [{ Key: 'Name', Value: 'x' }],
  });
  const groupProperties = {
    Port: '8080',
    Protocol: 'HTTP',
    TargetType: 'instance',
    VpcId: Subnets![0]!.VpcId,
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: '10',
    TargetGroupAttributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
  };
  const targetGroup = await parts.create('TargetGroup', groupProperties);
  const listenerProperties = {
    LoadBalancerArn: loadBalancer.physicalId,
    Port: '80',
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroup.physicalId }],
  };
  const listener = await parts.create('Listener', listenerProperties);
  const ruleProperties = {
    ListenerArn: listener.physicalId,
    Priority: 5,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/x/*'] } }],
    Actions: [
      {
        Type: 'forward',
        ForwardConfig: { TargetGroups: [{ TargetGroupArn: targetGroup.physicalId, Weight: '1' }] },
      },
    ],
  };
  const rule = await parts.create('ListenerRule', ruleProperties);
  return {
    ...parts,
    loadBalancer,
    targetGroup,
    listener,
    rule,
    groupProperties,
    listenerProperties,
    ruleProperties,
  };
}

test('the resources have the attributes that templates refer to', async () => {
  const { core, loadBalancer, targetGroup, listener } = await stack();
  expect(loadBalancer.attributes).toMatchObject({
    DNSName: expect.stringContaining('.elb.amazonaws.com'),
    LoadBalancerFullName: expect.stringMatching(/^app\/Stack-Resource-1\/[0-9a-f]{16}$/),
    CanonicalHostedZoneID: expect.any(String),
  });
  expect(targetGroup.attributes).toMatchObject({
    TargetGroupFullName: expect.stringMatching(/^targetgroup\/Stack-Resource-2\/[0-9a-f]{16}$/),
  });
  expect(listener.attributes.ListenerArn).toBe(listener.physicalId);
  const { LoadBalancers } = await core.send(new DescribeLoadBalancersCommand({}));
  expect(LoadBalancers![0]!.State).toEqual({ Code: 'active' });
  const { TagDescriptions } = await core.send(
    new DescribeTagsCommand({ ResourceArns: [loadBalancer.physicalId] }),
  );
  expect(TagDescriptions![0]!.Tags).toEqual([
    { Key: 'Name', Value: 'x' },
    { Key: 'aws:cloudformation:stack-name', Value: 'Stack' },
  ]);
});

test('what can change without a replacement is changed', async () => {
  const { core, update, targetGroup, rule, groupProperties, ruleProperties } = await stack();
  await update(
    'TargetGroup',
    targetGroup.physicalId,
    {
      ...groupProperties,
      HealthCheckIntervalSeconds: '20',
      TargetGroupAttributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '60' }],
    },
    groupProperties,
  );
  const { Attributes } = await core.send(
    new DescribeTargetGroupAttributesCommand({ TargetGroupArn: targetGroup.physicalId }),
  );
  expect(Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '60' });
  await update('ListenerRule', rule.physicalId, { ...ruleProperties, Priority: 7 }, ruleProperties);
  const { Rules } = await core.send(new DescribeRulesCommand({ ListenerArn: ruleProperties.ListenerArn }));
  expect(Rules!.map(({ Priority }) => Priority)).toEqual(['7', 'default']);
});

test('a target group is not deleted while a listener forwards to it; all is deleted twice without an error', async () => {
  const { core, remove, loadBalancer, targetGroup, listener, rule } = await stack();
  await expect(
    core.send(new DeleteTargetGroupCommand({ TargetGroupArn: targetGroup.physicalId })),
  ).rejects.toMatchObject({ code: 'ResourceInUse' });
  for (const _ of [1, 2]) {
    await remove('ListenerRule', rule.physicalId);
    await remove('Listener', listener.physicalId);
    await remove('TargetGroup', targetGroup.physicalId);
    await remove('LoadBalancer', loadBalancer.physicalId);
  }
  expect((await core.send(new DescribeLoadBalancersCommand({}))).LoadBalancers).toEqual([]);
});

test.each([
  ['TargetGroup', { HealthCheckInterval: 5 }, 'AWS::ElasticLoadBalancingV2::TargetGroup has no property'],
  [
    'TargetGroup',
    { HealthCheckPath: 'health' },
    "Health check path 'health' must begin with a '/' character",
  ],
  [
    'TargetGroup',
    { HealthyThresholdCount: 1 },
    "Value '1' at 'healthyThresholdCount' failed to satisfy constraint",
  ],
])('%s with %j is refused', async (type, changed, message) => {
  const { create } = fixture();
  const properties = { Port: 80, Protocol: 'HTTP', VpcId: 'vpc-1', ...changed };
  await expect(create(type, properties)).rejects.toThrow(message);
});

test('a listener describes its default actions in both of AWS’s forms', async () => {
  const { core, LoadBalancerArn, TargetGroupArn } = await elbFixture();
  const { Listeners } = await core.send(new DescribeListenersCommand({ LoadBalancerArn }));
  expect(Listeners![0]!.DefaultActions).toMatchObject([
    { Type: 'forward', TargetGroupArn, ForwardConfig: { TargetGroups: [{ TargetGroupArn, Weight: 1 }] } },
  ]);
});

test.each([
  [2, 1, 'A load balancer cannot be attached to multiple subnets in the same Availability Zone'],
  [1, 0, 'At least two subnets in two different Availability Zones must be specified'],
])(
  'a load balancer in %i zone(s) with %i further subnet of one is refused',
  async (zones, further, message) => {
    const { core, create } = fixture();
    const { Subnets } = await core.send(new DescribeSubnetsCommand({}));
    const [{ VpcId, AvailabilityZone } = {}] = Subnets!;
    const ids = Subnets!.slice(0, zones).map(({ SubnetId }) => SubnetId);
    for (let index = 0; index < further; index++) {
      const CidrBlock = '172.31.200.0/24';
      const { Subnet } = await core.send(new CreateSubnetCommand({ VpcId, AvailabilityZone, CidrBlock }));
      ids.push(Subnet!.SubnetId);
    }
    await expect(create('LoadBalancer', { Type: 'application', Subnets: ids })).rejects.toThrow(message);
  },
);
