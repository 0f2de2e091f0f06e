import { createHash, randomBytes } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-s3';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { bytesOf, described, objectArn, versionId } from './objects';
import type { Buckets, NewObject } from './store';

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly description: Omit<NewObject, 'body'>;
  readonly parts: Map<number, { readonly body: Uint8Array; readonly md5: Buffer }>;
}

/** Uploads in several parts: SDKs make them of every file above some megabytes. */
export function multipartOperations(buckets: Buckets): Record<string, Operation> {
  const uploads = new Map<string, Upload>();
  const resources = (input: { Bucket?: string; Key?: string }) => [objectArn(buckets, input)];
  const uploadOf = (input: { Bucket?: string; Key?: string; UploadId?: string }): Upload => {
    const upload = uploads.get(input.UploadId ?? '');
    if (upload && upload.bucket === input.Bucket && upload.key === input.Key) return upload;
    throw new Fault('NoSuchUpload', `The specified upload does not exist: ${input.UploadId}`, 404);
  };
  return {
    CreateMultipartUpload: operation<sdk.CreateMultipartUploadRequest, sdk.CreateMultipartUploadOutput>({
      action: 's3:PutObject',
      resources,
      run: (input) => {
        const { name } = buckets.get(input.Bucket);
        const UploadId = randomBytes(24).toString('base64url');
        const upload = {
          bucket: name,
          key: input.Key ?? '',
          description: described(input),
          parts: new Map(),
        };
        uploads.set(UploadId, upload);
        return { Bucket: name, Key: input.Key, UploadId };
      },
    }),
    UploadPart: operation<sdk.UploadPartCommandInput, sdk.UploadPartOutput>({
      action: 's3:PutObject',
      resources,
      run: async (input) => {
        const upload = uploadOf(input);
        const body = await bytesOf(input.Body);
        const md5 = createHash('md5').update(body).digest();
        upload.parts.set(input.PartNumber ?? 0, { body, md5 });
        return { ETag: `"${md5.toString('hex')}"` };
      },
    }),
    CompleteMultipartUpload: operation<sdk.CompleteMultipartUploadRequest, sdk.CompleteMultipartUploadOutput>(
      {
        action: 's3:PutObject',
        resources,
        run: (input) => {
          const upload = uploadOf(input);
          const parts = (input.MultipartUpload?.Parts ?? []).map(({ PartNumber = 0 }) => {
            const part = upload.parts.get(PartNumber);
            if (part) return part;
            throw new Fault('InvalidPart', `Part ${PartNumber} was not uploaded.`);
          });
          const md5 = createHash('md5').update(Buffer.concat(parts.map((part) => part.md5)));
          const version = buckets.get(upload.bucket).put(upload.key, {
            ...upload.description,
            body: Buffer.concat(parts.map(({ body }) => body)),
            etag: `"${md5.digest('hex')}-${parts.length}"`,
          });
          uploads.delete(input.UploadId ?? '');
          return {
            Bucket: upload.bucket,
            Key: upload.key,
            ETag: version.etag,
            Location: `${buckets.core.endpoint}/${upload.bucket}/${encodeURIComponent(upload.key)}`,
            ...versionId(version),
          };
        },
      },
    ),
    AbortMultipartUpload: operation<sdk.AbortMultipartUploadRequest, sdk.AbortMultipartUploadOutput>({
      resources,
      run: (input) => {
        uploadOf(input);
        uploads.delete(input.UploadId ?? '');
        return {};
      },
    }),
  };
}
