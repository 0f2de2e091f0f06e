import { Fault } from '../core/fault';
import { isKnownOperator } from './conditions';

/** Condition operator → condition key → values, as in a policy document, with every value in an array. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A policy statement, with every element that may be one value or many in an array. */
export interface Statement {
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  /** Principals as written, in a trust policy or a resource's policy: `Service` → `ec2.amazonaws.com`. */
  readonly principals?: Readonly<Record<string, readonly string[]>>;
  readonly conditions: Conditions;
}

/** A parsed policy document. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

const elements = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
]);

/**
 * Parses a policy document from its JSON text.
 * @throws Fault MalformedPolicyDocument, saying what is wrong with which statement
 */
export function parsePolicy(text: string): PolicyDocument {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw malformed(`The policy is not JSON: ${(error as Error).message}.`);
  }
  if (!isObject(document) || document.Statement === undefined)
    throw malformed('A policy document is an object with a Statement.');
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  return { statements: statements.map(parseStatement) };
}

/**
 * Parses a policy that is put on an identity: it names resources, and no principals.
 * @throws Fault MalformedPolicyDocument
 */
export function parseIdentityPolicy(text: string): PolicyDocument {
  const policy = parsePolicy(text);
  policy.statements.forEach(({ resources, notResources, principals }, index) => {
    if (!resources && !notResources)
      throw malformed(`Policy statement must contain resources. (Statement ${index} has none.)`);
    if (principals)
      throw malformed(`Policy document should not specify a principal. (Statement ${index} does.)`);
  });
  return policy;
}

function parseStatement(statement: unknown, index: number): Statement {
  const fail = (problem: string) => malformed(`Statement ${index} of the policy ${problem}`);
  if (!isObject(statement)) throw fail('is not an object.');
  for (const name of Object.keys(statement))
    if (!elements.has(name)) throw fail(`has the unknown element ${name}.`);
  if (statement.NotPrincipal !== undefined)
    throw fail('has NotPrincipal, which the local AWS does not evaluate.');
  const effect = statement.Effect;
  if (effect !== 'Allow' && effect !== 'Deny')
    throw fail(`has the Effect ${JSON.stringify(effect)}; it is Allow or Deny.`);
  if (statement.Action === undefined && statement.NotAction === undefined)
    throw fail('has neither Action nor NotAction.');
  return {
    sid: typeof statement.Sid === 'string' ? statement.Sid : undefined,
    effect,
    actions: list(statement.Action),
    notActions: list(statement.NotAction),
    resources: list(statement.Resource),
    notResources: list(statement.NotResource),
    principals: parsePrincipals(statement.Principal),
    conditions: parseConditions(statement.Condition, fail),
  };
}

function parseConditions(value: unknown, fail: (problem: string) => Fault): Conditions {
  if (value === undefined) return {};
  if (!isObject(value)) throw fail('has a Condition that is not an object.');
  const parsed: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(value)) {
    if (!isKnownOperator(operator)) throw fail(`has the condition operator ${operator}, which is not known.`);
    if (!isObject(keys)) throw fail(`has no condition keys under ${operator}.`);
    parsed[operator] = Object.fromEntries(Object.entries(keys).map(([key, v]) => [key, list(v) ?? []]));
  }
  return parsed;
}

function parsePrincipals(value: unknown): Statement['principals'] {
  if (value === undefined) return undefined;
  if (!isObject(value)) return { AWS: list(value) ?? [] };
  return Object.fromEntries(Object.entries(value).map(([kind, names]) => [kind, list(names) ?? []]));
}

function list(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return (Array.isArray(value) ? value : [value]).map(String);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): Fault {
  return new Fault('MalformedPolicyDocument', message, 400);
}
