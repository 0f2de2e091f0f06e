import { validationCode } from './accepts';
import table from './constraints.json';
import { Fault } from './fault';

/** What values AWS takes, by signing name; `test/outside/write_constraints.py` writes it from botocore's models. */
export interface ConstraintTable {
  readonly services: Readonly<Record<string, ServiceConstraints>>;
}

interface ServiceConstraints {
  /** Name of each operation's input shape; null where no value is constrained. */
  readonly operations: Readonly<Record<string, string | null>>;
  readonly shapes: Readonly<Record<string, ShapeConstraints>>;
}

/** What a shape constrains. Of its parts, those are named that constrain something, or hold what does. */
export interface ShapeConstraints {
  readonly values?: readonly string[];
  /** A regular expression that the whole text must match. */
  readonly pattern?: string;
  /** The least number; `max` is the greatest. */
  readonly min?: number;
  readonly max?: number;
  /** The least characters of a text, items of a list or entries of a map; `maxLength` are the most. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly members?: Readonly<Record<string, string>>;
  /** A list's items. */
  readonly items?: string;
  /** A map's keys and entries. */
  readonly keys?: string;
  readonly entries?: string;
}

/** AWS's own, as its models have them. */
export const AWS_CONSTRAINTS: ConstraintTable = table;

/** Every value passes. */
export const NO_CONSTRAINTS: ConstraintTable = { services: {} };

/** A value that AWS refuses. */
export interface Violation {
  /** Where in the request: `lifecycleHookSpecificationList.1.member.lifecycleHookName`. */
  readonly path: string;
  readonly value: unknown;
  /** `Member must have length less than or equal to 255`. */
  readonly constraint: string;
  readonly of: ShapeConstraints;
}

/** Holds the values of requests against enumerations, patterns, lengths and ranges. */
export class Constraints {
  private readonly inputs = new Map<string, ReadonlyMap<string, Shape>>();

  constructor(private readonly table: ConstraintTable = AWS_CONSTRAINTS) {}

  /** The first value that AWS refuses. One that has not its shape's type is left to others. */
  violated(signingName: string, operation: string, input: object): Violation | undefined {
    const shape = this.inputsOf(signingName).get(operation);
    return shape && inMembers(shape, input);
  }

  private inputsOf(signingName: string): ReadonlyMap<string, Shape> {
    const known = this.inputs.get(signingName);
    if (known) return known;
    const inputs = inputsOf(this.table.services[signingName] ?? { operations: {}, shapes: {} });
    this.inputs.set(signingName, inputs);
    return inputs;
  }
}

/** A shape with its parts, which may hold it in turn. */
class Shape {
  readonly values?: ReadonlySet<string>;
  readonly pattern?: RegExp;
  members: readonly (readonly [name: string, shape: Shape])[] = [];
  items?: Shape;
  keys?: Shape;
  entries?: Shape;

  constructor(readonly of: ShapeConstraints) {
    if (of.values) this.values = new Set(of.values);
    if (of.pattern !== undefined) this.pattern = new RegExp(`^(?:${of.pattern})$`, 'u');
  }

  connect(shapes: ReadonlyMap<string, Shape>): void {
    const find = (name: string | undefined) => (name === undefined ? undefined : shapes.get(name));
    this.members = Object.entries(this.of.members ?? {}).map(([name, of]) => [name, shapes.get(of)!]);
    this.items = find(this.of.items);
    this.keys = find(this.of.keys);
    this.entries = find(this.of.entries);
  }
}

/** Input shapes by operation. */
function inputsOf({ operations, shapes }: ServiceConstraints): ReadonlyMap<string, Shape> {
  const made = new Map(Object.entries(shapes).map(([name, of]) => [name, new Shape(of)]));
  for (const shape of made.values()) shape.connect(made);
  return new Map(Object.entries(operations).flatMap(([name, of]) => (of ? [[name, made.get(of)!]] : [])));
}

// Nothing is allocated for values that pass: a simulation makes millions of calls.

function inMembers({ members }: Shape, value: object): Violation | undefined {
  for (const [name, shape] of members) {
    const member: unknown = value[name as keyof typeof value];
    if (member === undefined || member === null) continue;
    const found = inValue(shape, member);
    if (found) return below(memberPath(name), found);
  }
  return undefined;
}

function inValue(shape: Shape, value: unknown): Violation | undefined {
  if (typeof value !== 'object') return at(value, unmet(shape, value), shape);
  if (value === null || value instanceof Date || ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value))
    return at(value, sizeUnmet(shape.of, value.length), shape) ?? inItems(shape, value);
  if (shape.members.length > 0) return inMembers(shape, value);
  return inMap(shape, value);
}

function inItems({ items }: Shape, value: readonly unknown[]): Violation | undefined {
  if (!items) return undefined;
  for (let index = 0; index < value.length; index++) {
    const found = inValue(items, value[index]);
    if (!found) continue;
    return found.path === '' ? ofAll(value, 'Member', items) : below(`${index + 1}.member`, found);
  }
  return undefined;
}

