import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type * as sdk from '@aws-sdk/client-s3';
import { sdkStreamMixin } from '@smithy/core/serde';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { CHECKSUMS, COMMON, DESCRIBED, READ } from './accepted';
import { verified } from './checksums';
import { checkCopySource, checkRead, checkWrite, noSuchKey } from './conditions';
import { describe, storageHeaders, stored } from './description';
import { type Body, readHeaders, responseOverrides } from './read';
import type { Bucket, Buckets, ObjectVersion } from './store';

/** Operations on single objects, and on several at once. */
export function objectOperations(buckets: Buckets): Operations<typeof sdk> {
  const resources = (input: { Bucket?: string; Key?: string }) => [objectArn(buckets, input)];
  return {
    PutObject: {
      accepts: {
        ...COMMON,
        ...DESCRIBED,
        ...CHECKSUMS,
        Key: true,
        Body: true,
        ContentMD5: true,
        IfMatch: true,
        IfNoneMatch: true,
        ContentLength: 'the body has its own length',
      },
      resources,
      run: async (input) => {
        const bucket = buckets.get(input.Bucket);
        const { Key = '' } = input;
        const body = await bytesOf(input.Body);
        checkWrite(Key, bucket.find(Key), input);
        const checksums = verified(body, input);
        const version = bucket.put(Key, { ...describe(bucket, input), body, checksums });
        return { ETag: version.etag, ...checksums, ...storageHeaders(version), ...versionId(version) };
      },
    },
    GetObject: {
      accepts: { ...COMMON, ...READ },
      resources,
      run: (input) => {
        const object = objectOf(buckets.get(input.Bucket), input);
        checkRead(object, input);
        const { body, ...headers } = readHeaders(object, input);
        const stream = Readable.from([Buffer.from(body)], { objectMode: false });
        return {
          ...headers,
          ...responseOverrides(input),
          Body: sdkStreamMixin(stream) as sdk.GetObjectCommandOutput['Body'],
        };
      },
    },
    HeadObject: {
      accepts: { ...COMMON, ...READ },
      action: 's3:GetObject',
      resources,
      run: (input) => {
        const object = headOf(buckets.get(input.Bucket), input);
        checkRead(object, input);
        const { body: _, ...headers } = readHeaders(object, input);
        return { ...headers, ...responseOverrides(input) };
      },
    },
    CopyObject: {
      accepts: {
        ...COMMON,
        ...DESCRIBED,
        Key: true,
        CopySource: true,
        CopySourceIfMatch: true,
        CopySourceIfModifiedSince: true,
        CopySourceIfNoneMatch: true,
        CopySourceIfUnmodifiedSince: true,
        IfMatch: true,
        IfNoneMatch: true,
        ExpectedSourceBucketOwner: true,
        MetadataDirective: only('COPY', 'REPLACE'),
        TaggingDirective: only('COPY'),
      },
      action: 's3:PutObject',
      resources,
      run: (input, { authorize }) => {
        const [, Bucket, path = '', VersionId] =
          /^\/?([^/]+)\/(.+?)(?:\?versionId=(.+))?$/.exec(input.CopySource ?? '') ?? [];
        const Key = decodeURIComponent(path);
        authorize('s3:GetObject', objectArn(buckets, { Bucket, Key }));
        const source = objectOf(buckets.get(Bucket), { Key, VersionId });
        checkCopySource(source, input);
        const bucket = buckets.get(input.Bucket);
        const replaces = input.MetadataDirective === 'REPLACE';
        const changes =
          replaces || input.StorageClass || input.ServerSideEncryption || input.WebsiteRedirectLocation;
        if (bucket.name === Bucket && input.Key === Key && VersionId === undefined && !changes)
          throw new Fault(
            'InvalidRequest',
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
          );
        checkWrite(input.Key ?? '', bucket.find(input.Key ?? ''), input);
        const { body, contentType, contentEncoding, contentDisposition, checksums } = source;
        const { contentLanguage, cacheControl, expires, metadata } = source;
        const description = replaces
          ? describe(bucket, input)
          : {
              ...describe(bucket, { ...input, Metadata: {} }),
              ...{ contentType, contentEncoding, contentDisposition },
              ...{ contentLanguage, cacheControl, expires, metadata },
            };
        const version = bucket.put(input.Key ?? '', {
          ...description,
          ...stored(bucket, input),
          body,
          checksums,
        });
        return {
          CopyObjectResult: { ETag: version.etag, LastModified: version.modifiedAt, ...checksums },
          ...(source.versionId !== 'null' && { CopySourceVersionId: source.versionId }),
          ...storageHeaders(version),
          ...versionId(version),
        };
      },
    },
    DeleteObject: {
      accepts: { ...COMMON, Key: true, VersionId: true, IfMatch: true },
      action: 's3:DeleteObject',
      resources,
      run: ({ Bucket, Key = '', VersionId, IfMatch }) => {
        const bucket = buckets.get(Bucket);
        if (IfMatch !== undefined) checkWrite(Key, bucket.find(Key, VersionId), { IfMatch });
        const { versionId, isMarker } = bucket.delete(Key, VersionId);
        return { VersionId: versionId, ...(isMarker && { DeleteMarker: true }) };
      },
    },
    DeleteObjects: {
      accepts: {
        ...COMMON,
        Delete: { Objects: { Key: true, VersionId: true, ETag: true }, Quiet: true },
        ChecksumAlgorithm: 'the list of keys is not compared with its checksum',
      },
      // Each key is authorized by itself: what is refused stands in the answer.
      resources: () => [],
      run: ({ Bucket, Delete }, { authorize }) => {
        const bucket = buckets.get(Bucket);
        const Deleted: sdk.DeletedObject[] = [];
        const Errors: sdk._Error[] = [];
        const objects = Delete?.Objects ?? [];
        if (objects.length < 1 || objects.length > MAXIMUM_DELETIONS)
          throw new Fault(
            'MalformedXML',
            `The XML you provided was not well-formed or did not validate against our published schema: 1 to ${MAXIMUM_DELETIONS} objects; found ${objects.length}`,
          );
        for (const { Key = '', VersionId, ETag } of objects) {
          try {
            authorize('s3:DeleteObject', objectArn(buckets, { Bucket, Key }));
            if (ETag !== undefined) checkWrite(Key, bucket.find(Key, VersionId), { IfMatch: ETag });
            const { versionId, isMarker } = bucket.delete(Key, VersionId);
            Deleted.push({
              Key,
              VersionId,
              ...(isMarker && { DeleteMarker: true, DeleteMarkerVersionId: versionId }),
            });
          } catch (error) {
            if (!(error instanceof Fault)) throw error;
            Errors.push({ Key, VersionId, Code: error.code, Message: error.message });
          }
        }
        return { Deleted: Delete?.Quiet ? [] : Deleted, Errors };
      },
    },
  };
}

const MAXIMUM_DELETIONS = 1000;

/** ARN that permissions on an object are given by. */
export function objectArn(
  buckets: Buckets,
  { Bucket = '', Key = '' }: { Bucket?: string; Key?: string },
): string {
  return buckets.core.arn('s3', `${Bucket}/${Key}`);
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

interface Selector {
  readonly Key?: string;
  readonly VersionId?: string;
}

/** @throws Fault NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker that is named */
function objectOf(bucket: Bucket, { Key = '', VersionId }: Selector): Body {
  const found = bucket.version(Key, VersionId);
  if (found?.body) return { ...found, body: found.body };
  if (VersionId === undefined) throw noSuchKey(Key);
  if (found)
    throw new Fault('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  throw new Fault('NoSuchVersion', `The specified version does not exist: ${VersionId}`, 404);
}

/** An answer to HEAD has no body, so that its error is HTTP's own. @throws Fault NotFound, MethodNotAllowed */
function headOf(bucket: Bucket, selector: Selector): Body {
  try {
    return objectOf(bucket, selector);
  } catch (error) {
    if (error instanceof Fault && error.status === 404)
      throw new Fault('NotFound', `There is no object ${selector.Key}.`, 404);
    throw error;
  }
}
