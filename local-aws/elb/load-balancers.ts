import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import type { Forwarding } from './forwarding';
import { type ElbState, invalid, type LoadBalancerRecord, page } from './state';
import type { ElbTiming } from './timing';

/** Attributes of an application load balancer, with AWS's defaults. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'deletion_protection.enabled': 'false',
  'idle_timeout.timeout_seconds': '60',
  'client_keep_alive.seconds': '3600',
  'access_logs.s3.enabled': 'false',
  'access_logs.s3.bucket': '',
  'access_logs.s3.prefix': '',
  'connection_logs.s3.enabled': 'false',
  'connection_logs.s3.bucket': '',
  'connection_logs.s3.prefix': '',
  'routing.http.desync_mitigation_mode': 'defensive',
  'routing.http.drop_invalid_header_fields.enabled': 'false',
  'routing.http.preserve_host_header.enabled': 'false',
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  'routing.http.xff_client_port.enabled': 'false',
  'routing.http.xff_header_processing.mode': 'append',
  'routing.http2.enabled': 'true',
  'load_balancing.cross_zone.enabled': 'true',
  'waf.fail_open.enabled': 'false',
  'zonal_shift.config.enabled': 'false',
};

/** Operations on load balancers. */
export function loadBalancerOperations(
  state: ElbState,
  forwarding: Forwarding,
  timing: ElbTiming,
): Record<string, Operation> {
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
    CreateLoadBalancer: operation<sdk.CreateLoadBalancerInput, sdk.CreateLoadBalancerOutput>({
      resources: ({ Name }) => [state.arn(`loadbalancer/app/${Name}/*`)],
      run: async (input) => {
        const name = input.Name ?? '';
        if (!/^(?!internal-)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name)) {
          throw invalid(
            `Load balancer name '${name}' must have 1 to 32 letters, digits and hyphens, and neither begin nor end with a hyphen, nor begin with 'internal-'`,
          );
        }
        if ((input.Type ?? 'application') !== 'application')
          throw invalid(`The local AWS has no load balancers of type '${input.Type}'; it has 'application'.`);
        if ([...loadBalancers.values()].some((other) => other.name === name)) {
          throw new Fault(
            'DuplicateLoadBalancerName',
            `A load balancer with the same name '${name}' exists, but with different settings`,
          );
        }
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
        const arn = state.arn(`loadbalancer/app/${name}/${state.id()}`);
        const scheme = input.Scheme ?? 'internet-facing';
        const loadBalancer: LoadBalancerRecord = {
          arn,
          name,
          attributes: new Map(Object.entries(ATTRIBUTES)),
          LoadBalancerArn: arn,
          LoadBalancerName: name,
          DNSName: await forwarding.open(arn, `${scheme === 'internal' ? 'internal-' : ''}${name}`),
          CanonicalHostedZoneId: 'Z215JYRZR1TBD5',
          CreatedTime: new Date(core.clock.now()),
          Scheme: scheme,
          VpcId: Subnets[0]!.VpcId,
          State: { Code: 'provisioning' },
          Type: 'application',
          AvailabilityZones: Subnets.map(({ AvailabilityZone, SubnetId }) => ({
            ZoneName: AvailabilityZone,
            SubnetId,
            LoadBalancerAddresses: [],
          })),
          SecurityGroups: input.SecurityGroups ?? [],
          IpAddressType: input.IpAddressType ?? 'ipv4',
        };
        core.clock.after(timing.provisioningMs, () => {
          loadBalancer.State = { Code: 'active' };
        });
        loadBalancers.set(arn, loadBalancer);
        state.addTags(arn, input.Tags);
        return { LoadBalancers: [describe(loadBalancer)] };
      },
    }),

    DescribeLoadBalancers: operation<sdk.DescribeLoadBalancersInput, sdk.DescribeLoadBalancersOutput>({
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
    }),

    DeleteLoadBalancer: operation<sdk.DeleteLoadBalancerInput, sdk.DeleteLoadBalancerOutput>({
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
    }),

    DescribeLoadBalancerAttributes: operation<
      sdk.DescribeLoadBalancerAttributesInput,
      sdk.DescribeLoadBalancerAttributesOutput
    >({
      run: ({ LoadBalancerArn }) => ({ Attributes: attributesOf(state.loadBalancer(LoadBalancerArn)) }),
    }),

    ModifyLoadBalancerAttributes: operation<
      sdk.ModifyLoadBalancerAttributesInput,
      sdk.ModifyLoadBalancerAttributesOutput
    >({
      resources: arns,
      run: ({ LoadBalancerArn, Attributes = [] }) => {
        const loadBalancer = state.loadBalancer(LoadBalancerArn);
        const unknown = Attributes.find(({ Key }) => !(Key! in ATTRIBUTES));
        if (unknown) throw invalid(`Load balancer attribute key '${unknown.Key}' is not recognized`);
        for (const { Key, Value } of Attributes) loadBalancer.attributes.set(Key!, Value ?? '');
        return { Attributes: attributesOf(loadBalancer) };
      },
    }),

    SetSecurityGroups: operation<sdk.SetSecurityGroupsInput, sdk.SetSecurityGroupsOutput>({
      resources: arns,
      run: ({ LoadBalancerArn, SecurityGroups }) => {
        state.loadBalancer(LoadBalancerArn).SecurityGroups = SecurityGroups;
        return { SecurityGroupIds: SecurityGroups };
      },
    }),
  };
}