function inMap(shape: Shape, value: object): Violation | undefined {
  const { keys, entries, of } = shape;
  if (of.minLength !== undefined || of.maxLength !== undefined) {
    const size = at(value, sizeUnmet(of, Object.keys(value).length), shape);
    if (size) return size;
  }
  for (const key in value) {
    if (keys && inValue(keys, key)) return ofAll(value, 'Map keys', keys);
    const entry: unknown = value[key as keyof typeof value];
    const found = entries && inValue(entries, entry);
    if (!found) continue;
    return found.path === '' ? ofAll(value, 'Map value', entries) : below(`${key}.member`, found);
  }
  return undefined;
}

/** What is said of a list or a map that holds a wrong value: all constraints that such a value has. */
function ofAll(value: unknown, which: string, { of }: Shape): Violation {
  const { values, pattern, min, max, minLength, maxLength } = of;
  const constraints = [
    max !== undefined && `Member must have value less than or equal to ${max}`,
    min !== undefined && `Member must have value greater than or equal to ${min}`,
    maxLength !== undefined && `Member must have length less than or equal to ${maxLength}`,
    minLength !== undefined && `Member must have length greater than or equal to ${minLength}`,
    pattern && `Member must satisfy regular expression pattern: ${pattern}`,
    values && `Member must satisfy enum value set: [${values.join(', ')}]`,
  ].filter(Boolean);
  return { path: '', value, constraint: `${which} must satisfy constraint: [${constraints.join(', ')}]`, of };
}

/** What a text or a number lacks. */
function unmet(shape: Shape, value: unknown): string | undefined {
  if (typeof value === 'number') {
    const { min, max } = shape.of;
    if (max !== undefined && value > max) return `Member must have value less than or equal to ${max}`;
    if (min !== undefined && value < min) return `Member must have value greater than or equal to ${min}`;
    return undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (shape.values && !shape.values.has(value))
    return `Member must satisfy enum value set: [${shape.of.values!.join(', ')}]`;
  const size = sizeUnmet(shape.of, value.length, value);
  if (size) return size;
  if (shape.pattern && !shape.pattern.test(value))
    return `Member must satisfy regular expression pattern: ${shape.of.pattern}`;
  return undefined;
}

/** @param text what is that long, in UTF-16; AWS counts characters */
function sizeUnmet(
  { minLength: min, maxLength: max }: ShapeConstraints,
  units: number,
  text?: string,
): string | undefined {
  if (max !== undefined && units > max && (text === undefined || [...text].length > max))
    return `Member must have length less than or equal to ${max}`;
  if (min !== undefined && (units < min || (text !== undefined && units < 2 * min && [...text].length < min)))
    return `Member must have length greater than or equal to ${min}`;
  return undefined;
}

function at(value: unknown, constraint: string | undefined, { of }: Shape): Violation | undefined {
  return constraint === undefined ? undefined : { path: '', value, constraint, of };
}

function below(path: string, found: Violation): Violation {
  return { ...found, path: found.path ? `${path}.${found.path}` : path };
}

/** As AWS's frameworks write it: `launchTemplateName`. */
function memberPath(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Characters of a value that a message shows. */
const SHOWN = 200;

/** The refusal of a request with such a value, in its service's words. */
export function notAllowed(signingName: string, violation: Violation): Fault {
  if (signingName === 'ec2') return new Fault('InvalidParameterValue', inEc2sWords(violation));
  const { path, value, constraint } = violation;
  const message = `1 validation error detected: Value '${shown(value)}' at '${path}' failed to satisfy constraint: ${constraint}`;
  if (signingName === 's3')
    // What is below a member stands in a document, the others in headers and parameters.
    return path.includes('.')
      ? new Fault(
          'MalformedXML',
          'The XML you provided was not well-formed or did not validate against our published schema',
        )
      : new Fault('InvalidArgument', message);
  // Lambda has another code for what it refuses itself.
  if (signingName === 'lambda') return new Fault('ValidationException', message);
  const [code, status] = validationCode(signingName);
  return new Fault(code, message, status);
}

function inEc2sWords({ path, value, of }: Violation): string {
  const name = path.replaceAll('.member', '');
  const { values, pattern, min, max, minLength = 0, maxLength } = of;
  if (typeof value === 'number') {
    const range = max === undefined ? `of ${min} or more` : `from ${min ?? 0} to ${max}`;
    return `Value ( ${value} ) for parameter ${name} is invalid. Expecting a value ${range}.`;
  }
  const rules = [
    values && `Valid values: ${values.join(', ')}.`,
    (minLength > 0 || maxLength !== undefined) &&
      `Expecting a length of ${minLength} ${maxLength === undefined ? 'or more' : `to ${maxLength}`}.`,
    pattern && `Expecting ${pattern}.`,
  ];
  return `Value (${shown(value)}) for parameter ${name} is invalid. ${rules.filter(Boolean).join(' ')}`;
}

/** As Java prints it: `[a, b]`, `{key=value}`. */
function shown(value: unknown): string {
  const text = inJava(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function inJava(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inJava).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, entry]) => `${key}=${inJava(entry)}`);
  return `{${entries.join(', ')}}`;
}
