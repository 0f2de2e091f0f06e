/** What CloudFormation asks of a custom resource. */
export interface ResourceRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  /** Where the answer goes, by HTTP PUT. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  /** Absent on Create. */
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
  /** On Update alone. While the stack goes back, these are the properties that were given up. */
  readonly OldResourceProperties?: Readonly<Record<string, unknown>>;
}

/** How a request ended. */
export type Ending =
  | { readonly kind: 'succeed'; readonly data: Readonly<Record<string, string>>; readonly message: string }
  | { readonly kind: 'fail'; readonly reason: string };

/** CloudFormation takes no longer answer.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
export const MAX_ANSWER_BYTES = 4096;

const FAILED_CREATE = 'failed-create/';

/** Whether the request is the Delete that follows a failed Create: there is nothing to delete. */
export function isDeleteOfFailedCreate(request: ResourceRequest): boolean {
  return request.RequestType === 'Delete' && (request.PhysicalResourceId ?? '').startsWith(FAILED_CREATE);
}

/** Whatever keeps a resource from being deleted that never was made must not keep the stack from going. */
const NOTHING_TO_DELETE: Ending = {
  kind: 'succeed',
  data: {},
  message: 'The resource was never created: there is nothing to delete.',
};

/**
 * The answer's body, never longer than CloudFormation takes: a reason that is too long is cut, data that
 * is too long makes a failure.
 */
export function answerBody(request: ResourceRequest, given: Ending): string {
  const ending = isDeleteOfFailedCreate(request) && given.kind === 'fail' ? NOTHING_TO_DELETE : given;
  const body = render(request, ending);
  if (Buffer.byteLength(body) <= MAX_ANSWER_BYTES) return body;
  if (ending.kind === 'fail') return cutToFit(request, ending.reason);
  return render(request, {
    kind: 'fail',
    reason: `The resource's attributes make an answer of ${Buffer.byteLength(body)} bytes; CloudFormation takes ${MAX_ANSWER_BYTES}.`,
  });
}

function render(request: ResourceRequest, ending: Ending): string {
  const failed = ending.kind === 'fail';
  return JSON.stringify({
    Status: failed ? 'FAILED' : 'SUCCESS',
    Reason: failed ? ending.reason || 'No reason was given.' : ending.message,
    PhysicalResourceId: physicalId(request, failed),
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
    ...(failed ? {} : { Data: ending.data }),
  });
}

/**
 * An id stays for the resource's life: another one would make CloudFormation delete the "old" resource.
 * A failed Create leaves a marker, by which the Delete that follows is known.
 * @see https://github.com/aws/aws-cdk/blob/main/docs/CLOUDFORMATION.md
 */
function physicalId(request: ResourceRequest, failed: boolean): string {
  if (request.PhysicalResourceId) return request.PhysicalResourceId;
  return failed
    ? `${FAILED_CREATE}${request.RequestId}`
    : `${request.LogicalResourceId}/${request.RequestId}`;
}

/** Keeps the beginning, which says what happened, and cuts between characters. */
function cutToFit(request: ResourceRequest, reason: string): string {
  const characters = [...reason];
  let body: string;
  do {
    // Rendered, a character can take up to six bytes: the excess says how many may have to go at least.
    const excess = Buffer.byteLength(render(request, { kind: 'fail', reason: `${characters.join('')}…` }));
    characters.length -= Math.min(
      characters.length,
      Math.max(1, Math.floor((excess - MAX_ANSWER_BYTES) / 6)),
    );
    body = render(request, { kind: 'fail', reason: `${characters.join('')}…` });
  } while (Buffer.byteLength(body) > MAX_ANSWER_BYTES && characters.length > 0);
  return body;
}
