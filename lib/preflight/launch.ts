import type { Grant } from './key-access';

/** Starting machines: what is asked about it before a deployment changes anything, and what was found. */

/** What machines are to start from, and where. */
export interface LaunchSubject {
  readonly instanceType: string;
  readonly baseImage: {
    readonly id: string;
    /** Context value that names it. */
    readonly key: string;
    /** Whether that value is set; otherwise it is the newest Amazon Linux 2023. */
    readonly isConfigured: boolean;
  };
  readonly rootVolumeGiB: number;
  /** Key that volumes are encrypted with. @default the account's default key */
  readonly kmsKeyArn?: string;
  /** Zones of the machines' subnets. */
  readonly zones: readonly string[];
  /** Subnets that are there already, of machines and of the load balancer; empty where the stack makes them. */
  readonly machineSubnetIds: readonly string[];
  readonly loadBalancerSubnetIds: readonly string[];
  /** Machines that a new group starts with. */
  readonly capacity: number;
  /** Digest over everything else that shapes a machine. */
  readonly content: string;
}

export interface LaunchFacts {
  /** Absent when there is no such image. */
  readonly baseImage?: BaseImageFacts;
  /** Whether anything will be made from it. @default true */
  readonly isBaseUsed?: boolean;
  /** Absent when no machine will be started. */
  readonly start?: StartFacts;
}

export interface BaseImageFacts {
  readonly name: string;
  readonly state: string;
  readonly architecture: string;
  /** Absent when its root device is no volume. */
  readonly rootDeviceName?: string;
  readonly rootVolumeGiB: number;
}

export interface StartFacts {
  readonly region: string;
  readonly account: string;
  /** The key that volumes will be encrypted with; absent where it is AWS's, which every role can use. */
  readonly key?: KeyFacts;
  /** The type that machines will have: a kept revision's may be another than the configured one. */
  readonly instanceType: string;
  /** Zones in which the region offers it. */
  readonly offeredIn: readonly string[];
  /** What the region offers; read when the type is offered nowhere. */
  readonly regionalTypes: readonly string[];
  /** Architectures that the type runs; empty when they are not known. */
  readonly architectures: readonly string[];
  /** Zones in which machines will start. */
  readonly zones: readonly string[];
  readonly subnets: readonly {
    readonly id: string;
    readonly zone: string;
    readonly freeAddresses: number;
  }[];
  /** Keys of the tags that machines will get from the stack, and from a group that is there. */
  readonly stackTagKeys: readonly string[];
  readonly groupTagKeys: readonly string[];
}

/** What could be read of a key. */
export interface KeyFacts {
  /** Absent when the account's default could not be read. */
  readonly keyId?: string;
  /** Whether it is the account's default, and no one has named it. */
  readonly isDefault: boolean;
  readonly isMissing?: boolean;
  readonly state?: string;
  readonly isSymmetric?: boolean;
  readonly policy?: string;
  readonly grants?: readonly Grant[];
  /** Actions that the preflight may not carry out. */
  readonly unread: readonly string[];
}
