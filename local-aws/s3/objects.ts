import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type * as sdk from '@aws-sdk/client-s3';
import { sdkStreamMixin } from '@smithy/core/serde';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import type { Buckets, NewObject, ObjectVersion } from './store';

/** Operations on single objects, and on several at once. Checksums that a client sends are not verified. */
export function objectOperations(buckets: Buckets): Record<string, Operation> {
  const resources = (input: { Bucket?: string; Key?: string }) => [objectArn(buckets, input)];
  return {
    PutObject: operation<sdk.PutObjectCommandInput, sdk.PutObjectOutput>({
      resources,
      run: async (input) => {
        const bucket = buckets.get(input.Bucket);
        const { Key = '', IfNoneMatch, IfMatch } = input;
        const body = await bytesOf(input.Body);
        const present = bucket.find(Key);
        if ((IfNoneMatch === '*' && present) || (IfMatch && present && present.etag !== IfMatch)) {
          throw new Fault(
            'PreconditionFailed',
            'At least one of the pre-conditions you specified did not hold',
            412,
          );
        }
        if (IfMatch && !present) throw noSuchKey(Key);
        const version = bucket.put(Key, { ...described(input), body });
        return { ETag: version.etag, ...versionId(version) };
      },
    }),
    GetObject: operation<sdk.GetObjectRequest, sdk.GetObjectOutput>({
      resources,
      run: ({ Bucket, Key = '', VersionId, Range }) => {
        const object = buckets.get(Bucket).find(Key, VersionId);
        if (!object) throw noSuchKey(Key);
        const { body, ...rangeHeaders } = rangeOf(object.body, Range);
        const stream = Readable.from([Buffer.from(body)], { objectMode: false });
        return {
          ...headers(object),
          ...rangeHeaders,
          Body: sdkStreamMixin(stream) as sdk.GetObjectOutput['Body'],
        };
      },
    }),
    HeadObject: operation<sdk.HeadObjectRequest, sdk.HeadObjectOutput>({
      action: 's3:GetObject',
      resources,
      run: ({ Bucket, Key = '', VersionId }) => {
        const object = buckets.get(Bucket).find(Key, VersionId);
        if (!object) throw new Fault('NotFound', `There is no object ${Key}.`, 404);
        return headers(object);
      },
    }),
    CopyObject: operation<sdk.CopyObjectRequest, sdk.CopyObjectOutput>({
      action: 's3:PutObject',
      resources,
      run: (input, { authorize }) => {
        const [, Bucket, path = '', VersionId] =
          /^\/?([^/]+)\/(.+?)(?:\?versionId=(.+))?$/.exec(input.CopySource ?? '') ?? [];
        const Key = decodeURIComponent(path);
        authorize('s3:GetObject', objectArn(buckets, { Bucket, Key }));
        const source = buckets.get(Bucket).find(Key, VersionId);
        if (!source) throw noSuchKey(Key);
        const description = input.MetadataDirective === 'REPLACE' ? described(input) : source;
        const { contentType, contentEncoding, cacheControl, metadata } = description;
        const version = buckets.get(input.Bucket).put(input.Key ?? '', {
          contentType,
          contentEncoding,
          cacheControl,
          metadata,
          body: source.body,
        });
        return {
          CopyObjectResult: { ETag: version.etag, LastModified: version.modifiedAt },
          ...versionId(version),
        };
      },
    }),
    DeleteObject: operation<sdk.DeleteObjectRequest, sdk.DeleteObjectOutput>({
      resources,
      run: ({ Bucket, Key = '', VersionId }) => {
        const { versionId, isMarker } = buckets.get(Bucket).delete(Key, VersionId);
        return { VersionId: versionId, ...(isMarker && { DeleteMarker: true }) };
      },
    }),
    DeleteObjects: operation<sdk.DeleteObjectsRequest, sdk.DeleteObjectsOutput>({
      // Each key is authorized by itself: what is refused stands in the answer.
      resources: () => [],
      run: ({ Bucket, Delete }, { authorize }) => {
        const bucket = buckets.get(Bucket);
        const Deleted: sdk.DeletedObject[] = [];
        const Errors: sdk._Error[] = [];
        for (const { Key = '', VersionId } of Delete?.Objects ?? []) {
          try {
            authorize('s3:DeleteObject', objectArn(buckets, { Bucket, Key }));
            const { versionId, isMarker } = bucket.delete(Key, VersionId);
            Deleted.push({
              Key,
              VersionId,
              ...(isMarker && { DeleteMarker: true, DeleteMarkerVersionId: versionId }),
            });
          } catch (error) {
            if (!(error instanceof Fault)) throw error;
            Errors.push({ Key, VersionId, Code: 'AccessDenied', Message: error.message });
          }
        }
        return { Deleted: Delete?.Quiet ? [] : Deleted, Errors };
      },
    }),
  };
}

/** ARN that permissions on an object are given by. */
export function objectArn(
  buckets: Buckets,
  { Bucket = '', Key = '' }: { Bucket?: string; Key?: string },
): string {
  return buckets.core.arn('s3', `${Bucket}/${Key}`);
}

/** What an upload says about its object. */
export function described(
  input: Pick<sdk.PutObjectRequest, 'ContentType' | 'ContentEncoding' | 'CacheControl' | 'Metadata'>,
): Omit<NewObject, 'body'> {
  // The upload's own framing is no property of the object.
  const contentEncoding = input.ContentEncoding?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked')
    .join(',');
  return {
    contentType: input.ContentType,
    contentEncoding: contentEncoding || undefined,
    cacheControl: input.CacheControl,
    metadata: input.Metadata ?? {},
  };
}

/** A body as calls of either kind carry it: bytes from the wire, whatever an SDK client takes from a direct call. */
export async function bytesOf(body: sdk.PutObjectCommandInput['Body']): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return buffer(body as AsyncIterable<Uint8Array | string>);
}

/** A version's id as calls answer it: none for an object that was put while the bucket kept no versions. */
export function versionId(version: ObjectVersion): { VersionId?: string } {
  return version.versionId === 'null' ? {} : { VersionId: version.versionId };
}

function headers(object: ObjectVersion & { readonly body: Uint8Array }) {
  return {
    ContentLength: object.body.length,
    ContentType: object.contentType ?? 'binary/octet-stream',
    ContentEncoding: object.contentEncoding,
    CacheControl: object.cacheControl,
    ETag: object.etag,
    LastModified: object.modifiedAt,
    Metadata: { ...object.metadata },
    ...versionId(object),
  };
}

/**
 * The part of a body that is asked for: the AWS CLI fetches large objects in several ranges. What is
 * no single range of bytes is answered with the whole. https://www.rfc-editor.org/rfc/rfc9110#name-range
 * @throws Fault when the object has no such part
 */
function rangeOf(
  body: Uint8Array,
  range = '',
): { body: Uint8Array; ContentRange?: string; ContentLength: number } {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (!first && !last) return { body, ContentLength: body.length };
  const start = first ? Number(first) : Math.max(0, body.length - Number(last));
  const end = first && last ? Math.min(Number(last), body.length - 1) : body.length - 1;
  if (start > end) throw new Fault('InvalidRange', `The requested range is not satisfiable: ${range}`, 416);
  const part = body.subarray(start, end + 1);
  return { body: part, ContentLength: part.length, ContentRange: `bytes ${start}-${end}/${body.length}` };
}

function noSuchKey(key: string): Fault {
  return new Fault('NoSuchKey', `The specified key does not exist: ${key}`, 404);
}
