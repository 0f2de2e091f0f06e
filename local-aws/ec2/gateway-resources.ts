import * as sdk from '@aws-sdk/client-ec2';
import type { Core } from '../core/core';
import { inputOf, networkResource, until } from './network-resource';

export const internetGateway = networkResource({
  tagged: 'internet-gateway',
  accepts: {},
  createOnly: [],
  async create(_, { core, TagSpecifications }) {
    const { InternetGateway } = await core.send(new sdk.CreateInternetGatewayCommand({ TagSpecifications }));
    return InternetGateway!.InternetGatewayId!;
  },
  attributes: async (InternetGatewayId) => ({ InternetGatewayId }),
  remove: (InternetGatewayId, core) => core.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId })),
});

export const gatewayAttachment = networkResource({
  accepts: { VpcId: true, InternetGatewayId: true },
  createOnly: ['VpcId', 'InternetGatewayId'],
  async create(properties, context) {
    const input = inputOf<sdk.AttachInternetGatewayRequest>(
      sdk.AttachInternetGatewayRequest$,
      'VPCGatewayAttachment',
      properties,
      context,
    );
    await context.core.send(new sdk.AttachInternetGatewayCommand(input));
    return `IGW|${input.VpcId}`;
  },
  attributes: async () => ({ AttachmentType: 'IGW' }),
  remove: (_, core, { VpcId, InternetGatewayId }) =>
    core.send(
      new sdk.DetachInternetGatewayCommand({
        VpcId: String(VpcId),
        InternetGatewayId: String(InternetGatewayId),
      }),
    ),
});

export const elasticIp = networkResource({
  tagged: 'elastic-ip',
  accepts: { Domain: true },
  createOnly: ['Domain'],
  taggedId: allocationOf,
  async create(properties, context) {
    const input = inputOf<sdk.AllocateAddressRequest>(
      sdk.AllocateAddressRequest$,
      'EIP',
      properties,
      context,
    );
    const { PublicIp } = await context.core.send(new sdk.AllocateAddressCommand(input));
    return PublicIp!;
  },
  attributes: async (PublicIp, core) => ({ PublicIp, AllocationId: await allocationOf(PublicIp, core) }),
  async remove(PublicIp, core) {
    const AllocationId = await allocationOf(PublicIp, core);
    if (AllocationId) await core.send(new sdk.ReleaseAddressCommand({ AllocationId }));
  },
});

async function allocationOf(publicIp: string, core: Core): Promise<string | undefined> {
  const Filters = [{ Name: 'public-ip', Values: [publicIp] }];
  const { Addresses } = await core.send(new sdk.DescribeAddressesCommand({ Filters }));
  return Addresses?.[0]?.AllocationId;
}

export const natGateway = networkResource({
  tagged: 'natgateway',
  accepts: { SubnetId: true, AllocationId: true, ConnectivityType: true },
  createOnly: ['SubnetId', 'AllocationId', 'ConnectivityType'],
  async create(properties, context) {
    const { core } = context;
    const input = inputOf<sdk.CreateNatGatewayRequest>(
      sdk.CreateNatGatewayRequest$,
      'NatGateway',
      properties,
      context,
    );
    const { NatGateway } = await core.send(new sdk.CreateNatGatewayCommand(input));
    const id = NatGateway!.NatGatewayId!;
    await until(core, async () => (await natState(id, core)) === 'available');
    return id;
  },
  attributes: async (NatGatewayId) => ({ NatGatewayId }),
  async remove(NatGatewayId, core) {
    await core.send(new sdk.DeleteNatGatewayCommand({ NatGatewayId }));
    await until(core, async () => (await natState(NatGatewayId, core)) === 'deleted');
  },
});

async function natState(id: string, core: Core): Promise<sdk.NatGatewayState | undefined> {
  const { NatGateways } = await core.send(new sdk.DescribeNatGatewaysCommand({ NatGatewayIds: [id] }));
  return NatGateways![0]!.State;
}
