// Checksums of objects. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { createHash } from 'node:crypto';
import { Fault } from '../core/fault';
import { crc32 } from '../wire/crc32';
import { crc32c, crc64nvme } from './crc';

/** What a client says its upload's checksums are, in base64. */
export interface Checksums {
  readonly ContentMD5?: string;
  readonly ChecksumCRC32?: string;
  readonly ChecksumCRC32C?: string;
  readonly ChecksumCRC64NVME?: string;
  readonly ChecksumSHA1?: string;
  readonly ChecksumSHA256?: string;
}

const COMPUTED = {
  ChecksumCRC32: (body: Uint8Array) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return sum.toString('base64');
  },
  ChecksumCRC32C: (body: Uint8Array) => crc32c(body).toString('base64'),
  ChecksumCRC64NVME: (body: Uint8Array) => crc64nvme(body).toString('base64'),
  ChecksumSHA1: (body: Uint8Array) => createHash('sha1').update(body).digest('base64'),
  ChecksumSHA256: (body: Uint8Array) => createHash('sha256').update(body).digest('base64'),
} as const;

/** Checksums that an object came with, and that were right. */
export type Verified = Partial<Record<keyof typeof COMPUTED, string>>;

/** Compares a body with what its client says of it. @throws Fault BadDigest */
export function verified(body: Uint8Array, given: Checksums): Verified {
  if (given.ContentMD5 !== undefined && given.ContentMD5 !== createHash('md5').update(body).digest('base64'))
    throw new Fault('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  const right: Verified = {};
  for (const [name, compute] of Object.entries(COMPUTED) as [
    keyof Verified,
    (body: Uint8Array) => string,
  ][]) {
    const expected = given[name];
    if (expected === undefined) continue;
    if (compute(body) !== expected)
      throw new Fault(
        'BadDigest',
        `The ${name.slice('Checksum'.length)} you specified did not match the calculated checksum.`,
      );
    right[name] = expected;
  }
  return right;
}

/** A whole body's checksum. @param algorithm as uploads name it: `CRC32C` */
export function checksumOf(body: Uint8Array, algorithm: string): Verified {
  const name = `Checksum${algorithm}` as keyof Verified;
  return { [name]: COMPUTED[name](body) };
}
