import { validationError } from './faults';

type Json = Readonly<Record<string, unknown>>;

/** A place in a template that names something: a parameter, a resource, or a resource's attribute. */
export interface Reference {
  readonly name: string;
  readonly attribute?: string;
}

/** Whether it is a structure, and neither a list nor a plain value. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `A.B.C` is attribute `B.C` of resource `A`. */
export function splitAttribute(text: string): [string, string] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
}

/** Resource and attribute of an `Fn::GetAtt`, in either of its forms. */
export function attributeReference(argument: unknown): [resource: string, attribute: unknown] {
  if (typeof argument === 'string') return splitAttribute(argument);
  if (Array.isArray(argument) && argument.length >= 2 && typeof argument[0] === 'string')
    return [argument[0], argument.length === 2 ? argument[1] : argument.slice(1).join('.')];
  throw validationError(
    'Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute',
  );
}

/** Text of an `Fn::Sub` and the values it brings along. */
export function substitution(argument: unknown): [text: string, values: Json] {
  const [text, values] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof text !== 'string' || !isObject(values)) {
    throw validationError(
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    );
  }
  return [text, values];
}

/** `${Name}` in an `Fn::Sub`; `${!Name}` stays as it is, less the mark. */
export const PLACEHOLDER = /\$\{(!?)([^}]*)\}/g;

/**
 * Everything that a value refers to.
 * @param chosen decides each `Fn::If`; without it, both branches are looked into
 */
export function referencesOf(value: unknown, chosen?: (condition: string) => boolean): Reference[] {
  if (Array.isArray(value)) return value.flatMap((item) => referencesOf(item, chosen));
  if (!isObject(value)) return [];
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length !== 1 || name === undefined)
    return entries.flatMap(([, member]) => referencesOf(member, chosen));
  switch (name) {
    case 'Ref':
      return [{ name: String(argument) }];
    case 'Fn::GetAtt': {
      const [resource, attribute] = attributeReference(argument);
      return [{ name: resource, attribute: String(attribute) }, ...referencesOf(attribute, chosen)];
    }
    case 'Fn::Sub': {
      const [text, values] = substitution(argument);
      const placeholders = [...text.matchAll(PLACEHOLDER)]
        .filter(([, literal, key]) => !literal && key !== undefined && !(key.trim() in values))
        .map(([, , key]): Reference => {
          const [resource, attribute] = splitAttribute(key!.trim());
          return attribute ? { name: resource, attribute } : { name: resource };
        });
      return [...placeholders, ...referencesOf(values, chosen)];
    }
    case 'Fn::If': {
      if (!chosen || !Array.isArray(argument)) return referencesOf(argument, chosen);
      return referencesOf(argument[chosen(String(argument[0])) ? 1 : 2], chosen);
    }
    default:
      return referencesOf(argument, chosen);
  }
}
