import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import { isMatcher } from './matcher';
import { type ElbState, invalid, page, type TargetGroupRecord } from './state';
import { type Target, Targets } from './targets';
import type { ElbTiming } from './timing';

/** Attributes of a target group, with AWS's defaults. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'deregistration_delay.timeout_seconds': '300',
  'stickiness.enabled': 'false',
  'stickiness.type': 'lb_cookie',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'slow_start.duration_seconds': '0',
  'load_balancing.algorithm.type': 'round_robin',
  'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
};

type HealthCheckSettings = Pick<
  sdk.CreateTargetGroupInput,
  | 'HealthCheckEnabled'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckPath'
  | 'HealthCheckPort'
  | 'HealthCheckProtocol'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'UnhealthyThresholdCount'
  | 'Matcher'
>;

/** Target groups, the targets in them, and their health. */
export function targetGroupOperations(
  state: ElbState,
  machines: MachineDriver,
  timing: ElbTiming,
): Record<string, Operation> {
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
    CreateTargetGroup: operation<sdk.CreateTargetGroupInput, sdk.CreateTargetGroupOutput>({
      resources: ({ Name }) => [state.arn(`targetgroup/${Name}/*`)],
      run: (input) => {
        const name = input.Name ?? '';
        if (!/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name)) {
          throw invalid(
            `Target group name '${name}' must have 1 to 32 letters, digits and hyphens, and neither begin nor end with a hyphen`,
          );
        }
        if ([...targetGroups.values()].some((group) => group.name === name)) {
          throw new Fault(
            'DuplicateTargetGroupName',
            `A target group with the same name '${name}' exists, but with different settings`,
          );
        }
        const { TargetType = 'instance' } = input;
        if (TargetType !== 'instance')
          throw invalid(`The local AWS has no targets of type '${TargetType}'; it has 'instance'.`);
        if (!input.Port || !input.Protocol || !input.VpcId)
          throw invalid('A port, a protocol and a VPC must be specified');
        const arn = state.arn(`targetgroup/${name}/${state.id()}`);
        const attributes = new Map(Object.entries(ATTRIBUTES));
        const group: TargetGroupRecord = {
          arn,
          name,
          attributes,
          settings: {
            TargetGroupArn: arn,
            TargetGroupName: name,
            Port: input.Port,
            Protocol: input.Protocol,
            ProtocolVersion: input.ProtocolVersion ?? 'HTTP1',
            VpcId: input.VpcId,
            TargetType,
            IpAddressType: 'ipv4',
            ...healthChecks(input, {
              HealthCheckEnabled: true,
              HealthCheckIntervalSeconds: 30,
              HealthCheckPath: '/',
              HealthCheckPort: 'traffic-port',
              HealthCheckProtocol: 'HTTP',
              HealthCheckTimeoutSeconds: 5,
              HealthyThresholdCount: 5,
              UnhealthyThresholdCount: 2,
              Matcher: { HttpCode: '200' },
            }),
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
    }),

    DescribeTargetGroups: operation<sdk.DescribeTargetGroupsInput, sdk.DescribeTargetGroupsOutput>({
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
        const described = found
          .map(describe)
          .filter((group) => !LoadBalancerArn || group.LoadBalancerArns?.includes(LoadBalancerArn));
        const { items, NextMarker } = page(described, input);
        return { TargetGroups: items, NextMarker };
      },
    }),

    ModifyTargetGroup: operation<sdk.ModifyTargetGroupInput, sdk.ModifyTargetGroupOutput>({
      resources: arns,
      run: (input) => {
        const group = state.targetGroup(input.TargetGroupArn);
        group.settings = { ...group.settings, ...healthChecks(input, group.settings) };
        return { TargetGroups: [describe(group)] };
      },
    }),

    DeleteTargetGroup: operation<sdk.DeleteTargetGroupInput, sdk.DeleteTargetGroupOutput>({
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
    }),

    DescribeTargetGroupAttributes: operation<
      sdk.DescribeTargetGroupAttributesInput,
      sdk.DescribeTargetGroupAttributesOutput
    >({
      run: ({ TargetGroupArn }) => ({ Attributes: attributesOf(state.targetGroup(TargetGroupArn)) }),
    }),

    ModifyTargetGroupAttributes: operation<
      sdk.ModifyTargetGroupAttributesInput,
      sdk.ModifyTargetGroupAttributesOutput
    >({
      resources: arns,
      run: ({ TargetGroupArn, Attributes }) => {
        const group = state.targetGroup(TargetGroupArn);
        for (const { Key, Value } of Attributes ?? []) checkAttribute(Key ?? '', Value ?? '');
        for (const { Key, Value } of Attributes ?? []) group.attributes.set(Key!, Value!);
        return { Attributes: attributesOf(group) };
      },
    }),

    RegisterTargets: operation<sdk.RegisterTargetsInput, sdk.RegisterTargetsOutput>({
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
    }),

    DeregisterTargets: operation<sdk.DeregisterTargetsInput, sdk.DeregisterTargetsOutput>({
      resources: arns,
      run: ({ TargetGroupArn, Targets: described }) => {
        const group = state.targetGroup(TargetGroupArn);
        for (const target of targetsFrom(group, described)) group.targets.deregister(target);
        return {};
      },
    }),

    DescribeTargetHealth: operation<sdk.DescribeTargetHealthInput, sdk.DescribeTargetHealthOutput>({
      run: ({ TargetGroupArn, Targets: described }) => {
        const group = state.targetGroup(TargetGroupArn);
        const targets = described?.length ? targetsFrom(group, described) : group.targets.all();
        return { TargetHealthDescriptions: targets.map((target) => healthOf(group, target)) };
      },
    }),
  };
}

