import type * as sdk from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../core/service';
import { architectureOf } from './launch';
import type { Ec2State } from './state';

/** Types that the local AWS lists; it launches others too. */
const TYPES: readonly (readonly [sdk._InstanceType, vcpus: number, memoryMib: number])[] = [
  ['t3.nano', 2, 512],
  ['t3.micro', 2, 1024],
  ['t3.small', 2, 2048],
  ['t3.medium', 2, 4096],
  ['t3.large', 2, 8192],
  ['m5.large', 2, 8192],
  ['m6i.large', 2, 8192],
  ['c6i.large', 2, 4096],
  ['t4g.nano', 2, 512],
  ['t4g.micro', 2, 1024],
  ['t4g.small', 2, 2048],
  ['t4g.medium', 2, 4096],
  ['m6g.large', 2, 8192],
  ['m7g.large', 2, 8192],
];

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
      run: ({ InstanceTypes, Filters }) => ({
        InstanceTypes: TYPES.filter(
          ([type]) =>
            named(InstanceTypes)(type) &&
            named(Filters?.find(({ Name }) => Name === 'instance-type')?.Values)(type),
        ).map(([type, vcpus, memory]) => ({
          InstanceType: type,
          CurrentGeneration: true,
          Hypervisor: 'nitro',
          ProcessorInfo: { SupportedArchitectures: [architectureOf(type)] },
          VCpuInfo: { DefaultVCpus: vcpus },
          MemoryInfo: { SizeInMiB: memory },
          SupportedRootDeviceTypes: ['ebs'],
          SupportedVirtualizationTypes: ['hvm'],
        })),
      }),
    }),

    DescribeInstanceTypeOfferings: operation<
      sdk.DescribeInstanceTypeOfferingsRequest,
      sdk.DescribeInstanceTypeOfferingsResult
    >({
      run: ({ LocationType = 'region', Filters }) => {
        const wanted = (name: string) => named(Filters?.find(({ Name }) => Name === name)?.Values);
        const locations = LocationType === 'region' ? [core.region] : state.availabilityZones;
        return {
          InstanceTypeOfferings: locations.filter(wanted('location')).flatMap((Location) =>
            TYPES.filter(([type]) => wanted('instance-type')(type)).map(([InstanceType]) => ({
              InstanceType,
              LocationType,
              Location,
            })),
          ),
        };
      },
    }),
  };
}
