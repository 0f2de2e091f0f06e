import { randomBytes, randomUUID } from 'node:crypto';
import { ServiceModels } from '../wire/model';
import { notServed, unservedMember } from './accepts';
import type { Clock } from './clock';
import { holding } from './clock';
import { requestTagKeys, resourceTagKeys } from './condition-keys';
import { Constraints, notAllowed } from './constraints';
import { Fault } from './fault';
import { ConnectionLost, type Faults, fail } from './fault-injection';
import type { Principal } from './principal';
import { missingMember, notGiven } from './required';
import type { Call, ConditionKeys, Operation, Service } from './service';
import { type VariationOptions, type Variations, variationsOf } from './variations';

/** An answer that is a part of a service's state. */
export type DeepReadonly<T> = T extends Date | Uint8Array
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** An SDK command, by the little of it that a direct call needs. Input and output types are inferred from it. */
export interface CommandLike<Input extends object, Output extends object> {
  readonly input: Input;
  readonly schema?: unknown;
  // The SDK's own command type infers its output from here.
  resolveMiddleware(
    stack: never,
    configuration: never,
    options: never,
  ): (args: never) => Promise<{ output: Output }>;
}

/**
 * Decides whether a principal may carry out an action on a resource. @throws Fault when not
 * @param keys what is known of the request, for policies that have conditions
 */
export type Authorizer = (
  principal: Principal,
  action: string,
  resource: string,
  keys?: () => ConditionKeys,
) => void;

/** One call that was made, for the log. */
export interface CallRecord {
  readonly at: number;
  readonly service: string;
  readonly operation: string;
  readonly principal: string;
  /** AWS's error code, when the call was refused. */
  readonly fault?: string;
  readonly message?: string;
}

/** What went to and fro in a call. Both may be parts of a service's state: anyone who keeps them, copies them. */
export interface Exchange {
  readonly input: object;
  /** Left out when the call was refused. */
  readonly output?: object;
}

export interface CoreOptions {
  readonly clock: Clock;
  /** @default '000000000000' */
  readonly account?: string;
  /** @default 'eu-central-1' */
  readonly region?: string;
  /** Called after every API call. @default calls are not recorded */
  readonly onCall?: (record: CallRecord, exchange?: Exchange) => void;
  /** What goes wrong. @default nothing */
  readonly faults?: Faults;
  /** What AWS does not promise. @default calm */
  readonly variations?: VariationOptions;
  /** Shared by cores that are made one after the other. @default its own */
  readonly models?: ServiceModels;
  /** What values AWS takes; shared as models are. @default AWS's own */
  readonly constraints?: Constraints;
}

/** What the services of the local AWS share: time, identity, and a way to call one another. */
export class Core {
  readonly clock: Clock;
  readonly account: string;
  readonly region: string;
  /** URL that clients reach the local AWS at; set once it listens. */
  endpoint = 'http://127.0.0.1:0';
  /** Sessions by access key id; STS adds to it, the wire looks callers up in it. */
  readonly sessions = new Map<string, Principal>();
  /** Set by IAM. Until then everything is allowed. */
  authorizer: Authorizer = () => undefined;
  /**
   * Sees to it that a service has its service-linked role (`imagebuilder.amazonaws.com`): its first use in an account
   * makes it, with the permission of anyone who makes that use. Set by IAM.
   */
  useServiceLinkedRole: (service: string, call: Call) => void = () => undefined;

  /** Told of every call, by whoever carries it out or refuses it. */
  readonly onCall: (record: CallRecord, exchange?: Exchange) => void;

  /** What goes wrong, as services ask it. */
  readonly faults: Faults;

  /** What AWS does not promise, as services ask it. */
  readonly variations: Variations;

  /** What the services' SDK packages say about them. */
  readonly models: ServiceModels;

  private readonly constraints: Constraints;
  private readonly services = new Map<string, Service>();
  private readonly namespaces = new Map<string, Service>();

  constructor(options: CoreOptions) {
    this.clock = options.clock;
    this.account = options.account ?? '000000000000';
    this.region = options.region ?? 'eu-central-1';
    this.onCall = options.onCall ?? (() => undefined);
    this.faults = options.faults ?? {};
    this.variations = variationsOf(options.variations);
    this.models = options.models ?? new ServiceModels();
    this.constraints = options.constraints ?? new Constraints();
  }

  get root(): Principal {
    return { kind: 'root', arn: `arn:aws:iam::${this.account}:root` };
  }

  /** The principal of a part of AWS: `autoscaling.amazonaws.com`. */
  servicePrincipal(service: string): Principal {
    return { kind: 'service', arn: `arn:aws:iam::${this.account}:role/aws-service-role/${service}`, service };
  }

  register(service: Service): void {
    this.services.set(service.signingName, service);
    this.namespaces.set(this.models.namespaceOf(service), service);
  }

  /** A service by its signing name. */
  service(signingName: string): Service | undefined {
    return this.services.get(signingName);
  }

  allServices(): readonly Service[] {
    return [...this.services.values()];
  }

