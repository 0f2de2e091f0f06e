import { validationError } from './faults';
import { attributeReference, isObject, PLACEHOLDER, substitution } from './references';

/** What a change set shows for a value that only the update itself will tell; AWS writes it so. */
export const KNOWN_AFTER_APPLY = '{{changeSet:KNOWN_AFTER_APPLY}}';

/** Where intrinsic functions find their values. Every method throws a Fault for what is not there. */
export interface Scope {
  /** Value of a parameter, a pseudo parameter, or the physical id of a resource. */
  ref(name: string): unknown;
  getAtt(resource: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, key: string, secondKey: string): unknown;
  importValue(name: string): unknown;
  availabilityZones(region: string): readonly string[];
}

/** What `Ref: AWS::NoValue` stands for: the member that holds it is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Resolver = (argument: unknown, scope: Scope) => unknown;

/**
 * A value with all its intrinsic functions carried out.
 * @throws Fault ValidationError for a function that is unknown or has wrong arguments
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value))
    return value.map((item) => resolve(item, scope)).filter((item) => item !== NO_VALUE);
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined) {
    if (name === 'Ref') return scope.ref(String(argument));
    if (name === 'Condition' && typeof argument === 'string') return scope.condition(argument);
    if (name.startsWith('Fn::')) return functionNamed(name)(argument, scope);
  }
  return Object.fromEntries(
    entries
      .map(([key, member]) => [key, resolve(member, scope)] as const)
      .filter(([, member]) => member !== NO_VALUE),
  );
}

/** A condition's value. @throws Fault ValidationError when it is none */
export function evaluateCondition(value: unknown, scope: Scope): boolean {
  const result = resolve(value, scope);
  if (typeof result === 'boolean') return result;
  if (result === 'true' || result === 'false') return result === 'true';
  throw validationError(
    `Template format error: Conditions can only be boolean operators on parameters and other conditions; found ${JSON.stringify(value)}`,
  );
}

/** Whether a value holds nothing that is known only after the update. */
export function isKnown(value: unknown): boolean {
  return !JSON.stringify(value ?? null).includes(KNOWN_AFTER_APPLY);
}

function functionNamed(name: string): Resolver {
  const found = functions[name];
  if (!found) throw validationError(`Template error: the local AWS does not know the function ${name}.`);
  return found;
}

/** A function of resolved arguments; as long as one of them is not known, neither is the result. */
function eager(
  name: string,
  count: number | undefined,
  run: (args: readonly unknown[]) => unknown,
): Resolver {
  return (argument, scope) => {
    const args = resolve(argument, scope);
    if (!Array.isArray(args) || (count !== undefined && args.length !== count)) {
      const expected = count === undefined ? 'a list of arguments' : `a list of ${count} arguments`;
      throw validationError(`Template error: ${name} needs ${expected}; found ${JSON.stringify(args)}`);
    }
    return isKnown(args) ? run(args) : KNOWN_AFTER_APPLY;
  };
}

function text(value: unknown, where: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw validationError(`Template error: ${where} needs a string; found ${JSON.stringify(value)}`);
}

function list(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw validationError(`Template error: ${where} needs a list; found ${JSON.stringify(value)}`);
}

function truth(value: unknown, where: string): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw validationError(`Template error: ${where} needs conditions; found ${JSON.stringify(value)}`);
}

function same(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return plain(a) === plain(b);
}

