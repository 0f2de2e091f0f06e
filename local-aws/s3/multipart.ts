import { createHash, randomBytes } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-s3';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { ALGORITHMS, CHECKSUMS, COMMON, DESCRIBED, SUMS } from './accepted';
import { checksumOf, type Verified, verified } from './checksums';
import { checkWrite } from './conditions';
import { type Description, describe, storageHeaders } from './description';
import { bytesOf, objectArn, versionId } from './objects';
import type { Buckets } from './store';

const MAXIMUM_PART_NUMBER = 10_000;
/** Every part but the last has at least so many bytes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MINIMUM_PART_BYTES = 5 * 1024 * 1024;

const CHECKSUM_NAMES = [
  'ChecksumCRC32',
  'ChecksumCRC32C',
  'ChecksumCRC64NVME',
  'ChecksumSHA1',
  'ChecksumSHA256',
] as const;

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly description: Description;
  /** Algorithm of a checksum that the whole object has; other uploads have checksums of their parts alone. */
  readonly wholeChecksum?: string;
  readonly parts: Map<number, Part>;
}

interface Part {
  readonly body: Uint8Array;
  readonly md5: Buffer;
  readonly checksums: Verified;
}

/** Uploads in several parts: SDKs make them of every file above some megabytes. */
export function multipartOperations(buckets: Buckets): Operations<typeof sdk> {
  const uploads = new Map<string, Upload>();
  const resources = (input: { Bucket?: string; Key?: string }) => [objectArn(buckets, input)];
  const uploadOf = (input: { Bucket?: string; Key?: string; UploadId?: string }): Upload => {
    const upload = uploads.get(input.UploadId ?? '');
    if (upload && upload.bucket === input.Bucket && upload.key === input.Key) return upload;
    throw new Fault('NoSuchUpload', `The specified upload does not exist: ${input.UploadId}`, 404);
  };
  return {
    CreateMultipartUpload: {
      accepts: {
        ...COMMON,
        ...DESCRIBED,
        Key: true,
        ChecksumAlgorithm: ALGORITHMS,
        ChecksumType: only('COMPOSITE', 'FULL_OBJECT'),
      },
      action: 's3:PutObject',
      resources,
      run: (input) => {
        const bucket = buckets.get(input.Bucket);
        const UploadId = randomBytes(24).toString('base64url');
        const description = describe(bucket, input);
        const { ChecksumAlgorithm: algorithm, ChecksumType } = input;
        // This one has no other type. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
        const isFull = ChecksumType === 'FULL_OBJECT' || algorithm === 'CRC64NVME';
        uploads.set(UploadId, {
          bucket: bucket.name,
          key: input.Key ?? '',
          description,
          wholeChecksum: isFull ? algorithm : undefined,
          parts: new Map(),
        });
        return {
          Bucket: bucket.name,
          Key: input.Key,
          UploadId,
          ChecksumAlgorithm: algorithm,
          ChecksumType: algorithm && (isFull ? 'FULL_OBJECT' : 'COMPOSITE'),
          ...storageHeaders(description),
        };
      },
    },
    UploadPart: {
      accepts: {
        ...COMMON,
        ...CHECKSUMS,
        Key: true,
        UploadId: true,
        PartNumber: true,
        Body: true,
        ContentMD5: true,
        ContentLength: 'the body has its own length',
      },
      action: 's3:PutObject',
      resources,
      run: async (input) => {
        const upload = uploadOf(input);
        const number = input.PartNumber ?? 0;
        if (!(number >= 1 && number <= MAXIMUM_PART_NUMBER))
          throw new Fault(
            'InvalidArgument',
            `Part number must be an integer between 1 and ${MAXIMUM_PART_NUMBER}, inclusive`,
          );
        const body = await bytesOf(input.Body);
        const checksums = verified(body, input);
        const md5 = createHash('md5').update(body).digest();
        upload.parts.set(number, { body, md5, checksums });
        return { ETag: etagOf(md5), ...checksums, ...storageHeaders(upload.description) };
      },
    },
    CompleteMultipartUpload: {
      accepts: {
        ...COMMON,
        Key: true,
        UploadId: true,
        MpuObjectSize: true,
        IfMatch: true,
        IfNoneMatch: true,
        MultipartUpload: {
          Parts: {
            PartNumber: true,
            ETag: true,
            ...SUMS,
          },
        },
        // Of the whole object, where that is what the upload has.
        ChecksumCRC32: true,
        ChecksumCRC32C: true,
        ChecksumCRC64NVME: true,
        ChecksumType: only('COMPOSITE', 'FULL_OBJECT'),
      },
      action: 's3:PutObject',
      resources,
      run: (input) => {
        const upload = uploadOf(input);
        const bucket = buckets.get(upload.bucket);
        checkWrite(upload.key, bucket.find(upload.key), input);
        const parts = completed(upload, input.MultipartUpload?.Parts ?? []);
        const body = Buffer.concat(parts.map((part) => part.body));
        if (input.MpuObjectSize !== undefined && Number(input.MpuObjectSize) !== body.length)
          throw new Fault(
            'InvalidRequest',
            `The provided MpuObjectSize ${input.MpuObjectSize} does not match the size of the uploaded parts, ${body.length}.`,
          );
        verified(body, input);
        const checksums = upload.wholeChecksum ? checksumOf(body, upload.wholeChecksum) : {};
        const md5 = createHash('md5').update(Buffer.concat(parts.map((part) => part.md5)));
        const version = bucket.put(upload.key, {
          ...upload.description,
          body,
          checksums,
          etag: `"${md5.digest('hex')}-${parts.length}"`,
        });
        uploads.delete(input.UploadId ?? '');
        return {
          Bucket: upload.bucket,
          Key: upload.key,
          ETag: version.etag,
          ...checksums,
          ChecksumType: upload.wholeChecksum ? 'FULL_OBJECT' : undefined,
          Location: `${buckets.core.endpoint}/${upload.bucket}/${encodeURIComponent(upload.key)}`,
          ...storageHeaders(version),
          ...versionId(version),
        };
      },
    },
    AbortMultipartUpload: {
      accepts: { ...COMMON, Key: true, UploadId: true },
      resources,
      run: (input) => {
        uploadOf(input);
        uploads.delete(input.UploadId ?? '');
        return {};
      },
    },
  };
}

/** The parts that make up an upload. @throws Fault for a list that S3 would not take */
function completed(upload: Upload, listed: readonly sdk.CompletedPart[]): Part[] {
  if (listed.length === 0)
    throw new Fault(
      'MalformedXML',
      'The XML you provided was not well-formed: an upload has one part or more.',
    );
  const isOrdered = listed.every(
    ({ PartNumber = 0 }, index) => index === 0 || PartNumber > (listed[index - 1]!.PartNumber ?? 0),
  );
  if (!isOrdered)
    throw new Fault(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
  const parts = listed.map((given) => {
    const { PartNumber = 0, ETag } = given;
    const part = upload.parts.get(PartNumber);
    const isSame =
      (ETag === undefined || ETag.replaceAll('"', '') === part?.md5.toString('hex')) &&
      CHECKSUM_NAMES.every((name) => given[name] === undefined || given[name] === part?.checksums[name]);
    if (part && isSame) return part;
    throw new Fault(
      'InvalidPart',
      `One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag: part ${PartNumber}.`,
    );
  });
  if (parts.slice(0, -1).some(({ body }) => body.length < MINIMUM_PART_BYTES))
    throw new Fault('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
  return parts;
}

function etagOf(md5: Buffer): string {
  return `"${md5.toString('hex')}"`;
}