  /** ARN in this account and region; IAM's and S3's leave those out, and are written as they are there. */
  arn(service: string, resource: string): string {
    if (service === 's3') return `arn:aws:s3:::${resource}`;
    return `arn:aws:${service}:${service === 'iam' ? '' : this.region}:${this.account}:${resource}`;
  }

  /** A new id as EC2 makes them: `i-0` and 16 hexadecimal digits. */
  id(prefix: string): string {
    return `${prefix}-0${randomBytes(8).toString('hex')}`;
  }

  /**
   * Makes a call as the given principal, without the wire. What comes back is the caller's own copy.
   * @throws Fault as the service answers it
   */
  async send<Input extends object, Output extends object>(
    command: CommandLike<Input, Output>,
    principal: Principal = this.servicePrincipal('aws.internal'),
  ): Promise<Output> {
    return copyOf(await this.read(command, principal)) as Output;
  }

  /**
   * Like `send`, for a part of AWS that looks often and at much: what comes back may be a part of the other service's
   * state. It is looked at at once, and not kept.
   * @throws Fault as the service answers it
   */
  async read<Input extends object, Output extends object>(
    command: CommandLike<Input, Output>,
    principal: Principal = this.servicePrincipal('aws.internal'),
  ): Promise<DeepReadonly<Output>> {
    const schema = command.schema as readonly unknown[] | undefined;
    const service = this.namespaces.get(String(schema?.[1]));
    if (!service)
      throw new Fault('UnknownService', `The local AWS has no service ${String(schema?.[1])}.`, 501);
    const output = await this.dispatch(service, String(schema?.[2]), command.input, principal);
    return output as DeepReadonly<Output>;
  }

  /**
   * Carries out one operation for a principal: permission first, then the operation itself. The answer may
   * be a part of the service's state: whoever keeps it, copies it.
   */
  async dispatch(
    service: Service,
    operationName: string,
    input: object,
    principal: Principal,
    requestId: string = randomUUID(),
  ): Promise<object> {
    const record = {
      at: this.clock.now(),
      service: service.signingName,
      operation: operationName,
      principal: principal.arn,
    };
    return holding(this.clock, async () => {
      try {
        const disturbance =
          principal.kind === 'service'
            ? undefined
            : this.faults.call?.({
                service: service.signingName,
                operation: operationName,
                principal,
                input,
              });
        if (disturbance && 'before' in disturbance) fail(disturbance.before, 'request');
        const operation = service.operations[operationName] as Operation<object> | undefined;
        if (!operation) {
          throw new Fault(
            'NotImplemented',
            `The local AWS does not serve ${service.signingName}:${operationName}.`,
            501,
          );
        }
        refuseUnserved(service, operationName, operation, input);
        const missing = missingMember(service, operationName, input);
        if (missing) throw notGiven(service, missing);
        const violation = this.constraints.violated(service.signingName, operationName, input);
        if (violation) throw notAllowed(service.signingName, violation);
        const action = operation.action ?? `${service.iamPrefix ?? service.signingName}:${operationName}`;
        const call: Call = {
          core: this,
          principal,
          requestId,
          authorize: (furtherAction, resource, keys) =>
            this.authorizer(principal, furtherAction, resource, () => ({
              ...resourceTagKeys(this, resource),
              ...keys,
            })),
        };
        for (const resource of operation.resources?.(input, call) ?? ['*'])
          this.authorizer(principal, action, resource, () => ({
            ...resourceTagKeys(this, resource),
            ...requestTagKeys(input),
            ...operation.conditionKeys?.(input, call),
          }));
        if (isDryRun(service, operation, input))
          throw new Fault('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
        const output = await operation.run(input, call);
        if (disturbance && 'after' in disturbance) fail(disturbance.after, 'answer');
        this.onCall(record, { input, output });
        return output;
      } catch (error) {
        const fault =
          error instanceof Fault
            ? error.code
            : error instanceof ConnectionLost
              ? 'ConnectionLost'
              : 'InternalFailure';
        const message = error instanceof Error ? error.message : String(error);
        this.onCall({ ...record, fault, message }, { input });
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    for (const service of [...this.services.values()].reverse()) await service.close?.();
  }
}

/** @throws Fault for a request that gives what its operation does not serve */
function refuseUnserved(service: Service, name: string, { accepts }: Operation<object>, input: object): void {
  const unserved = unservedMember(service.hasDryRun ? { DryRun: true, ...accepts } : accepts, input);
  if (unserved) throw notServed(service.signingName, `${name}: ${unserved}`);
}

/** Whether a call is tried only. An operation that asks for further permissions declares the member, and answers itself. */
function isDryRun({ hasDryRun }: Service, { accepts }: Operation<object>, input: object): boolean {
  return Boolean(hasDryRun && 'DryRun' in input && input.DryRun && !Object.hasOwn(accepts, 'DryRun'));
}

/**
 * The caller's own copy of an answer; streams and byte arrays are handed on as they are. Not
 * `structuredClone`: under Jest that gives dates which no serializer takes for dates.
 */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  // Looked at first, because nearly all objects are plain, and the questions below are dear.
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (value instanceof Date) return new Date(value) as T;
    if (ArrayBuffer.isView(value) || 'pipe' in value) return value;
  }
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = copyOf(value[key]);
  return copy as T;
}
