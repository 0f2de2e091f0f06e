// What a call says about the object that it expects to find.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
import { Fault } from '../core/fault';
import type { ObjectVersion } from './store';

interface ReadConditions {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly IfModifiedSince?: Date;
  readonly IfUnmodifiedSince?: Date;
}

/**
 * Checks what a read asks of its object: a tag wins over a date of the same kind.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws Fault PreconditionFailed (412), or NotModified (304)
 */
export function checkRead(object: ObjectVersion, input: ReadConditions): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = input;
  if (IfMatch !== undefined) {
    if (!matches(object, IfMatch)) throw preconditionFailed('If-Match');
  } else if (IfUnmodifiedSince && seconds(object.modifiedAt) > seconds(IfUnmodifiedSince))
    throw preconditionFailed('If-Unmodified-Since');
  if (IfNoneMatch !== undefined) {
    if (matches(object, IfNoneMatch)) throw notModified();
  } else if (IfModifiedSince && seconds(object.modifiedAt) <= seconds(IfModifiedSince)) throw notModified();
}

/** Checks what a copy asks of its source, which is told as a failure either way. @throws Fault PreconditionFailed */
export function checkCopySource(
  object: ObjectVersion,
  input: {
    readonly CopySourceIfMatch?: string;
    readonly CopySourceIfNoneMatch?: string;
    readonly CopySourceIfModifiedSince?: Date;
    readonly CopySourceIfUnmodifiedSince?: Date;
  },
): void {
  try {
    checkRead(object, {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: input.CopySourceIfModifiedSince,
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    });
  } catch (error) {
    if (error instanceof Fault && error.status === 304) throw preconditionFailed('x-amz-copy-source-If-*');
    throw error;
  }
}

/**
 * Checks what a write asks of the object that is there already.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws Fault PreconditionFailed, NoSuchKey, NotImplemented
 */
export function checkWrite(
  key: string,
  present: ObjectVersion | undefined,
  { IfMatch, IfNoneMatch }: { readonly IfMatch?: string; readonly IfNoneMatch?: string },
): void {
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*')
    throw new Fault(
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
      501,
    );
  if (IfNoneMatch === '*' && present) throw preconditionFailed('If-None-Match');
  if (IfMatch === undefined) return;
  if (!present) throw noSuchKey(key);
  if (!matches(present, IfMatch)) throw preconditionFailed('If-Match');
}

export function noSuchKey(key: string): Fault {
  return new Fault('NoSuchKey', `The specified key does not exist: ${key}`, 404);
}

/** Clients give an entity tag with its quotes or without them, and may give several. */
function matches({ etag }: ObjectVersion, condition: string): boolean {
  const tags = condition.split(',').map((tag) => tag.trim().replace(/^"|"$/g, ''));
  return tags.includes('*') || tags.includes(etag.replaceAll('"', ''));
}

/** HTTP's dates have no fractions. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function preconditionFailed(condition: string): Fault {
  return new Fault(
    'PreconditionFailed',
    `At least one of the pre-conditions you specified did not hold: ${condition}`,
    412,
  );
}

function notModified(): Fault {
  return new Fault('NotModified', 'Not Modified', 304);
}
