import type * as sdk from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, PAGE } from './accepted';
import { filtered } from './filters';
import { architectureOf, INSTANCE_TYPES } from './instance-types';
import type { Ec2State } from './state';
import { page } from './table';

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
export function catalogueOperations(state: Ec2State): Operations<typeof sdk> {
  const { core } = state;
  const named = (names: readonly string[] | undefined) => (name: string) =>
    !names?.length || names.includes(name);

  return {
    DescribeAvailabilityZones: {
      accepts: {
        ZoneNames: true,
        ZoneIds: true,
        AllAvailabilityZones: 'all zones are opted in',
        Filters: FILTERS,
      },
      run: ({ ZoneNames, ZoneIds, Filters }) => {
        const unknown = [
          ...(ZoneNames ?? []).filter((name) => !state.availabilityZones.includes(name)),
          ...(ZoneIds ?? []).filter(
            (id) => !state.availabilityZones.some((zone) => state.zoneId(zone) === id),
          ),
        ];
        if (unknown.length)
          throw new Fault('InvalidParameterValue', `Invalid availability zone: [${unknown.join(', ')}]`);
        const zones = state.availabilityZones.filter(
          (zone) => named(ZoneNames)(zone) && named(ZoneIds)(state.zoneId(zone)),
        );
        const described = zones.map((ZoneName) => ({
          ZoneName,
          ZoneId: state.zoneId(ZoneName),
          RegionName: core.region,
          GroupName: core.region,
          NetworkBorderGroup: core.region,
          State: 'available' as const,
          ZoneType: 'availability-zone',
          OptInStatus: 'opt-in-not-required' as const,
          Messages: [],
        }));
        return {
          AvailabilityZones: filtered(described, Filters, 'DescribeAvailabilityZones', {
            'group-name': (zone) => zone.GroupName,
            'opt-in-status': (zone) => zone.OptInStatus,
            'region-name': (zone) => zone.RegionName,
            state: (zone) => zone.State,
            'zone-id': (zone) => zone.ZoneId,
            'zone-name': (zone) => zone.ZoneName,
            'zone-type': (zone) => zone.ZoneType,
          }),
        };
      },
    },

    DescribeRegions: {
      accepts: { RegionNames: true, AllRegions: 'there is one region', Filters: FILTERS },
      run: ({ RegionNames, Filters }) => {
        const unknown = (RegionNames ?? []).filter((name) => name !== core.region);
        if (unknown.length)
          throw new Fault(
            'InvalidParameterValue',
            `Invalid region provided: [${unknown.join(', ')}]; the local AWS is ${core.region} alone`,
          );
        const described = [core.region].map((RegionName) => ({
          RegionName,
          Endpoint: `ec2.${RegionName}.amazonaws.com`,
          OptInStatus: 'opt-in-not-required',
        }));
        return {
          Regions: filtered(described, Filters, 'DescribeRegions', {
            endpoint: (region) => region.Endpoint,
            'opt-in-status': (region) => region.OptInStatus,
            'region-name': (region) => region.RegionName,
          }),
        };
      },
    },

    DescribeAccountAttributes: {
      accepts: { AttributeNames: true },
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
    },

    DescribeInstanceTypes: {
      accepts: { InstanceTypes: true, ...PAGE, Filters: FILTERS },
      run: ({ InstanceTypes = [], Filters, ...paging }) => {
        const absent = InstanceTypes.filter((type) => !INSTANCE_TYPES.includes(type));
        if (absent.length) {
          throw new Fault(
            'InvalidInstanceType',
            `The following supplied instance types do not exist: [${absent.join(', ')}]`,
          );
        }
        const types = INSTANCE_TYPES.filter(named(InstanceTypes)).map((type) => ({ type }));
        const found = filtered(types, Filters, 'DescribeInstanceTypes', {
          'instance-type': ({ type }) => type,
          'processor-info.supported-architecture': ({ type }) => architectureOf(type),
        });
        const { items, NextToken } = page(found, paging, { maximum: 100, ids: InstanceTypes });
        return { InstanceTypes: items.map(({ type }) => described(type)), NextToken };
      },
    },

    DescribeInstanceTypeOfferings: {
      accepts: { ...PAGE, LocationType: only('region', 'availability-zone'), Filters: FILTERS },
      run: ({ LocationType = 'region', Filters, ...paging }) => {
        const locations = LocationType === 'region' ? [core.region] : state.availabilityZones;
        const isOffered = (type: string, location: string) =>
          LocationType === 'region'
            ? state.availabilityZones.some((zone) => state.isOffered(type, zone))
            : state.isOffered(type, location);
        const offered = locations.flatMap((Location) =>
          INSTANCE_TYPES.filter((type) => isOffered(type, Location)).map((InstanceType) => ({
            InstanceType,
            LocationType,
            Location,
          })),
        );
        const found = filtered(offered, Filters, 'DescribeInstanceTypeOfferings', {
          'instance-type': ({ InstanceType }) => InstanceType,
          location: ({ Location }) => Location,
        });
        const { items, NextToken } = page(found, paging);
        return { InstanceTypeOfferings: items, NextToken };
      },
    },
  };
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
