import type * as sdk from '@aws-sdk/client-ec2';
import { _InstanceType } from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { architectureOf } from './launch';
import type { Ec2State } from './state';
import { page, wildcard } from './table';

/** Every type that EC2 has, by its API's own list. */
const TYPES: readonly sdk._InstanceType[] = Object.values(_InstanceType);

/** Of these the local AWS knows processors and memory. */
const SIZES: Readonly<Record<string, readonly [vcpus: number, memoryMib: number]>> = {
  't3.nano': [2, 512],
  't3.micro': [2, 1024],
  't3.small': [2, 2048],
  't3.medium': [2, 4096],
  't3.large': [2, 8192],
  'm5.large': [2, 8192],
  'm6i.large': [2, 8192],
  'c6i.large': [2, 4096],
  't4g.nano': [2, 512],
  't4g.micro': [2, 1024],
  't4g.small': [2, 2048],
  't4g.medium': [2, 4096],
  'm6g.large': [2, 8192],
  'm7g.large': [2, 8192],
};

/** What there is in a region: zones, instance types. */
export function catalogueOperations(state: Ec2State): Record<string, Operation> {
  const { core } = state;
  const named = (names: readonly string[] | undefined) => (name: string) =>
    !names?.length || names.includes(name);

  return {
    DescribeAvailabilityZones: operation<
      sdk.DescribeAvailabilityZonesRequest,
      sdk.DescribeAvailabilityZonesResult
    >({
      run: ({ ZoneNames }) => ({
        AvailabilityZones: state.availabilityZones.filter(named(ZoneNames)).map((ZoneName, index) => ({
          ZoneName,
          ZoneId: `${core.region}-az${index + 1}`,
          RegionName: core.region,
          GroupName: core.region,
          NetworkBorderGroup: core.region,
          State: 'available',
          ZoneType: 'availability-zone',
          OptInStatus: 'opt-in-not-required',
          Messages: [],
        })),
      }),
    }),

    DescribeRegions: operation<sdk.DescribeRegionsRequest, sdk.DescribeRegionsResult>({
      run: ({ RegionNames }) => ({
        Regions: [core.region].filter(named(RegionNames)).map((RegionName) => ({
          RegionName,
          Endpoint: `ec2.${RegionName}.amazonaws.com`,
          OptInStatus: 'opt-in-not-required',
        })),
      }),
    }),

    DescribeAccountAttributes: operation<
      sdk.DescribeAccountAttributesRequest,
      sdk.DescribeAccountAttributesResult
    >({
      run: ({ AttributeNames }) => {
        const defaultVpc = state.vpcs.all().find(({ IsDefault }) => IsDefault)?.VpcId ?? 'none';
        const attributes = {
          'supported-platforms': 'VPC',
          'default-vpc': defaultVpc,
          'max-instances': '20',
          'vpc-max-elastic-ips': '5',
        };
        return {
          AccountAttributes: Object.entries(attributes)
            .filter(([name]) => named(AttributeNames)(name))
            .map(([AttributeName, AttributeValue]) => ({
              AttributeName,
              AttributeValues: [{ AttributeValue }],
            })),
        };
      },
    }),

    DescribeInstanceTypes: operation<sdk.DescribeInstanceTypesRequest, sdk.DescribeInstanceTypesResult>({
      run: ({ InstanceTypes = [], Filters, ...paging }) => {
        const absent = InstanceTypes.filter((type) => !TYPES.includes(type));
        if (absent.length) {
          throw new Fault(
            'InvalidInstanceType',
            `The following supplied instance types do not exist: [${absent.join(', ')}]`,
          );
        }
        const found = TYPES.filter(
          (type) => named(InstanceTypes)(type) && filtered(Filters, 'instance-type')(type),
        );
        const { items, NextToken } = page(found, paging);
        return { InstanceTypes: items.map(described), NextToken };
      },
    }),

    DescribeInstanceTypeOfferings: operation<
      sdk.DescribeInstanceTypeOfferingsRequest,
      sdk.DescribeInstanceTypeOfferingsResult
    >({
      run: ({ LocationType = 'region', Filters, ...paging }) => {
        const locations = LocationType === 'region' ? [core.region] : state.availabilityZones;
        const isOffered = (type: string, location: string) =>
          LocationType === 'region'
            ? state.availabilityZones.some((zone) => state.isOffered(type, zone))
            : state.isOffered(type, location);
        const found = locations.filter(filtered(Filters, 'location')).flatMap((Location) =>
          TYPES.filter(filtered(Filters, 'instance-type'))
            .filter((type) => isOffered(type, Location))
            .map((InstanceType) => ({ InstanceType, LocationType, Location })),
        );
        const { items, NextToken } = page(found, paging);
        return { InstanceTypeOfferings: items, NextToken };
      },
    }),
  };
}

function filtered(filters: readonly sdk.Filter[] | undefined, name: string): (value: string) => boolean {
  const patterns = filters?.find(({ Name }) => Name === name)?.Values?.map(wildcard);
  return (value) => !patterns || patterns.some((fits) => fits(value));
}

function described(type: sdk._InstanceType): sdk.InstanceTypeInfo {
  const [vcpus, memory] = SIZES[type] ?? [];
  return {
    InstanceType: type,
    CurrentGeneration: true,
    Hypervisor: 'nitro',
    ProcessorInfo: { SupportedArchitectures: [architectureOf(type)] },
    ...(vcpus === undefined ? {} : { VCpuInfo: { DefaultVCpus: vcpus } }),
    ...(memory === undefined ? {} : { MemoryInfo: { SizeInMiB: memory } }),
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
  };
}
