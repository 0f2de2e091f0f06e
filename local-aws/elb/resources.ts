import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Properties, Provisioned, ResourceType } from '../core/service';
import { templateInput, unlessGone, withStackTags } from '../core/template-input';
import { attributesFrom, setTags } from './resource-settings';
import { fullNameOf } from './state';

/** How often the state of a new load balancer is asked for, in modelled milliseconds. */
const POLL_MS = 10_000;

const loadBalancer: ResourceType = {
  accepts: {
    Name: true,
    Scheme: true,
    Type: true,
    IpAddressType: true,
    Subnets: true,
    SubnetMappings: true,
    SecurityGroups: true,
    LoadBalancerAttributes: true,
    Tags: true,
  },
  createOnly: ['Name', 'Scheme', 'Type', 'IpAddressType'],

  async create({ LoadBalancerAttributes, Tags, ...properties }, provisioning) {
    const { core } = provisioning;
    const { LoadBalancers } = await core.send(
      new sdk.CreateLoadBalancerCommand({
        Name: provisioning.generateName(32),
        ...templateInput<Partial<sdk.CreateLoadBalancerInput>>(
          sdk.CreateLoadBalancerInput$,
          properties,
          'AWS::ElasticLoadBalancingV2::LoadBalancer',
        ),
        Tags: withStackTags(Tags, provisioning),
      }),
    );
    const arn = LoadBalancers![0]!.LoadBalancerArn!;
    await setLoadBalancerAttributes(core, arn, LoadBalancerAttributes);
    while ((await describeLoadBalancer(core, arn)).State?.Code === 'provisioning')
      await core.clock.sleep(POLL_MS);
    return loadBalancerProvisioned(core, arn);
  },

  async update(arn, properties, old, provisioning) {
    const { core } = provisioning;
    const places = ({ Subnets, SubnetMappings }: Properties) => JSON.stringify([Subnets, SubnetMappings]);
    if (places(properties) !== places(old)) {
      throw new Fault(
        'ValidationError',
        'The local AWS does not move a load balancer to other subnets; give it another name or logical id.',
      );
    }
    await setLoadBalancerAttributes(core, arn, properties.LoadBalancerAttributes);
    const SecurityGroups = properties.SecurityGroups as string[] | undefined;
    if (SecurityGroups)
      await core.send(new sdk.SetSecurityGroupsCommand({ LoadBalancerArn: arn, SecurityGroups }));
    await setTags(arn, properties, old, provisioning);
    return loadBalancerProvisioned(core, arn);
  },

  delete: (LoadBalancerArn, _, { core }) =>
    unlessGone(core.send(new sdk.DeleteLoadBalancerCommand({ LoadBalancerArn })), /NotFound/),
};

async function describeLoadBalancer(core: Core, arn: string): Promise<sdk.LoadBalancer> {
  const { LoadBalancers } = await core.send(
    new sdk.DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
  );
  return LoadBalancers![0]!;
}

async function loadBalancerProvisioned(core: Core, arn: string): Promise<Provisioned> {
  const described = await describeLoadBalancer(core, arn);
  return {
    physicalId: arn,
    attributes: {
      LoadBalancerArn: arn,
      LoadBalancerName: described.LoadBalancerName,
      LoadBalancerFullName: fullNameOf(arn),
      DNSName: described.DNSName,
      CanonicalHostedZoneID: described.CanonicalHostedZoneId,
      SecurityGroups: described.SecurityGroups,
    },
  };
}

