import type { NormalizedSchema } from '@smithy/core/schema';

/** How deep a sample goes: schemas can hold themselves. */
const DEPTH = 7;

/**
 * A value that has every member its schema names, with text that each protocol must escape. What
 * protocols cannot carry everywhere is undefined: event streams and documents.
 */
export function sample(schema: NormalizedSchema, depth = DEPTH): unknown {
  if (schema.isDocumentSchema() || (schema.isStreaming() && schema.isStructSchema())) return undefined;
  if (schema.isStructSchema()) {
    const members: Record<string, unknown> = {};
    // How many are required, and come first: without them there is no such structure.
    let required = Number((schema.getSchema() as readonly unknown[])[6] ?? 0);
    for (const [name, member] of schema.structIterator()) {
      const value = depth > 0 ? sample(member, depth - 1) : undefined;
      if (value === undefined && required > 0 && depth < DEPTH) return undefined;
      required--;
      if (value === undefined) continue;
      members[name] = value;
      if (schema.isUnionSchema()) break;
    }
    return Object.keys(members).length > 0 || depth === DEPTH ? members : undefined;
  }
  if (schema.isListSchema()) {
    const item = depth > 0 ? sample(schema.getValueSchema(), depth - 1) : undefined;
    return item === undefined ? undefined : [item, item];
  }
  if (schema.isMapSchema()) {
    const value = depth > 0 ? sample(schema.getValueSchema(), depth - 1) : undefined;
    return value === undefined ? undefined : { one: value, two: value };
  }
  return scalar(schema);
}

function scalar(schema: NormalizedSchema): unknown {
  const traits = schema.getMergedTraits();
  if (schema.isBlobSchema()) return new Uint8Array([0, 10, 255]);
  if (schema.isBooleanSchema()) return false;
  if (schema.isNumericSchema()) return traits.httpResponseCode ? 202 : 3;
  if (schema.isBigIntegerSchema()) return 3n;
  if (schema.isTimestampSchema()) return new Date('2026-01-02T03:04:05Z');
  if (!schema.isStringSchema()) return undefined;
  if (traits.hostLabel) return 'host';
  return traits.httpHeader ? 'a b=c;d' : 'a/b & <c> "ü" +%';
}

/** Bytes by their content, whatever kind of array or stream holds them. */
export function comparable(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return `bytes ${[...(value as Uint8Array)]}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    const members = Object.entries(value).filter(
      ([name, member]) => name !== '$metadata' && member !== undefined,
    );
    return Object.fromEntries(members.map(([name, member]) => [name, comparable(member)]));
  }
  return value;
}