const functions: Readonly<Record<string, Resolver>> = {
  'Fn::GetAtt': (argument, scope) => {
    const [resource, attribute] = attributeReference(argument);
    return scope.getAtt(resource, text(resolve(attribute, scope), 'Fn::GetAtt'));
  },
  'Fn::Sub': (argument, scope) => {
    const [template, values] = substitution(argument);
    return template.replace(PLACEHOLDER, (whole, literal: string, key: string) => {
      if (literal) return `\${${key}}`;
      const name = key.trim();
      if (!name) throw validationError(`Template error: an empty placeholder ${whole} in Fn::Sub`);
      const expression =
        name in values ? values[name] : name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name };
      return text(resolve(expression, scope), `${whole} in Fn::Sub`);
    });
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list(resolve(argument, scope), 'Fn::Join');
    if (parts === KNOWN_AFTER_APPLY) return KNOWN_AFTER_APPLY;
    return list(parts, 'Fn::Join')
      .map((part) => text(part, 'Fn::Join'))
      .join(text(separator, 'Fn::Join'));
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = list(resolve(argument, scope), 'Fn::Select');
    // Only the selected item has to be known, unless the list's own length is not.
    if (items === KNOWN_AFTER_APPLY || index === KNOWN_AFTER_APPLY) return KNOWN_AFTER_APPLY;
    const values = list(items, 'Fn::Select');
    const position = Number(index);
    if (!Number.isInteger(position) || position < 0 || position >= values.length) {
      throw validationError(
        `Template error: Fn::Select cannot select nonexistent value at index ${String(index)}`,
      );
    }
    return values[position];
  },
  'Fn::Split': eager('Fn::Split', 2, ([separator, value]) =>
    text(value, 'Fn::Split').split(text(separator, 'Fn::Split')),
  ),
  'Fn::If': (argument, scope) => {
    if (!Array.isArray(argument) || argument.length !== 3)
      throw validationError('Template error: Fn::If requires a list argument with three elements');
    return resolve(argument[scope.condition(String(argument[0])) ? 1 : 2], scope);
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, key, secondKey, options] = list(resolve(argument, scope), 'Fn::FindInMap');
    try {
      return scope.mapping(
        text(map, 'Fn::FindInMap'),
        text(key, 'Fn::FindInMap'),
        text(secondKey, 'Fn::FindInMap'),
      );
    } catch (error) {
      if (isObject(options) && 'DefaultValue' in options) return options.DefaultValue;
      throw error;
    }
  },
  'Fn::Base64': (argument, scope) => {
    const value = text(resolve(argument, scope), 'Fn::Base64');
    return isKnown(value) ? Buffer.from(value, 'utf8').toString('base64') : KNOWN_AFTER_APPLY;
  },
  'Fn::GetAZs': (argument, scope) => {
    const region = text(resolve(argument, scope), 'Fn::GetAZs');
    return scope.availabilityZones(region || String(scope.ref('AWS::Region')));
  },
  'Fn::ImportValue': (argument, scope) =>
    scope.importValue(text(resolve(argument, scope), 'Fn::ImportValue')),
  'Fn::Cidr': (argument, scope) => {
    const [block, count, bits] = list(resolve(argument, scope), 'Fn::Cidr');
    if (!isKnown([block, count, bits])) return Array(Number(count) || 1).fill(KNOWN_AFTER_APPLY);
    return subnets(text(block, 'Fn::Cidr'), Number(count), Number(bits ?? 8));
  },
  'Fn::Equals': eager('Fn::Equals', 2, ([a, b]) => same(a, b)),
  'Fn::And': eager('Fn::And', undefined, (conditions) => conditions.every((one) => truth(one, 'Fn::And'))),
  'Fn::Or': eager('Fn::Or', undefined, (conditions) => conditions.some((one) => truth(one, 'Fn::Or'))),
  'Fn::Not': eager('Fn::Not', 1, ([condition]) => !truth(condition, 'Fn::Not')),
  'Fn::Contains': eager('Fn::Contains', 2, ([items, value]) =>
    list(items, 'Fn::Contains').some((item) => same(item, value)),
  ),
  'Fn::EachMemberEquals': eager('Fn::EachMemberEquals', 2, ([items, value]) =>
    list(items, 'Fn::EachMemberEquals').every((item) => same(item, value)),
  ),
  'Fn::EachMemberIn': eager('Fn::EachMemberIn', 2, ([items, allowed]) =>
    list(items, 'Fn::EachMemberIn').every((item) =>
      list(allowed, 'Fn::EachMemberIn').some((other) => same(item, other)),
    ),
  ),
};

/** The first `count` IPv4 blocks of `bits` host bits in a block. */
function subnets(block: string, count: number, bits: number): string[] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(block);
  const prefix = Number(match?.[5]);
  const fits = match && count >= 1 && bits >= 1 && bits <= 32 - prefix && count <= 2 ** (32 - prefix - bits);
  if (!fits) {
    throw validationError(
      `Template error: Fn::Cidr cannot cut ${count} blocks of ${bits} host bits out of ${block}`,
    );
  }
  const bytes = match.slice(1, 5).map(Number);
  const start = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return Array.from({ length: count }, (_, index) => {
    const address = start + index * 2 ** bits;
    const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
    return `${octets.join('.')}/${32 - bits}`;
  });
}