function healthChecks(input: HealthCheckSettings, old: HealthCheckSettings): HealthCheckSettings {
  const settings: HealthCheckSettings = {
    HealthCheckEnabled: input.HealthCheckEnabled ?? old.HealthCheckEnabled,
    HealthCheckIntervalSeconds: input.HealthCheckIntervalSeconds ?? old.HealthCheckIntervalSeconds,
    HealthCheckPath: input.HealthCheckPath ?? old.HealthCheckPath,
    HealthCheckPort: input.HealthCheckPort ?? old.HealthCheckPort,
    HealthCheckProtocol: input.HealthCheckProtocol ?? old.HealthCheckProtocol,
    HealthCheckTimeoutSeconds: input.HealthCheckTimeoutSeconds ?? old.HealthCheckTimeoutSeconds,
    HealthyThresholdCount: input.HealthyThresholdCount ?? old.HealthyThresholdCount,
    UnhealthyThresholdCount: input.UnhealthyThresholdCount ?? old.UnhealthyThresholdCount,
    Matcher: input.Matcher ?? old.Matcher,
  };
  const within = (name: string, value: number | undefined, first: number, last: number) => {
    if (value !== undefined && !(value >= first && value <= last))
      throw invalid(`${name} is '${value}'; it must be from ${first} to ${last}`);
  };
  within('Health check interval', settings.HealthCheckIntervalSeconds, 5, 300);
  within('Health check timeout', settings.HealthCheckTimeoutSeconds, 2, 120);
  within('Healthy threshold count', settings.HealthyThresholdCount, 2, 10);
  within('Unhealthy threshold count', settings.UnhealthyThresholdCount, 2, 10);
  if (settings.HealthCheckTimeoutSeconds! >= settings.HealthCheckIntervalSeconds!)
    throw invalid('Health check timeout must be smaller than the interval');
  if (!settings.HealthCheckPath?.startsWith('/'))
    throw invalid(`Health check path '${settings.HealthCheckPath}' must begin with a '/' character`);
  if (!isMatcher(settings.Matcher?.HttpCode ?? ''))
    throw invalid(`Health check matcher HTTP code '${settings.Matcher?.HttpCode}' must be within 200-499`);
  return settings;
}

function checkAttribute(key: string, value: string): void {
  if (!(key in ATTRIBUTES)) throw invalid(`Target group attribute key '${key}' is not recognized`);
  const isDelay = key === 'deregistration_delay.timeout_seconds';
  if (isDelay && !(/^\d+$/.test(value) && Number(value) <= 3600))
    throw invalid(`Target group attribute '${key}' is '${value}'; it must be from 0 to 3600`);
  // What is asked for, and would be silently missing, is refused.
  const isUnserved =
    (key === 'stickiness.enabled' && value === 'true') ||
    (key === 'slow_start.duration_seconds' && value !== '0');
  if (isUnserved) throw invalid(`The local AWS does not serve the target group attribute ${key}=${value}.`);
}
