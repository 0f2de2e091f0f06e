import type * as sdk from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, PAGE, TAG_SPECIFICATIONS } from './accepted';
import { dependencyViolation, type Ec2State, tagsFor } from './state';
import { page } from './table';
import type { Ec2Timing } from './timing';

/** Internet gateways, NAT gateways, and the Elastic IP addresses that these need. */
export function gatewayOperations(state: Ec2State, timing: Ec2Timing): Operations<typeof sdk> {
  const { core, internetGateways, natGateways, addresses } = state;
  const arnOf =
    <K extends string>(type: string, key: K) =>
    (input: Partial<Record<K, string>>) => [state.arn(type, input[key] ?? '*')];
  const igwArn = arnOf('internet-gateway', 'InternetGatewayId');
  let addressCount = 0;

  return {
    CreateInternetGateway: {
      accepts: { TagSpecifications: TAG_SPECIFICATIONS },
      resources: () => [state.arn('internet-gateway', '*')],
      run: ({ TagSpecifications }) => ({
        InternetGateway: internetGateways.add({
          InternetGatewayId: core.id('igw'),
          OwnerId: core.account,
          Attachments: [],
          Tags: tagsFor(TagSpecifications, 'internet-gateway'),
        }),
      }),
    },

    DescribeInternetGateways: {
      accepts: { InternetGatewayIds: true, ...PAGE, Filters: FILTERS },
      run: (input) => {
        const found = internetGateways.find(input.InternetGatewayIds, input.Filters);
        const { items, NextToken } = page(found, input);
        return { InternetGateways: items, NextToken };
      },
    },

    AttachInternetGateway: {
      accepts: { InternetGatewayId: true, VpcId: true },
      resources: igwArn,
      run: ({ InternetGatewayId, VpcId }) => {
        const gateway = internetGateways.get(InternetGatewayId);
        state.vpcs.get(VpcId);
        if (gateway.Attachments?.length) {
          throw new Fault(
            'Resource.AlreadyAssociated',
            `resource ${InternetGatewayId} is already attached to network ${gateway.Attachments[0]!.VpcId}`,
          );
        }
        gateway.Attachments = [{ VpcId, State: 'available' as sdk.AttachmentStatus }];
        return {};
      },
    },

    DetachInternetGateway: {
      accepts: { InternetGatewayId: true, VpcId: true },
      resources: igwArn,
      run: ({ InternetGatewayId, VpcId }) => {
        const gateway = internetGateways.get(InternetGatewayId);
        if (!gateway.Attachments?.some((attachment) => attachment.VpcId === VpcId)) {
          throw new Fault(
            'Gateway.NotAttached',
            `resource ${InternetGatewayId} is not attached to network ${VpcId}`,
          );
        }
        if (natGateways.all().some((nat) => nat.VpcId === VpcId && nat.State !== 'deleted')) {
          throw new Fault(
            'DependencyViolation',
            `Network ${VpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
          );
        }
        gateway.Attachments = [];
        return {};
      },
    },

    DeleteInternetGateway: {
      accepts: { InternetGatewayId: true },
      resources: igwArn,
      run: ({ InternetGatewayId }) => {
        if (internetGateways.get(InternetGatewayId).Attachments?.length)
          throw dependencyViolation('internetGateway', InternetGatewayId!);
        internetGateways.remove(InternetGatewayId);
        return {};
      },
    },

    AllocateAddress: {
      accepts: { Domain: only('vpc'), TagSpecifications: TAG_SPECIFICATIONS },
      resources: () => [state.arn('elastic-ip', '*')],
      run: ({ TagSpecifications }) => {
        // A block that is reserved for documentation: nobody is reached by it.
        const PublicIp = `203.0.113.${(addressCount++ % 254) + 1}`;
        const { AllocationId, Domain } = addresses.add({
          AllocationId: core.id('eipalloc'),
          PublicIp,
          Domain: 'vpc',
          NetworkBorderGroup: core.region,
          PublicIpv4Pool: 'amazon',
          Tags: tagsFor(TagSpecifications, 'elastic-ip'),
        });
        return { AllocationId, PublicIp, Domain, NetworkBorderGroup: core.region, PublicIpv4Pool: 'amazon' };
      },
    },

    DescribeAddresses: {
      accepts: { AllocationIds: true, PublicIps: true, Filters: FILTERS },
      run: ({ AllocationIds, PublicIps, Filters }) => {
        const unknown = PublicIps?.find((ip) => !addresses.all().some(({ PublicIp }) => PublicIp === ip));
        if (unknown) throw new Fault('InvalidAddress.NotFound', `Address '${unknown}' not found.`);
        const found = addresses.find(AllocationIds, Filters);
        return {
          Addresses: found.filter(({ PublicIp }) => !PublicIps?.length || PublicIps.includes(PublicIp!)),
        };
      },
    },

    ReleaseAddress: {
      accepts: { AllocationId: true },
      resources: arnOf('elastic-ip', 'AllocationId'),
      run: ({ AllocationId }) => {
        const address = addresses.get(AllocationId);
        if (address.AssociationId)
          throw new Fault('InvalidIPAddress.InUse', `Address ${address.PublicIp} is in use.`);
        addresses.remove(AllocationId);
        return {};
      },
    },

    CreateNatGateway: {
      accepts: {
        SubnetId: true,
        AllocationId: true,
        ConnectivityType: true,
        ClientToken: true,
        TagSpecifications: TAG_SPECIFICATIONS,
      },
      resources: ({ SubnetId }) => [state.arn('natgateway', '*'), state.arn('subnet', SubnetId ?? '*')],
      run: (input) =>
        state.tokens.once('CreateNatGateway', input, () => {
          const { SubnetId, AllocationId, ConnectivityType = 'public', TagSpecifications } = input;
          const subnet = state.subnets.get(SubnetId);
          const address = ConnectivityType === 'public' ? addresses.get(AllocationId) : undefined;
          if (address?.AssociationId) {
            throw new Fault(
              'Resource.AlreadyAssociated',
              `Elastic IP address [${AllocationId}] is already associated`,
            );
          }
          if (address) address.AssociationId = core.id('eipassoc');
          const gateway = natGateways.add({
            NatGatewayId: core.id('nat'),
            SubnetId,
            VpcId: subnet.VpcId,
            State: 'pending',
            ConnectivityType,
            CreateTime: state.now(),
            NatGatewayAddresses: address
              ? [{ AllocationId, PublicIp: address.PublicIp, IsPrimary: true }]
              : [],
            Tags: tagsFor(TagSpecifications, 'natgateway'),
          });
          core.clock.after(timing.natGatewayMs, () => {
            if (gateway.State === 'pending') gateway.State = 'available';
          });
          return { NatGateway: gateway, ClientToken: input.ClientToken };
        }),
    },

    DescribeNatGateways: {
      accepts: { NatGatewayIds: true, ...PAGE, Filter: FILTERS },
      run: (input) => {
        const { items, NextToken } = page(natGateways.find(input.NatGatewayIds, input.Filter), input);
        return { NatGateways: items, NextToken };
      },
    },

    DeleteNatGateway: {
      accepts: { NatGatewayId: true },
      resources: arnOf('natgateway', 'NatGatewayId'),
      run: ({ NatGatewayId }) => {
        const gateway = natGateways.get(NatGatewayId);
        if (gateway.State === 'pending' || gateway.State === 'available') {
          gateway.State = 'deleting';
          core.clock.after(timing.natGatewayDeletionMs, () => {
            gateway.State = 'deleted';
            gateway.DeleteTime = state.now();
            for (const { AllocationId } of gateway.NatGatewayAddresses ?? []) {
              if (AllocationId && addresses.has(AllocationId))
                addresses.get(AllocationId).AssociationId = undefined;
            }
            core.clock.after(timing.forgetMs, () => natGateways.remove(NatGatewayId));
          });
        }
        return { NatGatewayId };
      },
    },
  };
}
