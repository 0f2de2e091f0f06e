import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import type { Fault } from '../core/fault';
import { validationError } from './faults';
import { isObject, type Reference, referencesOf, splitAttribute } from './references';

/** A resource as its template declares it. */
export interface ResourceDeclaration {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn: readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: Readonly<Record<string, unknown>>;
  readonly Metadata?: unknown;
}

/** A parameter as its template declares it. */
export interface ParameterDeclaration {
  readonly Type: string;
  readonly Default?: string | number | boolean;
  readonly NoEcho?: boolean | string;
  readonly AllowedValues?: readonly unknown[];
  readonly AllowedPattern?: string;
  readonly MinLength?: number | string;
  readonly MaxLength?: number | string;
  readonly MinValue?: number | string;
  readonly MaxValue?: number | string;
  readonly Description?: string;
  readonly ConstraintDescription?: string;
}

/** An output as its template declares it. */
export interface OutputDeclaration {
  readonly Value: unknown;
  readonly Description?: string;
  readonly Condition?: string;
  readonly Export?: { readonly Name: unknown };
}

/** A rule as its template declares it. */
export interface RuleDeclaration {
  readonly RuleCondition?: unknown;
  readonly Assertions: readonly { readonly Assert: unknown; readonly AssertDescription?: string }[];
}

/** A template, parsed and with absent sections empty. */
export interface Template {
  readonly Description?: string;
  readonly Metadata?: unknown;
  readonly Parameters: Readonly<Record<string, ParameterDeclaration>>;
  readonly Mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Rules: Readonly<Record<string, RuleDeclaration>>;
  readonly Resources: Readonly<Record<string, ResourceDeclaration>>;
  readonly Outputs: Readonly<Record<string, OutputDeclaration>>;
}

type Json = Readonly<Record<string, unknown>>;

const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Rules',
  'Resources',
  'Outputs',
  'Transform',
];

const GROUP_TYPE = 'AWS::AutoScaling::AutoScalingGroup';

const RESOURCE_MEMBERS = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'UpdatePolicy',
  'CreationPolicy',
  'Metadata',
];

/**
 * Reads a template's text, JSON or YAML with the short forms of intrinsic functions.
 * @throws Fault ValidationError in CloudFormation's words, for what can be seen without any values
 */
export function parseTemplate(body: string): Template {
  const raw = parseText(body);
  if (!isObject(raw)) throw formatError('unsupported structure.');
  const unknown = Object.keys(raw).filter((section) => !SECTIONS.includes(section));
  if (unknown.length)
    throw validationError(`Invalid template property or properties [${unknown.join(', ')}]`);
  refuseTransforms(raw.Transform);
  refuseNulls(raw, '');

  const section = (name: string): Json => {
    const value = raw[name] ?? {};
    if (!isObject(value)) throw formatError(`${name} must be an object.`);
    return value;
  };
  const resources = section('Resources');
  if (!Object.keys(resources).length) throw formatError('At least one Resources member must be defined.');
  const template: Template = {
    Description: raw.Description as string | undefined,
    Metadata: raw.Metadata,
    Parameters: section('Parameters') as Template['Parameters'],
    Mappings: section('Mappings') as Template['Mappings'],
    Conditions: section('Conditions'),
    Rules: section('Rules') as Template['Rules'],
    Resources: Object.fromEntries(
      Object.entries(resources).map(([id, value]) => [id, parseResource(id, value)]),
    ),
    Outputs: section('Outputs') as Template['Outputs'],
  };
  checkReferences(template);
  return template;
}

function formatError(message: string): Fault {
  return validationError(`Template format error: ${message}`);
}

function parseText(body: string): unknown {
  if (body.trimStart().startsWith('{')) {
    try {
      return JSON.parse(body);
    } catch (error) {
      throw formatError(`JSON not well-formed. (${(error as Error).message})`);
    }
  }
  const document = parseDocument(body, { logLevel: 'silent' });
  const problem = document.errors[0];
  if (problem) {
    const at = problem.linePos?.[0];
    throw formatError(`YAML not well-formed. (line ${at?.line ?? '?'}, column ${at?.col ?? '?'})`);
  }
  return yamlValue(document.contents, (node) => (isAlias(node) ? node.resolve(document) : node));
}

/** A YAML node as JSON, with `!Sub x` as `{"Fn::Sub": "x"}`. */
function yamlValue(node: unknown, dereference: (node: unknown) => unknown): unknown {
  const target = dereference(node);
  const plain = isMap(target)
    ? Object.fromEntries(
        target.items.map(({ key, value }) => [
          String((dereference(key) as { value?: unknown })?.value),
          yamlValue(value, dereference),
        ]),
      )
    : isSeq(target)
      ? target.items.map((item) => yamlValue(item, dereference))
      : isScalar(target)
        ? target.value
        : null;
  const tag = /^!([A-Z][A-Za-z0-9]*)$/.exec((target as Node | null)?.tag ?? '')?.[1];
  if (!tag) return plain;
  if (tag === 'Ref' || tag === 'Condition') return { [tag]: plain };
  return { [`Fn::${tag}`]: tag === 'GetAtt' && typeof plain === 'string' ? splitAttribute(plain) : plain };
}

