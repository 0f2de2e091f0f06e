import { NormalizedSchema } from '@smithy/core/schema';
import { Fault } from './fault';
import type { Properties, Provisioning } from './service';

/**
 * Turns properties as they stand in a template into an API call's input, by the input's schema: in a
 * template a number or a truth value may be a string.
 * @param schema a structure schema of an SDK package: `RequestLaunchTemplateData$`
 * @param where what the properties belong to, for messages: `AWS::EC2::LaunchTemplate`
 * @throws Fault for a property that the input does not have, or a value of another type
 */
export function templateInput<Input extends object>(
  schema: unknown,
  properties: Properties,
  where: string,
): Input {
  return convert(
    NormalizedSchema.of(schema as Parameters<typeof NormalizedSchema.of>[0]),
    properties,
    where,
  ) as Input;
}

function convert(schema: NormalizedSchema, value: unknown, where: string): unknown {
  const wrong = (expected: string) =>
    new Fault('ValidationError', `${where} is ${JSON.stringify(value)}; it must be ${expected}.`);

  if (value === undefined) return undefined;
  if (schema.isStructSchema()) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object');
    const members = new Map(schema.structIterator());
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const memberSchema = members.get(name);
        if (!memberSchema) throw new Fault('ValidationError', `${where} has no property ${name}.`);
        return [name, convert(memberSchema, member, `${where}: ${name}`)];
      }),
    );
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrong('a list');
    return value.map((item) => convert(schema.getValueSchema(), item, where));
  }
  if (schema.isNumericSchema()) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || Number.isNaN(number)) throw wrong('a number');
    return number;
  }
  if (schema.isBooleanSchema()) {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw wrong('true or false');
  }
  if (schema.isStringSchema()) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) throw wrong('a text');
    return String(value);
  }
  return value;
}

/** A resource's own tags and its stack's; the resource's win. */
export function withStackTags(tags: unknown, { stackTags }: Provisioning): { Key: string; Value: string }[] {
  const own = (tags ?? []) as { Key: string; Value: string }[];
  const inherited = stackTags.filter(({ Key }) => !own.some((tag) => tag.Key === Key));
  return [...own.map(({ Key, Value }) => ({ Key, Value: String(Value) })), ...inherited];
}

/** What a resource was given before an update: the stack's tags of then. */
export function asBefore(provisioning: Provisioning): Provisioning {
  return { ...provisioning, stackTags: provisioning.formerStackTags ?? provisioning.stackTags };
}

/** Carries out a deletion; a resource that is gone already, by the fault's code, is fine. */
export async function unlessGone(deletion: Promise<unknown>, goneCode: RegExp): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!(error instanceof Fault && goneCode.test(error.code))) throw error;
  }
}
