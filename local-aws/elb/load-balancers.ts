import {
  DescribeInternetGatewaysCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2';
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { checkAttribute, defaultsOf, LOAD_BALANCER_ATTRIBUTES } from './attributes';
import type { Forwarding } from './forwarding';
import { type ElbState, invalid, type LoadBalancerRecord, page } from './state';
import type { ElbTiming } from './timing';

/** Operations on load balancers. */
export function loadBalancerOperations(
  state: ElbState,
  forwarding: Forwarding,
  timing: ElbTiming,
): Operations<typeof sdk> {
  const { core, loadBalancers } = state;
  const arns = ({ LoadBalancerArn }: { LoadBalancerArn?: string }) => [LoadBalancerArn ?? '*'];
  const describe = ({
    arn: _,
    name: __,
    attributes: ___,
    ...described
  }: LoadBalancerRecord): sdk.LoadBalancer => described;
  const attributesOf = ({ attributes }: LoadBalancerRecord) =>
    [...attributes].map(([Key, Value]) => ({ Key, Value }));

  return {
    CreateLoadBalancer: {
      accepts: {
        Name: true,
        Subnets: true,
        SubnetMappings: { SubnetId: true },
        SecurityGroups: true,
        Scheme: only('internet-facing', 'internal'),
        Tags: { Key: true, Value: true },
        Type: only('application'),
        IpAddressType: only('ipv4'),
      },
      resources: ({ Name }) => [state.arn(`loadbalancer/app/${Name}/*`)],
      run: async (input, call) => {
        const name = input.Name ?? '';
        call.core.useServiceLinkedRole('elasticloadbalancing.amazonaws.com', call);
        if (!/^(?!internal-)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name)) {
          throw invalid(
            `Load balancer name '${name}' must have 1 to 32 letters, digits and hyphens, and neither begin nor end with a hyphen, nor begin with 'internal-'`,
          );
        }
        if (input.Subnets && input.SubnetMappings)
          throw invalid('Subnets and SubnetMappings cannot both be specified');
        const SubnetIds = input.Subnets ?? input.SubnetMappings?.map(({ SubnetId }) => SubnetId!) ?? [];
        const { Subnets = [] } = await core
          .send(new DescribeSubnetsCommand({ SubnetIds }))
          .catch((error: Error) => {
            throw new Fault('SubnetNotFound', error.message);
          });
        const zones = new Set(Subnets.map((subnet) => subnet.AvailabilityZone));
        if (zones.size < Subnets.length) {
          throw new Fault(
            'InvalidConfigurationRequest',
            'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
          );
        }
        if (zones.size < 2)
          throw invalid('At least two subnets in two different Availability Zones must be specified');
        const VpcId = Subnets[0]!.VpcId!;
        const SecurityGroups = await securityGroups(core, VpcId, input.SecurityGroups);
        const scheme = input.Scheme ?? 'internet-facing';
        if (scheme === 'internet-facing') await checkInternetGateway(core, VpcId);
        const present = [...loadBalancers.values()].find((other) => other.name === name);
        if (present && isSame(present, { Scheme: scheme, SubnetIds, SecurityGroups }))
          return { LoadBalancers: [describe(present)] };
        if (present) {
          throw new Fault(
            'DuplicateLoadBalancerName',
            `A load balancer with the same name '${name}' exists, but with different settings`,
          );
        }
        const arn = state.arn(`loadbalancer/app/${name}/${state.id()}`);
        const loadBalancer: LoadBalancerRecord = {
          arn,
          name,
          attributes: defaultsOf(LOAD_BALANCER_ATTRIBUTES),
          LoadBalancerArn: arn,
          LoadBalancerName: name,
          DNSName: await forwarding.open(arn, `${scheme === 'internal' ? 'internal-' : ''}${name}`),
          CanonicalHostedZoneId: 'Z215JYRZR1TBD5',
          CreatedTime: new Date(core.clock.now()),
          Scheme: scheme,
          VpcId,
          State: { Code: 'provisioning' },
          Type: 'application',
          AvailabilityZones: Subnets.map(({ AvailabilityZone, SubnetId }) => ({
            ZoneName: AvailabilityZone,
            SubnetId,
            LoadBalancerAddresses: [],
          })),
          SecurityGroups,
          IpAddressType: 'ipv4',
        };
        core.clock.after(timing.provisioningMs, () => {
          loadBalancer.State = { Code: 'active' };
        });
        loadBalancers.set(arn, loadBalancer);
        state.addTags(arn, input.Tags);
        return { LoadBalancers: [describe(loadBalancer)] };
      },
    },

    DescribeLoadBalancers: {
      accepts: { LoadBalancerArns: true, Names: true, Marker: true, PageSize: true },
      run: (input) => {
        const byName = (input.Names ?? []).map((name) => {
          const loadBalancer = [...loadBalancers.values()].find((candidate) => candidate.name === name);
          if (!loadBalancer) throw new Fault('LoadBalancerNotFound', `Load balancers '[${name}]' not found`);
          return loadBalancer;
        });
        const isNamed = input.Names?.length || input.LoadBalancerArns?.length;
        const found = isNamed
          ? [...byName, ...(input.LoadBalancerArns ?? []).map((arn) => state.loadBalancer(arn))]
          : [...loadBalancers.values()];
        const { items, NextMarker } = page(found.map(describe), input);
        return { LoadBalancers: items, NextMarker };
      },
    },

    DeleteLoadBalancer: {
      accepts: { LoadBalancerArn: true },
      resources: arns,
      run: async ({ LoadBalancerArn }) => {
        // AWS answers the deletion of a load balancer that is gone with success.
        const loadBalancer = loadBalancers.get(LoadBalancerArn!);
        if (!loadBalancer) return {};
        if (loadBalancer.attributes.get('deletion_protection.enabled') === 'true') {
          throw new Fault(
            'OperationNotPermitted',
            `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
          );
        }
        for (const [arn, listener] of state.listeners) {
          if (listener.loadBalancerArn === loadBalancer.arn) state.listeners.delete(arn);
        }
        loadBalancers.delete(loadBalancer.arn);
        state.tags.delete(loadBalancer.arn);
        await forwarding.close(loadBalancer.arn);
        return {};
      },
    },

    DescribeLoadBalancerAttributes: {
      accepts: { LoadBalancerArn: true },
      run: ({ LoadBalancerArn }) => ({ Attributes: attributesOf(state.loadBalancer(LoadBalancerArn)) }),
    },

    ModifyLoadBalancerAttributes: {
      accepts: { LoadBalancerArn: true, Attributes: { Key: true, Value: true } },
      resources: arns,
      run: ({ LoadBalancerArn, Attributes = [] }) => {
        const loadBalancer = state.loadBalancer(LoadBalancerArn);
        for (const attribute of Attributes) checkAttribute(LOAD_BALANCER_ATTRIBUTES, attribute);
        for (const { Key, Value } of Attributes) loadBalancer.attributes.set(Key!, Value ?? '');
        return { Attributes: attributesOf(loadBalancer) };
      },
    },

    SetSecurityGroups: {
      accepts: { LoadBalancerArn: true, SecurityGroups: true },
      resources: arns,
      run: async ({ LoadBalancerArn, SecurityGroups }) => {
        const loadBalancer = state.loadBalancer(LoadBalancerArn);
        if (!SecurityGroups?.length) throw invalid('At least one security group must be specified');
        loadBalancer.SecurityGroups = await securityGroups(core, loadBalancer.VpcId!, SecurityGroups);
        return { SecurityGroupIds: loadBalancer.SecurityGroups };
      },
    },
  };
}

/** Ids of a load balancer's security groups; its VPC's default group where none are given. @throws Fault for one that is not in the VPC */
/** @see https://github.com/openshift/installer/issues/1110 for what ELB answers */
async function checkInternetGateway(core: Core, vpcId: string): Promise<void> {
  const Filters = [{ Name: 'attachment.vpc-id', Values: [vpcId] }];
  const { InternetGateways = [] } = await core.read(new DescribeInternetGatewaysCommand({ Filters }));
  if (InternetGateways.length === 0) throw new Fault('InvalidSubnet', `VPC ${vpcId} has no internet gateway`);
}

async function securityGroups(core: Core, vpcId: string, given: readonly string[] = []): Promise<string[]> {
  const { SecurityGroups = [] } = await core.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }),
  );
  if (given.length === 0)
    return SecurityGroups.filter(({ GroupName }) => GroupName === 'default').map(({ GroupId }) => GroupId!);
  const unknown = given.filter((id) => !SecurityGroups.some(({ GroupId }) => GroupId === id));
  if (unknown.length > 0)
    throw new Fault(
      'InvalidSecurityGroup',
      `One or more security groups are invalid: [${unknown.join(', ')}] are not in the VPC ${vpcId}`,
    );
  return [...given];
}

/** Whether a creation is repeated: AWS answers it with what is there. */
function isSame(
  present: LoadBalancerRecord,
  asked: { Scheme: string; SubnetIds: readonly string[]; SecurityGroups: readonly string[] },
): boolean {
  const sorted = (ids: readonly (string | undefined)[] = []) => [...ids].sort().join();
  return (
    present.Scheme === asked.Scheme &&
    sorted(present.AvailabilityZones?.map(({ SubnetId }) => SubnetId)) === sorted(asked.SubnetIds) &&
    sorted(present.SecurityGroups) === sorted(asked.SecurityGroups)
  );
}
