import { DescribeInstancesCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import { checkAttribute, defaultsOf, TARGET_GROUP_ATTRIBUTES } from './attributes';
import { HEALTH_CHECK, HEALTH_CHECK_DEFAULTS, type HealthCheckSettings, healthChecks } from './health-checks';
import { type ElbState, invalid, page, type TargetGroupRecord } from './state';
import { type Target, Targets } from './targets';
import type { ElbTiming } from './timing';

/** Target groups, the targets in them, and their health. */
export function targetGroupOperations(
  state: ElbState,
  machines: MachineDriver,
  timing: ElbTiming,
): Operations<typeof sdk> {
  const { core, targetGroups } = state;
  const arns = ({ TargetGroupArn }: { TargetGroupArn?: string }) => [TargetGroupArn ?? '*'];
  const describe = ({ arn, settings }: TargetGroupRecord): sdk.TargetGroup => ({
    ...settings,
    LoadBalancerArns: state.loadBalancersOf(arn).map(({ LoadBalancerArn }) => LoadBalancerArn!),
  });
  const attributesOf = ({ attributes }: TargetGroupRecord) =>
    [...attributes].map(([Key, Value]) => ({ Key, Value }));
  const targetsFrom = (
    group: TargetGroupRecord,
    described: readonly sdk.TargetDescription[] | undefined,
  ): Target[] => (described ?? []).map(({ Id, Port }) => ({ id: Id!, port: Port ?? group.settings.Port! }));
  const healthOf = (group: TargetGroupRecord, target: Target): sdk.TargetHealthDescription => {
    const known = group.targets.all().find(({ id, port }) => id === target.id && port === target.port);
    const { HealthCheckPort } = group.settings;
    return {
      Target: { Id: target.id, Port: target.port },
      HealthCheckPort: HealthCheckPort === 'traffic-port' ? String(target.port) : HealthCheckPort,
      TargetHealth: known?.health ?? {
        State: 'unused',
        Reason: 'Target.NotRegistered',
        Description: 'Target is not registered to the target group',
      },
    };
  };

  return {
    CreateTargetGroup: {
      accepts: {
        Name: true,
        Protocol: only('HTTP'),
        ProtocolVersion: only('HTTP1'),
        Port: true,
        VpcId: true,
        ...HEALTH_CHECK,
        TargetType: only('instance'),
        Tags: { Key: true, Value: true },
        IpAddressType: only('ipv4'),
      },
      resources: ({ Name }) => [state.arn(`targetgroup/${Name}/*`)],
      run: async (input) => {
        const name = input.Name ?? '';
        if (!/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name)) {
          throw invalid(
            `Target group name '${name}' must have 1 to 32 letters, digits and hyphens, and neither begin nor end with a hyphen`,
          );
        }
        if (!input.Port || !input.Protocol || !input.VpcId)
          throw invalid('A port, a protocol and a VPC must be specified');
        if (input.Port < 1 || input.Port > 65_535)
          throw invalid(`Port '${input.Port}' must be from 1 to 65535`);
        const checks = healthChecks(input, HEALTH_CHECK_DEFAULTS);
        await core.send(new DescribeVpcsCommand({ VpcIds: [input.VpcId] })).catch((error: Error) => {
          throw invalid(`The VPC ID '${input.VpcId}' is not found: ${error.message}`);
        });
        const present = [...targetGroups.values()].find((group) => group.name === name);
        if (present && isSame(present.settings, input, checks)) return { TargetGroups: [describe(present)] };
        if (present) {
          throw new Fault(
            'DuplicateTargetGroupName',
            `A target group with the same name '${name}' exists, but with different settings`,
          );
        }
        const arn = state.arn(`targetgroup/${name}/${state.id()}`);
        const attributes = defaultsOf(TARGET_GROUP_ATTRIBUTES);
        const group: TargetGroupRecord = {
          arn,
          name,
          attributes,
          settings: {
            TargetGroupArn: arn,
            TargetGroupName: name,
            Port: input.Port,
            Protocol: input.Protocol,
            ProtocolVersion: 'HTTP1',
            VpcId: input.VpcId,
            TargetType: 'instance',
            IpAddressType: 'ipv4',
            ...checks,
          },
          targets: new Targets(core.clock, machines, timing.registrationMs, () => ({
            settings: group.settings,
            deregistrationDelayMs: Number(attributes.get('deregistration_delay.timeout_seconds')) * 1_000,
            isUsed: state.loadBalancersOf(arn).length > 0,
          })),
        };
        targetGroups.set(arn, group);
        state.addTags(arn, input.Tags);
        return { TargetGroups: [describe(group)] };
      },
    },

    DescribeTargetGroups: {
      accepts: { LoadBalancerArn: true, TargetGroupArns: true, Names: true, Marker: true, PageSize: true },
      run: (input) => {
        const byName = (input.Names ?? []).map((name) => {
          const group = [...targetGroups.values()].find((candidate) => candidate.name === name);
          if (!group) throw new Fault('TargetGroupNotFound', 'One or more target groups not found');
          return group;
        });
        const isNamed = input.Names?.length || input.TargetGroupArns?.length;
        const found = isNamed
          ? [...byName, ...(input.TargetGroupArns ?? []).map((arn) => state.targetGroup(arn))]
          : [...targetGroups.values()];
        const { LoadBalancerArn } = input;
        if (LoadBalancerArn) state.loadBalancer(LoadBalancerArn);
        const described = found
          .map(describe)
          .filter((group) => !LoadBalancerArn || group.LoadBalancerArns?.includes(LoadBalancerArn));
        const { items, NextMarker } = page(described, input);
        return { TargetGroups: items, NextMarker };
      },
    },

    ModifyTargetGroup: {
      accepts: { TargetGroupArn: true, ...HEALTH_CHECK },
      resources: arns,
      run: (input) => {
        const group = state.targetGroup(input.TargetGroupArn);
        group.settings = { ...group.settings, ...healthChecks(input, group.settings) };
        return { TargetGroups: [describe(group)] };
      },
    },

    DeleteTargetGroup: {
      accepts: { TargetGroupArn: true },
      resources: arns,
      run: ({ TargetGroupArn }) => {
        // AWS answers the deletion of a target group that is gone with success.
        const group = targetGroups.get(TargetGroupArn!);
        if (!group) return {};
        if (state.loadBalancersOf(group.arn).length) {
          throw new Fault(
            'ResourceInUse',
            `Target group '${TargetGroupArn}' is currently in use by a listener or a rule`,
          );
        }
        group.targets.close();
        targetGroups.delete(group.arn);
        state.tags.delete(group.arn);
        return {};
      },
    },

    DescribeTargetGroupAttributes: {
      accepts: { TargetGroupArn: true },
      run: ({ TargetGroupArn }) => ({ Attributes: attributesOf(state.targetGroup(TargetGroupArn)) }),
    },

    ModifyTargetGroupAttributes: {
      accepts: { TargetGroupArn: true, Attributes: { Key: true, Value: true } },
      resources: arns,
      run: ({ TargetGroupArn, Attributes }) => {
        const group = state.targetGroup(TargetGroupArn);
        for (const attribute of Attributes ?? []) checkAttribute(TARGET_GROUP_ATTRIBUTES, attribute);
        for (const { Key, Value } of Attributes ?? []) group.attributes.set(Key!, Value!);
        return { Attributes: attributesOf(group) };
      },
    },

    RegisterTargets: {
      accepts: { TargetGroupArn: true, Targets: { Id: true, Port: true } },
      resources: arns,
      run: async ({ TargetGroupArn, Targets: described }) => {
        const group = state.targetGroup(TargetGroupArn);
        const targets = targetsFrom(group, described);
        const InstanceIds = targets.map(({ id }) => id);
        const { Reservations } = await core
          .send(new DescribeInstancesCommand({ InstanceIds }))
          .catch((error: Error) => {
            throw new Fault('InvalidTarget', error.message);
          });
        const ending = (Reservations ?? [])
          .flatMap(({ Instances }) => Instances ?? [])
          .filter(({ State }) => State?.Name !== 'running' && State?.Name !== 'pending')
          .map(({ InstanceId }) => `'${InstanceId}'`);
        if (ending.length) {
          throw new Fault(
            'InvalidTarget',
            `The following targets are not in a running state and cannot be registered: ${ending.join(', ')}`,
          );
        }
        for (const target of targets) group.targets.register(target);
        return {};
      },
    },

    DeregisterTargets: {
      accepts: { TargetGroupArn: true, Targets: { Id: true, Port: true } },
      resources: arns,
      run: ({ TargetGroupArn, Targets: described }) => {
        const group = state.targetGroup(TargetGroupArn);
        for (const target of targetsFrom(group, described)) group.targets.deregister(target);
        return {};
      },
    },

    DescribeTargetHealth: {
      accepts: { TargetGroupArn: true, Targets: { Id: true, Port: true } },
      run: ({ TargetGroupArn, Targets: described }) => {
        const group = state.targetGroup(TargetGroupArn);
        const targets = described?.length ? targetsFrom(group, described) : group.targets.all();
        return { TargetHealthDescriptions: targets.map((target) => healthOf(group, target)) };
      },
    },
  };
}

/** Whether a creation is repeated: AWS answers it with what is there. */
function isSame(
  present: sdk.TargetGroup,
  { Port, Protocol, VpcId }: sdk.CreateTargetGroupInput,
  checks: HealthCheckSettings,
): boolean {
  const settings = { Port, Protocol, VpcId, ...checks };
  return Object.entries(settings).every(
    ([name, value]) => JSON.stringify(present[name as keyof typeof settings]) === JSON.stringify(value),
  );
}
