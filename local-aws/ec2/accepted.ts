// What several of EC2's operations have in common in their inputs.
import { only } from '../core/accepts';

export const TAG_SPECIFICATIONS = { ResourceType: true, Tags: { Key: true, Value: true } } as const;
export const FILTERS = { Name: true, Values: true } as const;
export const PAGE = { MaxResults: true, NextToken: true } as const;
/** On calls that tell of machines. */
export const UNMANAGED = { IncludeManagedResources: 'no service manages machines here' } as const;

/** Why routes, gateways and endpoints change nothing. */
export const NO_NETWORK = 'the network has no effect: nothing is routed or held back';
export const NO_PUBLIC_ADDRESS = 'no machine has a public address';
export const NO_VOLUMES = 'machines have the disk of this computer';

/** Volumes: their size is compared with the image's, and who starts a machine must be allowed to use their keys. */
export const BLOCK_DEVICES = {
  DeviceName: true,
  Ebs: {
    VolumeSize: true,
    SnapshotId: NO_VOLUMES,
    VolumeType: NO_VOLUMES,
    DeleteOnTermination: NO_VOLUMES,
    Encrypted: true,
    KmsKeyId: true,
    Iops: NO_VOLUMES,
    Throughput: NO_VOLUMES,
  },
} as const;

/** A launch, as a launch template and a call of its own describe it. */
export const LAUNCH = {
  ImageId: true,
  InstanceType: true,
  IamInstanceProfile: { Arn: true, Name: true },
  UserData: true,
  SecurityGroupIds: true,
  TagSpecifications: TAG_SPECIFICATIONS,
  NetworkInterfaces: {
    SubnetId: true,
    Groups: true,
    DeviceIndex: only(0),
    AssociatePublicIpAddress: NO_PUBLIC_ADDRESS,
    DeleteOnTermination: 'a machine ends with all that it has',
    Description: 'no interface can be asked for',
  },
  MetadataOptions: {
    HttpEndpoint: only('enabled'),
    HttpTokens: 'told of the machine; where machines boot, their metadata service takes tokens alone',
    HttpPutResponseHopLimit: 'told of the machine; there are no containers on it',
    HttpProtocolIpv6: only('disabled'),
    InstanceMetadataTags: only('enabled', 'disabled'),
  },
  Placement: { AvailabilityZone: true, Tenancy: only('default') },
  Monitoring: { Enabled: 'machines have no metrics of their own' },
  DisableApiTermination: true,
  DisableApiStop: 'no machine is stopped',
  InstanceInitiatedShutdownBehavior: 'told of the machine; one that shuts down is terminated',
  BlockDeviceMappings: BLOCK_DEVICES,
  EbsOptimized: NO_VOLUMES,
  KeyName: 'told of the machine; nobody logs in',
  CreditSpecification: { CpuCredits: 'machines have the processors of this computer' },
  MaintenanceOptions: { AutoRecovery: 'no hardware fails' },
  HibernationOptions: { Configured: only(false) },
  EnclaveOptions: { Enabled: only(false) },
  CapacityReservationSpecification: { CapacityReservationPreference: only('none', 'open') },
} as const;
