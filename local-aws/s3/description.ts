// What an upload says about its object besides its bytes.
import type * as sdk from '@aws-sdk/client-s3';
import { Fault } from '../core/fault';
import type { Bucket } from './store';

/** What S3 keeps of an object and tells anyone who reads it. */
export interface Description {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  readonly expires?: Date;
  readonly websiteRedirectLocation?: string;
  readonly storageClass?: sdk.StorageClass;
  readonly encryption?: sdk.ServerSideEncryption;
  readonly kmsKeyId?: string;
  readonly bucketKey?: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

type Upload = Pick<
  sdk.CopyObjectRequest,
  | 'ACL'
  | 'BucketKeyEnabled'
  | 'CacheControl'
  | 'ContentDisposition'
  | 'ContentEncoding'
  | 'ContentLanguage'
  | 'ContentType'
  | 'GrantFullControl'
  | 'GrantRead'
  | 'GrantReadACP'
  | 'GrantWriteACP'
  | 'Metadata'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'StorageClass'
  | 'WebsiteRedirectLocation'
> & { readonly Expires?: Date };

/** Classes whose objects are read without being restored first. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
const STORAGE_CLASSES: ReadonlySet<string> = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
]);
const ARCHIVES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
const ENCRYPTIONS: ReadonlySet<string> = new Set(['AES256', 'aws:kms', 'aws:kms:dsse']);
const MAXIMUM_METADATA_BYTES = 2048;

/** What an upload says about its object. @throws Fault for what S3 refuses, and for what is not served here */
export function describe(bucket: Bucket, input: Upload): Description {
  checkAcl(bucket, input);
  const metadata = input.Metadata ?? {};
  const size = Object.entries(metadata).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
  if (size > MAXIMUM_METADATA_BYTES)
    throw new Fault('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size.');
  // The upload's own framing is no property of the object.
  const contentEncoding = input.ContentEncoding?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked')
    .join(',');
  return {
    contentType: input.ContentType,
    contentEncoding: contentEncoding || undefined,
    contentDisposition: input.ContentDisposition,
    contentLanguage: input.ContentLanguage,
    cacheControl: input.CacheControl,
    expires: input.Expires,
    websiteRedirectLocation: input.WebsiteRedirectLocation,
    metadata,
    ...stored(bucket, input),
  };
}

/** Class and encryption of an object, which an upload names or its bucket's default gives. */
export function stored(
  bucket: Bucket,
  input: Pick<Upload, 'BucketKeyEnabled' | 'ServerSideEncryption' | 'SSEKMSKeyId' | 'StorageClass'>,
): Pick<Description, 'storageClass' | 'encryption' | 'kmsKeyId' | 'bucketKey'> {
  const { StorageClass: storageClass = 'STANDARD', ServerSideEncryption, SSEKMSKeyId } = input;
  if (ARCHIVES.has(storageClass))
    throw new Fault(
      'NotImplemented',
      `The local AWS does not serve the storage class ${storageClass}: nothing is archived or restored here.`,
      501,
    );
  if (!STORAGE_CLASSES.has(storageClass))
    throw new Fault('InvalidStorageClass', 'The storage class you specified is not valid');
  if (ServerSideEncryption !== undefined && !ENCRYPTIONS.has(ServerSideEncryption))
    throw new Fault('InvalidArgument', 'The encryption method specified is not supported');
  if (SSEKMSKeyId !== undefined && !ServerSideEncryption?.startsWith('aws:kms'))
    throw new Fault(
      'InvalidArgument',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
  const byDefault = bucket.defaultEncryption;
  const isDefault = ServerSideEncryption === undefined || ServerSideEncryption === byDefault.encryption;
  return {
    storageClass: storageClass as sdk.StorageClass,
    encryption: ServerSideEncryption ?? byDefault.encryption,
    kmsKeyId: SSEKMSKeyId ?? (isDefault ? byDefault.kmsKeyId : undefined),
    bucketKey: input.BucketKeyEnabled ?? (isDefault && byDefault.bucketKey ? true : undefined),
  };
}

/** Headers that tell how an object is stored, after a write and on every read. */
export function storageHeaders({ encryption, kmsKeyId, bucketKey }: Description) {
  return { ServerSideEncryption: encryption, SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: bucketKey };
}

/**
 * A bucket whose owner owns its objects takes no access control lists, which is every bucket's default.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 * @throws Fault AccessControlListNotSupported, NotImplemented
 */
function checkAcl(bucket: Bucket, input: Upload): void {
  const { ACL, GrantFullControl, GrantRead, GrantReadACP, GrantWriteACP } = input;
  const grants = [GrantFullControl, GrantRead, GrantReadACP, GrantWriteACP].some(
    (grant) => grant !== undefined,
  );
  if (!grants && (ACL === undefined || ACL === 'bucket-owner-full-control')) return;
  if (bucket.refusesAcls) throw new Fault('AccessControlListNotSupported', 'The bucket does not allow ACLs');
  if (grants || ACL !== 'private')
    throw new Fault('NotImplemented', 'The local AWS does not serve access control lists of objects.', 501);
}