async function setLoadBalancerAttributes(core: Core, LoadBalancerArn: string, given: unknown): Promise<void> {
  const Attributes = attributesFrom(given);
  if (Attributes.length)
    await core.send(new sdk.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
}

const targetGroup: ResourceType = {
  accepts: {
    Name: true,
    Port: true,
    Protocol: true,
    ProtocolVersion: true,
    TargetType: true,
    VpcId: true,
    IpAddressType: true,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: true,
    HealthCheckPath: true,
    HealthCheckPort: true,
    HealthCheckProtocol: true,
    HealthCheckTimeoutSeconds: true,
    HealthyThresholdCount: true,
    UnhealthyThresholdCount: true,
    Matcher: true,
    TargetGroupAttributes: true,
    Targets: true,
    Tags: true,
  },
  createOnly: ['Name', 'Port', 'Protocol', 'ProtocolVersion', 'TargetType', 'VpcId', 'IpAddressType'],

  async create({ TargetGroupAttributes, Targets, Tags, ...properties }, provisioning) {
    const { core } = provisioning;
    const { TargetGroups } = await core.send(
      new sdk.CreateTargetGroupCommand({
        Name: provisioning.generateName(32),
        ...templateInput<Partial<sdk.CreateTargetGroupInput>>(
          sdk.CreateTargetGroupInput$,
          properties,
          'AWS::ElasticLoadBalancingV2::TargetGroup',
        ),
        Tags: withStackTags(Tags, provisioning),
      }),
    );
    const arn = TargetGroups![0]!.TargetGroupArn!;
    await setTargetGroupAttributes(core, arn, TargetGroupAttributes);
    if (Array.isArray(Targets) && Targets.length) {
      const input = templateInput<sdk.RegisterTargetsInput>(
        sdk.RegisterTargetsInput$,
        { TargetGroupArn: arn, Targets },
        'AWS::ElasticLoadBalancingV2::TargetGroup',
      );
      await core.send(new sdk.RegisterTargetsCommand(input));
    }
    return targetGroupProvisioned(core, arn);
  },

  async update(TargetGroupArn, properties, old, provisioning) {
    const { core } = provisioning;
    if (JSON.stringify(properties.Targets) !== JSON.stringify(old.Targets)) {
      throw new Fault(
        'ValidationError',
        'The local AWS does not change the Targets of a target group in a template; register them by the API.',
      );
    }
    const checks = Object.fromEntries(
      Object.entries(properties).filter(([name]) => /^(HealthCheck|HealthyT|UnhealthyT|Matcher)/.test(name)),
    );
    const input = templateInput<sdk.ModifyTargetGroupInput>(
      sdk.ModifyTargetGroupInput$,
      { TargetGroupArn, ...checks },
      'AWS::ElasticLoadBalancingV2::TargetGroup',
    );
    await core.send(new sdk.ModifyTargetGroupCommand(input));
    await setTargetGroupAttributes(core, TargetGroupArn, properties.TargetGroupAttributes);
    await setTags(TargetGroupArn, properties, old, provisioning);
    return targetGroupProvisioned(core, TargetGroupArn);
  },

  delete: (TargetGroupArn, _, { core }) =>
    unlessGone(core.send(new sdk.DeleteTargetGroupCommand({ TargetGroupArn })), /NotFound/),
};

async function targetGroupProvisioned(core: Core, arn: string): Promise<Provisioned> {
  const { TargetGroups } = await core.send(new sdk.DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
  const described = TargetGroups![0]!;
  return {
    physicalId: arn,
    attributes: {
      TargetGroupArn: arn,
      TargetGroupName: described.TargetGroupName,
      TargetGroupFullName: fullNameOf(arn),
      LoadBalancerArns: described.LoadBalancerArns,
    },
  };
}

async function setTargetGroupAttributes(core: Core, TargetGroupArn: string, given: unknown): Promise<void> {
  const Attributes = attributesFrom(given);
  if (Attributes.length)
    await core.send(new sdk.ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
}

const listener: ResourceType = {
  accepts: {
    LoadBalancerArn: true,
    Port: true,
    Protocol: true,
    DefaultActions: true,
    Certificates: true,
    SslPolicy: true,
    Tags: true,
  },
  createOnly: ['LoadBalancerArn'],

  async create({ Tags, ...properties }, provisioning) {
    const input = templateInput<sdk.CreateListenerInput>(
      sdk.CreateListenerInput$,
      properties,
      'AWS::ElasticLoadBalancingV2::Listener',
    );
    const { Listeners } = await provisioning.core.send(
      new sdk.CreateListenerCommand({ ...input, Tags: withStackTags(Tags, provisioning) }),
    );
    return listenerProvisioned(Listeners![0]!.ListenerArn!);
  },

  async update(ListenerArn, { Tags, LoadBalancerArn: _, ...properties }, old, provisioning) {
    const { core } = provisioning;
    const input = templateInput<sdk.ModifyListenerInput>(
      sdk.ModifyListenerInput$,
      { ListenerArn, ...properties },
      'AWS::ElasticLoadBalancingV2::Listener',
    );
    await core.send(new sdk.ModifyListenerCommand(input));
    await setTags(ListenerArn, { Tags }, old, provisioning);
    return listenerProvisioned(ListenerArn);
  },

  delete: (ListenerArn, _, { core }) =>
    unlessGone(core.send(new sdk.DeleteListenerCommand({ ListenerArn })), /NotFound/),
};

function listenerProvisioned(arn: string): Provisioned {
  return { physicalId: arn, attributes: { ListenerArn: arn } };
}

const listenerRule: ResourceType = {
  accepts: { ListenerArn: true, Priority: true, Conditions: true, Actions: true, Tags: true },
  createOnly: ['ListenerArn'],

  async create(properties, provisioning) {
    const input = templateInput<sdk.CreateRuleInput>(
      sdk.CreateRuleInput$,
      properties,
      'AWS::ElasticLoadBalancingV2::ListenerRule',
    );
    const { Rules } = await provisioning.core.send(
      new sdk.CreateRuleCommand({ ...input, Tags: withStackTags(properties.Tags, provisioning) }),
    );
    return ruleProvisioned(Rules![0]!.RuleArn!);
  },

  async update(RuleArn, properties, old, provisioning) {
    const { core } = provisioning;
    const { Actions, Conditions, Priority } = properties;
    if (String(Priority) !== String(old.Priority)) {
      const RulePriorities = [{ RuleArn, Priority: Number(Priority) }];
      await core.send(new sdk.SetRulePrioritiesCommand({ RulePriorities }));
    }
    const input = templateInput<sdk.ModifyRuleInput>(
      sdk.ModifyRuleInput$,
      { RuleArn, Actions, Conditions },
      'AWS::ElasticLoadBalancingV2::ListenerRule',
    );
    await core.send(new sdk.ModifyRuleCommand(input));
    await setTags(RuleArn, properties, old, provisioning);
    return ruleProvisioned(RuleArn);
  },

  delete: (RuleArn, _, { core }) => unlessGone(core.send(new sdk.DeleteRuleCommand({ RuleArn })), /NotFound/),
};

function ruleProvisioned(arn: string): Provisioned {
  return { physicalId: arn, attributes: { RuleArn: arn, IsDefault: false } };
}

/** CloudFormation resource types of Elastic Load Balancing. */
export const elbResources: Readonly<Record<string, ResourceType>> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::TargetGroup': targetGroup,
  'AWS::ElasticLoadBalancingV2::Listener': listener,
  'AWS::ElasticLoadBalancingV2::ListenerRule': listenerRule,
};
