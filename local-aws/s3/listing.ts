import type * as sdk from '@aws-sdk/client-s3';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { LIST } from './accepted';
import type { Bucket, Buckets, ObjectVersion } from './store';

const MAX_KEYS = 1000;

/** What all lists of objects have in common. */
interface ListRequest {
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly EncodingType?: sdk.EncodingType;
}

/** Operations that list objects. */
export function listOperations(buckets: Buckets): Operations<typeof sdk> {
  const resources = ({ Bucket = '' }: { Bucket?: string }) => [buckets.core.arn('s3', Bucket)];
  return {
    ListObjectsV2: {
      accepts: { ...LIST, ContinuationToken: true, FetchOwner: true, StartAfter: true },
      action: 's3:ListBucket',
      resources,
      run: (input) => {
        const after = input.ContinuationToken ? decodeToken(input.ContinuationToken) : input.StartAfter;
        const { shown, last } = list(buckets.get(input.Bucket).current(), input, after);
        const owner = input.FetchOwner ? { Owner: { ID: buckets.core.account } } : {};
        const { Contents, CommonPrefixes } = answer(shown, input, (object) => ({
          ...summary(object, input),
          ...owner,
        }));
        return {
          ...echo(input),
          Contents,
          CommonPrefixes,
          StartAfter: encode(input.StartAfter, input),
          ContinuationToken: input.ContinuationToken,
          KeyCount: shown.length,
          IsTruncated: last !== undefined,
          NextContinuationToken: last && Buffer.from(last.name).toString('base64url'),
        };
      },
    },
    ListObjects: {
      accepts: { ...LIST, Marker: true },
      action: 's3:ListBucket',
      resources,
      run: (input) => {
        const { shown, last } = list(buckets.get(input.Bucket).current(), input, input.Marker);
        const Owner = { ID: buckets.core.account };
        return {
          ...echo(input),
          Marker: encode(input.Marker ?? '', input),
          ...answer(shown, input, (object) => ({ ...summary(object, input), Owner })),
          IsTruncated: last !== undefined,
          // Without a delimiter, S3 leaves it to the client to take the last key.
          NextMarker: input.Delimiter ? encode(last?.name, input) : undefined,
        };
      },
    },
    ListObjectVersions: {
      accepts: { ...LIST, KeyMarker: true, VersionIdMarker: true },
      action: 's3:ListBucketVersions',
      resources,
      run: (input) => {
        const bucket = buckets.get(input.Bucket);
        const { KeyMarker, VersionIdMarker } = input;
        if (VersionIdMarker && !KeyMarker)
          throw new Fault('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
        const { shown, last } = list(
          versionsAfter(bucket, KeyMarker, VersionIdMarker),
          input,
          KeyMarker,
          true,
        );
        const found = shown.flatMap(({ object }) => (object ? [object] : []));
        return {
          ...echo(input),
          KeyMarker: encode(KeyMarker ?? '', input),
          VersionIdMarker: VersionIdMarker ?? '',
          IsTruncated: last !== undefined,
          NextKeyMarker: encode(last?.name, input),
          NextVersionIdMarker: last?.object?.versionId,
          CommonPrefixes: answer(shown, input, () => ({})).CommonPrefixes,
          Versions: found
            .filter(({ body }) => body)
            .map((version) => ({ ...summary(version, input), ...versionOf(bucket, version) })),
          DeleteMarkers: found
            .filter(({ body }) => !body)
            .map((version) => ({
              Key: encode(version.key, input),
              LastModified: version.modifiedAt,
              ...versionOf(bucket, version),
            })),
        };
      },
    },
  };
}

function echo(input: ListRequest & { Bucket?: string }) {
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? '', input),
    Delimiter: encode(input.Delimiter, input),
    MaxKeys: input.MaxKeys ?? MAX_KEYS,
    EncodingType: input.EncodingType,
  };
}

/** One line of a list: an object, or what several have as their beginning. */
interface Entry {
  readonly name: string;
  readonly object?: ObjectVersion;
}

/**
 * One page of a list.
 * @param after the last key, or common prefix, that was listed before
 * @param isSorted whether what comes before `after` is left out already
 */
function list(
  objects: readonly ObjectVersion[],
  input: ListRequest,
  after = '',
  isSorted = false,
): { readonly shown: readonly Entry[]; readonly last?: Entry } {
  const { Prefix = '', Delimiter, MaxKeys = MAX_KEYS } = input;
  if (MaxKeys < 0)
    throw new Fault('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647');
  const limit = Math.min(MaxKeys, MAX_KEYS);
  const entries: Entry[] = [];
  for (const object of objects) {
    if (!object.key.startsWith(Prefix)) continue;
    if (!isSorted && compareKeys(object.key, after) <= 0) continue;
    const at = Delimiter ? object.key.indexOf(Delimiter, Prefix.length) : -1;
    if (at < 0) entries.push({ name: object.key, object });
    else {
      const name = object.key.slice(0, at + Delimiter!.length);
      // A page that ended with this prefix has listed all that begins with it.
      if (name !== after && entries.at(-1)?.name !== name) entries.push({ name });
    }
  }
  const shown = entries.slice(0, limit);
  return { shown, last: entries.length > shown.length ? shown.at(-1) : undefined };
}

function versionsAfter(bucket: Bucket, key?: string, versionId?: string): readonly ObjectVersion[] {
  const all = bucket.versions();
  if (key === undefined) return all;
  if (versionId) {
    const at = all.findIndex((version) => version.key === key && version.versionId === versionId);
    if (at < 0) throw new Fault('InvalidArgument', 'Invalid version id specified');
    return all.slice(at + 1);
  }
  return all.filter((version) => compareKeys(version.key, key) > 0);
}

function answer<T extends object>(
  shown: readonly Entry[],
  input: ListRequest,
  describe: (object: ObjectVersion) => T,
) {
  return {
    Contents: shown.flatMap(({ object }) => (object ? [describe(object)] : [])),
    CommonPrefixes: shown.flatMap(({ name, object }) => (object ? [] : [{ Prefix: encode(name, input) }])),
  };
}

function summary(object: ObjectVersion, input: ListRequest) {
  return {
    Key: encode(object.key, input),
    ETag: object.etag,
    Size: object.body?.length ?? 0,
    LastModified: object.modifiedAt,
    StorageClass: (object.storageClass ?? 'STANDARD') as sdk.ObjectStorageClass &
      sdk.ObjectVersionStorageClass,
  };
}

function versionOf(bucket: Bucket, version: ObjectVersion) {
  return { VersionId: version.versionId, IsLatest: bucket.isLatest(version) };
}

/** S3's order: that of the keys' UTF-8 bytes. */
function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** XML cannot carry every character that a key can have; clients ask for an encoding that can. */
function encode<T extends string | undefined>(text: T, { EncodingType }: ListRequest): T {
  if (text === undefined || EncodingType !== 'url') return text;
  return encodeURIComponent(text).replaceAll('%2F', '/') as T;
}

/** @throws Fault for a token that no list gave */
function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (Buffer.from(text).toString('base64url') === token) return text;
  throw new Fault('InvalidArgument', 'The continuation token provided is incorrect');
}
