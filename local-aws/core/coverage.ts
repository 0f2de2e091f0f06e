import { NormalizedSchema } from '@smithy/core/schema';
import { Only, whole } from './accepts';
import type { Service } from './service';

/** What a request's member, nested ones included, means to the local AWS. */
export interface Member {
  /** `LaunchTemplate.Version`; lists are looked through, a map's values are `*`. */
  readonly path: string;
  readonly meaning:
    | { readonly kind: 'used' }
    | { readonly kind: 'whole'; readonly isRecursive: boolean }
    | { readonly kind: 'kept'; readonly why: string }
    | { readonly kind: 'only'; readonly values: readonly unknown[] }
    | { readonly kind: 'refused' }
    /** Declared, and not in the service's schema. */
    | { readonly kind: 'unknown' };
}

/** The schema of an operation's input, as the service's SDK package has it. */
export function inputSchema({ sdk }: Service, operation: string): NormalizedSchema {
  const schema = sdk[`${operation}$`] as readonly unknown[] | undefined;
  if (!schema) throw new Error(`The SDK package has no operation ${operation}.`);
  return NormalizedSchema.of(schema[4] as Parameters<typeof NormalizedSchema.of>[0]);
}

/** Every input member of an operation, by its declaration; what lies in a member that is refused is not told apart. */
export function membersOf(service: Service, operation: string): Member[] {
  const { accepts } = service.operations[operation] ?? {};
  return accepts ? inStructure(inputSchema(service, operation), accepts, '') : [];
}

function inStructure(schema: NormalizedSchema, accepts: object, path: string): Member[] {
  const members = schema.isStructSchema() ? [...schema.structIterator()] : [];
  const names = new Set(members.map(([name]) => name));
  const unknown = Object.keys(accepts).filter((name) => !names.has(name));
  return [
    ...members.flatMap(([name, member]) =>
      inMember(member, accepts[name as keyof typeof accepts], `${path}${name}`),
    ),
    ...unknown.map((name): Member => ({ path: `${path}${name}`, meaning: { kind: 'unknown' } })),
  ];
}

function inMember(schema: NormalizedSchema, accept: unknown, path: string): Member[] {
  if (accept === undefined) return [{ path, meaning: { kind: 'refused' } }];
  if (accept === true) return [{ path, meaning: { kind: 'used' } }];
  if (typeof accept === 'string') return [{ path, meaning: { kind: 'kept', why: accept } }];
  if (accept === whole) return [{ path, meaning: { kind: 'whole', isRecursive: isRecursive(schema) } }];
  if (accept instanceof Only) return [{ path, meaning: { kind: 'only', values: accept.values } }];
  if (schema.isListSchema()) return inMember(schema.getValueSchema(), accept, path);
  if (schema.isMapSchema())
    return inMember(schema.getValueSchema(), (accept as { '*'?: unknown })['*'], `${path}.*`);
  return inStructure(schema, accept as object, `${path}.`);
}

/** Whether a structure can hold one of its kind. */
function isRecursive(schema: NormalizedSchema, above: readonly string[] = []): boolean {
  if (schema.isListSchema() || schema.isMapSchema()) return isRecursive(schema.getValueSchema(), above);
  if (!schema.isStructSchema()) return false;
  const name = schema.getName(true) ?? '';
  if (above.includes(name)) return true;
  return [...schema.structIterator()].some(([, member]) => isRecursive(member, [...above, name]));
}

/**
 * The smallest input that gives a member.
 * @param value what the member is, where its declaration serves certain values; anything of its type when left out
 */
export function inputWith(service: Service, operation: string, path: string, value?: unknown): object {
  return build(inputSchema(service, operation), path.split('.'), value) as object;
}

function build(schema: NormalizedSchema, path: readonly string[], value: unknown): unknown {
  if (schema.isListSchema()) return [build(schema.getValueSchema(), path, value)];
  const [name, ...rest] = path;
  if (schema.isMapSchema()) return { key: build(schema.getValueSchema(), name === '*' ? rest : [], value) };
  if (name === undefined) return value ?? sample(schema);
  for (const [member, memberSchema] of schema.structIterator())
    if (member === name) return { [name]: build(memberSchema, rest, value) };
  throw new Error(`There is no member ${name}.`);
}

function sample(schema: NormalizedSchema): unknown {
  if (schema.isNumericSchema()) return 1;
  if (schema.isBooleanSchema()) return true;
  if (schema.isTimestampSchema()) return new Date(0);
  if (schema.isBlobSchema()) return new Uint8Array();
  if (schema.isStructSchema()) return {};
  return 'text';
}
