import { Fault } from './fault';
import type { Principal } from './principal';

/** A call that is about to be carried out. */
export interface AnnouncedCall {
  /** Signing name: `autoscaling`. */
  readonly service: string;
  readonly operation: string;
  readonly principal: Principal;
  readonly input: object;
}

/**
 * What goes wrong with a call: `before` it had its effect, or `after`. An error is answered; when the
 * connection is `lost`, the caller hears nothing, and can't tell whether there was an effect.
 */
export type Disturbance = { readonly before: Fault | 'lost' } | { readonly after: Fault | 'lost' };

/**
 * When something that happens once happens after all, in milliseconds from now: `[0]` at once and once,
 * `[]` never, `[0, 0]` twice, `[30_000]` late, and so perhaps after what came later.
 */
export type Occurrences = readonly number[];

/**
 * What goes wrong in the local AWS: nothing, where these functions are left out. They decide alone; a
 * test that wants chance has to bring its own, seeded.
 */
export interface Faults {
  /** Asked before each call by a role or the administrator; calls of services among themselves always work. */
  readonly call?: (call: AnnouncedCall) => Disturbance | undefined;
  /** Asked for each target that EventBridge delivers an event to; it promises to deliver at least once, in no order. */
  readonly delivery?: (delivery: { readonly event: object; readonly rule: string }) => Occurrences;
  /** Asked for each asynchronous invocation; Lambda promises to carry it out at least once. */
  readonly invocation?: (invocation: {
    readonly functionName: string;
    readonly event: unknown;
  }) => Occurrences;
}

/** A connection that broke. Its code is Node's, and its name the SDK's, so that clients take it for what it is. */
export class ConnectionLost extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ECONNRESET';
}

/** @throws Fault ConnectionLost what the caller of a disturbed call gets to hear */
export function fail(fault: Fault | 'lost', what: 'request' | 'answer'): never {
  throw fault === 'lost' ? new ConnectionLost(`The ${what} was lost: socket hang up`) : fault;
}

/** Codes by which services refuse what is too much; the others say `ThrottlingException`. */
const throttlingCodes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  autoscaling: ['Throttling', 400],
  cloudformation: ['Throttling', 400],
  dynamodb: ['ProvisionedThroughputExceededException', 400],
  ec2: ['RequestLimitExceeded', 503],
  elasticloadbalancing: ['Throttling', 400],
  iam: ['Throttling', 400],
  imagebuilder: ['CallRateLimitExceededException', 429],
  lambda: ['TooManyRequestsException', 429],
  monitoring: ['Throttling', 400],
  s3: ['SlowDown', 503],
  sts: ['Throttling', 400],
};

/** The error with which a service refuses a call that is one too many. @param service its signing name */
export function throttling(service: string): Fault {
  const [code, status] = throttlingCodes[service] ?? ['ThrottlingException', 400];
  return new Fault(code, 'Rate exceeded', status);
}

/** Codes of services' own failures; the others say `InternalFailure`. */
const internalCodes: Readonly<Record<string, string>> = {
  dynamodb: 'InternalServerError',
  ec2: 'InternalError',
  events: 'InternalException',
  imagebuilder: 'ServiceException',
  lambda: 'ServiceException',
  s3: 'InternalError',
  ssm: 'InternalServerError',
};

/** The error with which a service says that it failed itself. @param service its signing name */
export function internalError(service: string): Fault {
  return new Fault(
    internalCodes[service] ?? 'InternalFailure',
    'We encountered an internal error. Please try again.',
    500,
  );
}
