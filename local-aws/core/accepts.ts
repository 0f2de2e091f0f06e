import { Fault } from './fault';

/**
 * What the members of a request mean to the local AWS. A member that stands in no declaration is refused:
 * nothing is accepted and ignored.
 *
 * - `true`: it is used.
 * - a text: it is kept, or has no effect, for this reason.
 * - `only(false)`: these values are fine, others are refused.
 * - an object: the members of a structure. Lists are looked through; the values of a map stand under `'*'`.
 * - `whole`: a recursive structure that is read whatever it holds.
 */
export type Accepts<Structure> = {
  readonly [Member in keyof Structure]?: Accept<NonNullable<Structure[Member]>>;
};

/** The same of a resource type's properties. `true` is also what goes into an API call as it stands, which checks it. */
export interface AcceptedProperties {
  readonly [property: string]: true | string | Only<string | number | boolean> | AcceptedProperties;
}

type Accept<Value> = [Extract<Value, Scalar>] extends [never]
  ? string | (Value extends readonly (infer Item)[] ? Accept<NonNullable<Item>> : AcceptObject<Value>)
  : true | string | Only<Value>;

type AcceptObject<Value> = string extends keyof Value
  ? AcceptMap<NonNullable<Value[string & keyof Value]>>
  : Accepts<Value> | typeof whole;

type AcceptMap<Value> = [Extract<Value, Scalar>] extends [never] ? { readonly '*': Accept<Value> } : true;

/** What is no structure, list or map; a stream and a document may be one of these. */
type Scalar = string | number | bigint | boolean | Date | Uint8Array;

/** Values of a member that are served. */
export class Only<out Value> {
  constructor(readonly values: readonly Value[]) {}
}

/** These values of a member are fine, such as AWS's default said explicitly; of a list, each item is asked. */
export function only<const Value extends string | number | boolean>(...values: Value[]): Only<Value> {
  return new Only(values);
}

/** No value is fine: a list may be given empty. */
export const none: Only<never> = new Only([]);

/** Structures that hold themselves, and are read to their end. */
export const whole: unique symbol = Symbol('whole');

/** Codes by which services refuse a parameter; the others say `ValidationException`. */
const validationCodes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  autoscaling: ['ValidationError', 400],
  cloudformation: ['ValidationError', 400],
  ec2: ['UnsupportedOperation', 400],
  elasticloadbalancing: ['ValidationError', 400],
  iam: ['ValidationError', 400],
  imagebuilder: ['InvalidParameterException', 400],
  lambda: ['InvalidParameterValueException', 400],
  logs: ['InvalidParameterException', 400],
  monitoring: ['ValidationError', 400],
  // What S3 itself says of a header or a parameter that "implies functionality that is not implemented".
  s3: ['NotImplemented', 501],
  sts: ['ValidationError', 400],
};

/** The refusal of a request that asks for what AWS has and the local AWS has not. @param service its signing name */
export function notServed(service: string, message: string): Fault {
  const [code, status] = validationCode(service);
  return new Fault(code, message, status);
}

/** How a service refuses a parameter: its code, and the HTTP status. */
export function validationCode(service: string): readonly [code: string, status: number] {
  return validationCodes[service] ?? ['ValidationException', 400];
}

/**
 * Holds a request against its operation's declaration.
 * @returns what is not served, as the message of a refusal
 */
export function unservedMember(accepts: object, input: object): string | undefined {
  return inStructure(accepts, input, '');
}

function inStructure(accepts: object, value: object, path: string): string | undefined {
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || member === null) continue;
    const accept = Object.hasOwn(accepts, name) ? accepts[name as keyof typeof accepts] : undefined;
    const found = inMember(accept, member, `${path}${name}`);
    if (found) return found;
  }
  return undefined;
}

function inMember(accept: unknown, value: unknown, path: string): string | undefined {
  if (accept === undefined) return `${path} is not served by the local AWS.`;
  if (accept === true || accept === whole || typeof accept === 'string') return undefined;
  if (Array.isArray(value)) {
    return firstOf(value, (item, index) => inMember(accept, item, `${path}[${index}]`));
  }
  if (accept instanceof Only) {
    // A template may say `true` as a text.
    return accept.values.some((one) => String(one) === String(value))
      ? undefined
      : `${path} = ${value} is not served by the local AWS; only ${accept.values.join(', ') || 'none'} is.`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(accept as object, '*')) {
    const each = (accept as { '*': unknown })['*'];
    return firstOf(Object.entries(value), ([key, item]) => inMember(each, item, `${path}.${key}`));
  }
  return inStructure(accept as object, value, `${path}.`);
}

function firstOf<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found) return found;
  }
  return undefined;
}