function refuseTransforms(transform: unknown): void {
  const names = [transform ?? []].flat();
  if (names.length)
    throw validationError(`The local AWS carries out no transforms; found ${JSON.stringify(names)}.`);
}

function refuseNulls(value: unknown, path: string): void {
  if (value === null) throw formatError(`[${path || '/'}] 'null' values are not allowed in templates`);
  if (typeof value !== 'object') return;
  for (const [key, member] of Object.entries(value as object)) refuseNulls(member, `${path}/${key}`);
}

function parseResource(id: string, value: unknown): ResourceDeclaration {
  const at = `[/Resources/${id}]`;
  if (!/^[A-Za-z0-9]+$/.test(id)) throw formatError(`Resource name ${id} is non alphanumeric.`);
  if (!isObject(value) || typeof value.Type !== 'string')
    throw formatError(`${at} Every Resources object must contain a Type member.`);
  const unknown = Object.keys(value).filter((member) => !RESOURCE_MEMBERS.includes(member));
  if (unknown.length)
    throw validationError(`Invalid template resource property '${unknown[0]}' (resource ${id})`);
  if (value.Properties !== undefined && !isObject(value.Properties))
    throw validationError(`${at} 'Properties' must be an object.`);
  for (const policy of ['DeletionPolicy', 'UpdateReplacePolicy'] as const) {
    const given = value[policy];
    const allowed =
      policy === 'DeletionPolicy' ? ['Delete', 'Retain', 'RetainExceptOnCreate'] : ['Delete', 'Retain'];
    if (given !== undefined && !allowed.includes(String(given)))
      throw validationError(
        `${at} ${policy} must be one of ${allowed.join(', ')} here; found ${JSON.stringify(given)}.`,
      );
  }
  refuseUpdatePolicy(at, value.Type, value.UpdatePolicy);
  refuseCreationPolicy(at, value.CreationPolicy);
  return {
    ...(value as unknown as ResourceDeclaration),
    Properties: (value.Properties as Json) ?? {},
    DependsOn: [value.DependsOn ?? []].flat() as string[],
  };
}

/**
 * What is taken: an instance refresh and group sizes left alone, both of which the group's own type sees to, and a
 * replacement that is not asked for.
 */
function refuseUpdatePolicy(at: string, type: string, policy: unknown): void {
  if (policy === undefined) return;
  if (!isObject(policy)) throw validationError(`${at} UpdatePolicy must be an object.`);
  if (policy.AutoScalingInstanceRefresh !== undefined) {
    if (type !== GROUP_TYPE) {
      throw validationError(
        `${at} UpdatePolicy AutoScalingInstanceRefresh is for ${GROUP_TYPE}; this is ${type}.`,
      );
    }
    if (policy.AutoScalingRollingUpdate !== undefined) {
      throw validationError(
        `${at} UpdatePolicy can have AutoScalingInstanceRefresh or AutoScalingRollingUpdate, not both.`,
      );
    }
  }
  for (const [kind, settings] of Object.entries(policy)) {
    const willReplace = isObject(settings) ? String(settings.WillReplace ?? false) : 'true';
    const isServed =
      kind === 'AutoScalingScheduledAction' ||
      kind === 'AutoScalingInstanceRefresh' ||
      (kind === 'AutoScalingReplacingUpdate' && willReplace === 'false');
    if (!isServed) throw validationError(`${at} The local AWS does not carry out UpdatePolicy ${kind}.`);
  }
}

function refuseCreationPolicy(at: string, policy: unknown): void {
  if (isObject(policy) && policy.ResourceSignal !== undefined)
    throw validationError(`${at} The local AWS does not wait for signals (CreationPolicy ResourceSignal).`);
}

/** Names that the template does not declare. */
function checkReferences(template: Template): void {
  const known = (name: string) =>
    name in template.Resources || name in template.Parameters || name.startsWith('AWS::');
  const unresolved = (references: readonly Reference[]) => [
    ...new Set(references.map((reference) => reference.name).filter((name) => !known(name))),
  ];
  const refuse = (names: readonly string[], block: string) => {
    if (names.length)
      throw formatError(
        `Unresolved resource dependencies [${names.join(', ')}] in the ${block} block of the template`,
      );
  };
  for (const declaration of Object.values(template.Resources)) {
    const dependencies = declaration.DependsOn.filter((name) => !(name in template.Resources));
    const references = referencesOf([declaration.Properties, declaration.UpdatePolicy ?? {}]);
    refuse([...dependencies, ...unresolved(references)], 'Resources');
    checkCondition(template, declaration.Condition, 'Resources');
  }
  for (const output of Object.values(template.Outputs)) {
    refuse(unresolved(referencesOf([output.Value, output.Export?.Name ?? ''])), 'Outputs');
    checkCondition(template, output.Condition, 'Outputs');
  }
}

function checkCondition(template: Template, condition: string | undefined, block: string): void {
  if (condition !== undefined && !(condition in template.Conditions))
    throw formatError(`Unresolved condition dependency ${condition} in the ${block} block of the template`);
}
