import { createHash, randomBytes } from 'node:crypto';
import type {
  OwnershipControls,
  PublicAccessBlockConfiguration,
  ServerSideEncryptionConfiguration,
} from '@aws-sdk/client-s3';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Verified } from './checksums';
import type { Description } from './description';

/** One version of an object; a delete marker is a version without a body. */
export interface ObjectVersion extends Description {
  readonly key: string;
  /** `null` in a bucket that was never versioned. */
  readonly versionId: string;
  readonly body?: Uint8Array;
  readonly etag: string;
  readonly modifiedAt: Date;
  readonly checksums: Verified;
}

/** An object that is being put. */
export interface NewObject extends Description {
  readonly body: Uint8Array;
  /** @default the body's MD5, as S3 makes it of an object that came in one piece */
  readonly etag?: string;
  readonly checksums?: Verified;
}

/** A bucket in memory. */
export class Bucket {
  versioning: 'Enabled' | 'Suspended' | undefined;
  /** What is configured, by the name of the setting. */
  readonly settings = new Map<string, object | string>();
  /** Newest version first. */
  private readonly objects = new Map<string, readonly ObjectVersion[]>();

  constructor(
    private readonly core: Core,
    readonly name: string,
    readonly createdAt: Date,
  ) {}

  get arn(): string {
    return this.core.arn('s3', this.name);
  }

  get isEmpty(): boolean {
    return this.objects.size === 0;
  }

  /** The present objects, by key in S3's order: that of their UTF-8 bytes. */
  current(): ObjectVersion[] {
    return this.versions().filter((version) => version.body && this.isLatest(version));
  }

  /** All versions and delete markers, by key, the newest of each key first. */
  versions(): ObjectVersion[] {
    return [...this.objects]
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .flatMap(([, versions]) => versions);
  }

  isLatest(version: ObjectVersion): boolean {
    return this.objects.get(version.key)?.[0] === version;
  }

  /** What objects are encrypted with that say nothing of it themselves. */
  get defaultEncryption(): Pick<Description, 'encryption' | 'kmsKeyId' | 'bucketKey'> {
    const setting = this.settings.get('encryption') as ServerSideEncryptionConfiguration | undefined;
    const rule = setting?.Rules?.[0];
    return {
      encryption: rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'AES256',
      kmsKeyId: rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID,
      bucketKey: rule?.BucketKeyEnabled,
    };
  }

  /** Whether its owner owns its objects, anyone who puts them. */
  get refusesAcls(): boolean {
    const setting = this.settings.get('ownershipControls') as OwnershipControls | undefined;
    return setting?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced';
  }

  /** Whether it refuses a policy that is for everybody. */
  get blocksPublicPolicies(): boolean {
    const setting = this.settings.get('publicAccessBlock') as PublicAccessBlockConfiguration | undefined;
    return setting?.BlockPublicPolicy === true;
  }

  /** A version by its id, a delete marker too; the newest when none is named. */
  version(key: string, versionId?: string): ObjectVersion | undefined {
    const versions = this.objects.get(key) ?? [];
    return versionId ? versions.find((version) => version.versionId === versionId) : versions[0];
  }

  /** The object's version that is meant; undefined when there is none, or when it was deleted. */
  find(key: string, versionId?: string): (ObjectVersion & { readonly body: Uint8Array }) | undefined {
    const found = this.version(key, versionId);
    return found?.body ? { ...found, body: found.body } : undefined;
  }

  put(key: string, object: NewObject): ObjectVersion {
    const etag = object.etag ?? `"${createHash('md5').update(object.body).digest('hex')}"`;
    return this.add({ checksums: {}, ...this.newVersion(key), ...object, etag });
  }

  /** Removes a version, or, when none is named, the object: with a delete marker where versions are kept. */
  delete(key: string, versionId?: string): { versionId?: string; isMarker: boolean } {
    const versions = this.objects.get(key) ?? [];
    if (versionId || !this.versioning) {
      const removed = versions.find((version) => version.versionId === (versionId ?? 'null'));
      this.replace(
        key,
        versions.filter((version) => version !== removed),
      );
      return { versionId, isMarker: removed !== undefined && !removed.body };
    }
    const marker = this.add({ ...this.newVersion(key), etag: '', metadata: {}, checksums: {} });
    return { versionId: marker.versionId, isMarker: true };
  }

  private newVersion(key: string): Pick<ObjectVersion, 'key' | 'versionId' | 'modifiedAt'> {
    const versionId = this.versioning === 'Enabled' ? randomBytes(16).toString('hex') : 'null';
    return { key, versionId, modifiedAt: new Date(this.core.clock.now()) };
  }

  private add(version: ObjectVersion): ObjectVersion {
    const kept = (this.objects.get(version.key) ?? []).filter(
      ({ versionId }) => versionId !== version.versionId,
    );
    this.replace(version.key, [version, ...kept]);
    return version;
  }

  private replace(key: string, versions: readonly ObjectVersion[]): void {
    if (versions.length > 0) this.objects.set(key, versions);
    else this.objects.delete(key);
  }
}

/** The account's buckets. */
export class Buckets {
  private readonly buckets = new Map<string, Bucket>();

  constructor(readonly core: Core) {}

  all(): Bucket[] {
    return [...this.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws Fault when there is none of this name */
  get(name = ''): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new Fault('NoSuchBucket', `The specified bucket does not exist: ${name}`, 404);
    return bucket;
  }

  /** @throws Fault when the name is taken, or not allowed */
  create(name = ''): Bucket {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..')) {
      throw new Fault(
        'InvalidBucketName',
        `A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens; found "${name}".`,
      );
    }
    if (this.buckets.has(name)) {
      throw new Fault(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        409,
      );
    }
    const bucket = new Bucket(this.core, name, new Date(this.core.clock.now()));
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** @throws Fault when it holds an object, or a version of one */
  delete(name = ''): void {
    const bucket = this.get(name);
    if (!bucket.isEmpty) {
      const versions = bucket.versioning ? ' You must delete all versions in the bucket.' : '';
      throw new Fault('BucketNotEmpty', `The bucket you tried to delete is not empty.${versions}`, 409);
    }
    this.buckets.delete(name);
  }
}
