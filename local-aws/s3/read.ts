// What a read of an object answers besides the bytes.
import type * as sdk from '@aws-sdk/client-s3';
import { Fault } from '../core/fault';
import { storageHeaders } from './description';
import type { ObjectVersion } from './store';

/** An object that is there. */
export type Body = ObjectVersion & { readonly body: Uint8Array };

/** The bytes that a read asks for, and the headers that describe them. @throws Fault InvalidRange */
export function readHeaders(
  object: Body,
  { Range, ChecksumMode }: Pick<sdk.GetObjectRequest, 'Range' | 'ChecksumMode'>,
) {
  const range = rangeOf(object.body, Range);
  const isWhole = range.ContentRange === undefined;
  return {
    AcceptRanges: 'bytes',
    CacheControl: object.cacheControl,
    ContentDisposition: object.contentDisposition,
    ContentEncoding: object.contentEncoding,
    ContentLanguage: object.contentLanguage,
    ContentType: object.contentType ?? 'binary/octet-stream',
    ETag: object.etag,
    Expires: object.expires,
    LastModified: object.modifiedAt,
    Metadata: { ...object.metadata },
    // S3 leaves out the class that objects have if nobody says otherwise.
    StorageClass: object.storageClass === 'STANDARD' ? undefined : object.storageClass,
    WebsiteRedirectLocation: object.websiteRedirectLocation,
    VersionId: object.versionId === 'null' ? undefined : object.versionId,
    ...storageHeaders(object),
    ...(ChecksumMode === 'ENABLED' && isWhole && checksumHeaders(object)),
    ...range,
  };
}

function checksumHeaders({ checksums }: Body) {
  return Object.keys(checksums).length > 0 ? { ...checksums, ChecksumType: 'FULL_OBJECT' as const } : {};
}

/** Headers that the reader wants to have instead of the object's own. */
export function responseOverrides(
  input: Pick<
    sdk.GetObjectRequest,
    | 'ResponseCacheControl'
    | 'ResponseContentDisposition'
    | 'ResponseContentEncoding'
    | 'ResponseContentLanguage'
    | 'ResponseContentType'
    | 'ResponseExpires'
  >,
): object {
  const headers = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires,
  };
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
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
