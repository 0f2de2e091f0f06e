// What several of S3's operations have in common in their inputs.
import { only } from '../core/accepts';

/** On every operation on objects. */
export const COMMON = { Bucket: true, ExpectedBucketOwner: true, RequestPayer: 'nobody pays here' } as const;

/** Checksums of a body that can be computed here. */
export const ALGORITHMS = only('CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256');
export const SUMS = {
  ChecksumCRC32: true,
  ChecksumCRC32C: true,
  ChecksumCRC64NVME: true,
  ChecksumSHA1: true,
  ChecksumSHA256: true,
} as const;

/** Of a body, in headers or trailers. */
export const CHECKSUMS = { ChecksumAlgorithm: ALGORITHMS, ...SUMS } as const;

const ENCRYPTION = 'told of the object; nothing is encrypted';

/** What an upload says about its object. Access control lists are refused with S3's own words. */
export const DESCRIBED = {
  ACL: true,
  GrantFullControl: true,
  GrantRead: true,
  GrantReadACP: true,
  GrantWriteACP: true,
  CacheControl: true,
  ContentDisposition: true,
  ContentEncoding: true,
  ContentLanguage: true,
  ContentType: true,
  Expires: true,
  Metadata: true,
  WebsiteRedirectLocation: true,
  ServerSideEncryption: ENCRYPTION,
  SSEKMSKeyId: ENCRYPTION,
  BucketKeyEnabled: ENCRYPTION,
  StorageClass: 'told of the object; all are stored alike',
} as const;

/** What a read asks for. */
export const READ = {
  Key: true,
  VersionId: true,
  Range: true,
  IfMatch: true,
  IfModifiedSince: true,
  IfNoneMatch: true,
  IfUnmodifiedSince: true,
  ResponseCacheControl: true,
  ResponseContentDisposition: true,
  ResponseContentEncoding: true,
  ResponseContentLanguage: true,
  ResponseContentType: true,
  ResponseExpires: true,
  ChecksumMode: true,
} as const;

/** What every list is made by. */
export const LIST = { ...COMMON, Prefix: true, Delimiter: true, MaxKeys: true, EncodingType: true } as const;

const BODY = 'the bodies of settings are not compared with their checksums';

/** On every operation that sets something of a bucket. */
export const UNCOMPARED = { ContentMD5: BODY, ChecksumAlgorithm: BODY } as const;
