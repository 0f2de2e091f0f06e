import type * as sdk from '@aws-sdk/client-s3';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
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
export function listOperations(buckets: Buckets): Record<string, Operation> {
  const resources = ({ Bucket = '' }: { Bucket?: string }) => [buckets.core.arn('s3', Bucket)];
  return {
    ListObjectsV2: operation<sdk.ListObjectsV2Request, sdk.ListObjectsV2Output>({
      action: 's3:ListBucket',
      resources,
      run: (input) => {
        const after = input.ContinuationToken ? decodeToken(input.ContinuationToken) : input.StartAfter;
        const { Contents, CommonPrefixes, last } = list(buckets.get(input.Bucket), input, after);
        return {
          ...echo(input),
          Contents,
          CommonPrefixes,
          StartAfter: encode(input.StartAfter, input),
          ContinuationToken: input.ContinuationToken,
          KeyCount: Contents.length + CommonPrefixes.length,
          IsTruncated: last !== undefined,
          NextContinuationToken: last && Buffer.from(last).toString('base64url'),
        };
      },
    }),
    ListObjects: operation<sdk.ListObjectsRequest, sdk.ListObjectsOutput>({
      action: 's3:ListBucket',
      resources,
      run: (input) => {
        const { Contents, CommonPrefixes, last } = list(buckets.get(input.Bucket), input, input.Marker);
        return {
          ...echo(input),
          Marker: encode(input.Marker ?? '', input),
          Contents,
          CommonPrefixes,
          IsTruncated: last !== undefined,
          NextMarker: encode(last, input),
        };
      },
    }),
    ListObjectVersions: operation<sdk.ListObjectVersionsRequest, sdk.ListObjectVersionsOutput>({
      action: 's3:ListBucketVersions',
      resources,
      // All of them in one answer: a client that pages gets them on its first page.
      run: (input) => {
        if (input.Delimiter)
          throw new Fault('NotImplemented', 'The local AWS lists versions without a delimiter.', 501);
        const bucket = buckets.get(input.Bucket);
        const found = bucket.versions().filter(({ key }) => key.startsWith(input.Prefix ?? ''));
        return {
          ...echo(input),
          IsTruncated: false,
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
    }),
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

/** @param after the last key, or common prefix, that was listed before */
function list(bucket: Bucket, input: ListRequest, after = '') {
  const { Prefix = '', Delimiter } = input;
  const limit = Math.min(input.MaxKeys ?? MAX_KEYS, MAX_KEYS);
  const entries = new Map<string, ObjectVersion | undefined>();
  for (const object of bucket.current()) {
    if (!object.key.startsWith(Prefix)) continue;
    const at = Delimiter ? object.key.indexOf(Delimiter, Prefix.length) : -1;
    const name = at < 0 ? object.key : object.key.slice(0, at + Delimiter!.length);
    if (name > after) entries.set(name, at < 0 ? object : undefined);
  }
  const shown = [...entries].slice(0, limit);
  return {
    Contents: shown.flatMap(([, object]) => (object ? [summary(object, input)] : [])),
    CommonPrefixes: shown.flatMap(([name, object]) => (object ? [] : [{ Prefix: encode(name, input) }])),
    last: entries.size > shown.length ? shown.at(-1)?.[0] : undefined,
  };
}

function summary(object: ObjectVersion, input: ListRequest) {
  return {
    Key: encode(object.key, input),
    ETag: object.etag,
    Size: object.body?.length ?? 0,
    LastModified: object.modifiedAt,
    StorageClass: 'STANDARD' as const,
  };
}

function versionOf(bucket: Bucket, version: ObjectVersion) {
  return { VersionId: version.versionId, IsLatest: bucket.isLatest(version) };
}

/** XML cannot carry every character that a key can have; clients ask for an encoding that can. */
function encode<T extends string | undefined>(text: T, { EncodingType }: ListRequest): T {
  if (text === undefined || EncodingType !== 'url') return text;
  return encodeURIComponent(text).replaceAll('%2F', '/') as T;
}

function decodeToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
