import { Fault } from '../core/fault';
import type { WireRequest } from './http';

/**
 * Whether a body comes in AWS's own chunks, as SDKs upload streams: with signatures between the
 * chunks, or with a checksum at the end. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function isChunked(request: WireRequest): boolean {
  return (
    (request.headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-') ||
    (request.headers['content-encoding'] ?? '').includes('aws-chunked')
  );
}

/** A body out of its chunks, and the headers that came after it. */
export interface Unchunked {
  readonly body: Uint8Array;
  /** By lower-case name: `x-amz-checksum-crc32`. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** Puts the chunks together; signatures are not verified. @throws Fault when the body ends early */
export function decodeChunks(body: Uint8Array): Unchunked {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, Math.max(at, lineEnd)), 16);
    const start = lineEnd + 2;
    if (lineEnd < 0 || Number.isNaN(size) || start + size > bytes.length)
      throw new Fault('IncompleteBody', 'The request body terminated unexpectedly.', 400);
    if (size === 0)
      return { body: Buffer.concat(chunks), trailers: trailersOf(bytes.toString('latin1', start)) };
    chunks.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}

function trailersOf(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^([\w-]+):(.*)$/.exec(line.trim()));
  return Object.fromEntries(
    lines.flatMap((line) => (line ? [[line[1]!.toLowerCase(), line[2]!.trim()]] : [])),
  );
}
