import { validationCode } from './accepts';
import { Fault } from './fault';
import type { Service } from './service';

/** A shape in an SDK package's schemas: a number for a simple one, else its kind first. */
type Shape = number | string | readonly unknown[] | (() => Shape);

const LIST = 1;
const MAP = 2;
const STRUCTURE = 3;

/** Where the kinds above have their parts. */
const ITEM = 4;
const VALUE = 5;
const NAMES = 4;
const MEMBERS = 5;
/** How many of a structure's members are required: those come first. */
const REQUIRED = 6;

/** Trait of a member that SDK clients fill where the caller does not. */
const IDEMPOTENCY_TOKEN = 4;

/**
 * Holds a request against its shape.
 * @param operation name, as the SDK package's schemas have it
 * @returns the path of a required member that is not given: `Ebs.VolumeSize`
 */
export function missingMember(
  { sdk }: Pick<Service, 'sdk'>,
  operation: string,
  input: object,
): string | undefined {
  const schema = sdk[`${operation}$`];
  return Array.isArray(schema) ? inShape(schema[4] as Shape, input, '') : undefined;
}

function inShape(shape: Shape, value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = typeof shape === 'function' ? shape() : shape;
  if (!Array.isArray(found)) return undefined;
  // A member with traits of its own: its shape comes first. Else there is a kind, and then a namespace.
  if (typeof found[1] !== 'string') return inShape(found[0] as Shape, value, path);
  switch (found[0]) {
    case STRUCTURE:
      return inStructure(found, value, path);
    case LIST:
      return first(Object.entries(value), ([index, item]) =>
        inShape(found[ITEM] as Shape, item, `${path}[${index}]`),
      );
    case MAP:
      return first(Object.entries(value), ([key, item]) =>
        inShape(found[VALUE] as Shape, item, `${path}.${key}`),
      );
    default:
      return undefined;
  }
}

function inStructure(shape: readonly unknown[], value: object, path: string): string | undefined {
  const names = shape[NAMES] as readonly string[];
  const members = shape[MEMBERS] as readonly Shape[];
  const given = value as Readonly<Record<string, unknown>>;
  const pathOf = (name: string) => (path ? `${path}.${name}` : name);
  const required = Number(shape[REQUIRED] ?? 0);
  for (let index = 0; index < required; index++) {
    const name = names[index]!;
    if ((given[name] ?? undefined) === undefined && !isToken(members[index]!)) return pathOf(name);
  }
  return first(Object.entries(given), ([name, member]) =>
    inShape(members[names.indexOf(name)] ?? 0, member, pathOf(name)),
  );
}

function isToken(member: Shape): boolean {
  const traits: unknown = Array.isArray(member) ? member[1] : undefined;
  if (typeof traits === 'number') return (traits & IDEMPOTENCY_TOKEN) !== 0;
  return typeof traits === 'object' && traits !== null && 'idempotencyToken' in traits;
}

/** Members of an operation's input that SDK clients fill with a token where the caller gives none. */
export function tokenMembers({ sdk }: Pick<Service, 'sdk'>, operation: string): readonly string[] {
  const schema = sdk[`${operation}$`];
  const input: Shape = Array.isArray(schema) ? (schema[4] as Shape) : 0;
  const shape = typeof input === 'function' ? input() : input;
  if (!Array.isArray(shape) || shape[0] !== STRUCTURE) return [];
  const members = shape[MEMBERS] as readonly Shape[];
  return (shape[NAMES] as readonly string[]).filter((_, index) => isToken(members[index]!));
}

/** The refusal of a request that lacks a member, in its service's words. */
export function notGiven({ signingName }: Pick<Service, 'signingName'>, member: string): Fault {
  const name = member.replace(/(^|\.)[A-Z]/g, (letter) => letter.toLowerCase());
  if (signingName === 'ec2')
    return new Fault('MissingParameter', `The request must contain the parameter ${name}`);
  const [code, status] = validationCode(signingName);
  return new Fault(
    code,
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
    status,
  );
}

function first<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}
