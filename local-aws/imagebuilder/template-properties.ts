import { NormalizedSchema } from '@smithy/core/schema';
import { Fault } from '../core/fault';
import type { Properties } from '../core/service';

/** CloudFormation's names that are not the API's with a capital. */
const RENAMED: Readonly<Record<string, string>> = {
  Version: 'semanticVersion',
  LaunchPermissionConfiguration: 'launchPermission',
};

/**
 * A request of the API from a template's properties: names as the API writes them, and numbers and
 * booleans out of the strings that CloudFormation may make of them.
 * @param schema the request's schema from the SDK package
 * @throws Fault naming a property that the request does not have
 */
export function requestOf<Request extends object>(schema: unknown, properties: Properties): Request {
  return convert(NormalizedSchema.of(schema as never), properties, '') as Request;
}

function convert(schema: NormalizedSchema, value: unknown, path: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (schema.isListSchema() && Array.isArray(value)) {
    return value.map((entry, index) => convert(schema.getValueSchema(), entry, `${path}/${index}`));
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value);
    if (schema.isMapSchema()) {
      return Object.fromEntries(
        entries.map(([key, inner]) => [key, convert(schema.getValueSchema(), inner, `${path}/${key}`)]),
      );
    }
    if (schema.isStructSchema()) {
      const members = schema.getMemberSchemas();
      return Object.fromEntries(
        entries.map(([key, inner]) => {
          const name = RENAMED[key] ?? key.charAt(0).toLowerCase() + key.slice(1);
          const member = members[name];
          if (!member) throw new Fault('ValidationError', `Encountered unsupported property ${path}/${key}`);
          return [name, convert(member, inner, `${path}/${key}`)];
        }),
      );
    }
    throw new Fault(
      'ValidationError',
      `The property ${path} has the wrong type; found ${JSON.stringify(value)}.`,
    );
  }
  if (schema.isBooleanSchema()) return value === true || value === 'true';
  if (schema.isNumericSchema()) return Number(value);
  return String(value);
}
