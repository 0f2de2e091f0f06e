/** Whether a KMS key lets a role use it for volumes, from the text of its policy and its grants. */

/** Operations that EC2 carries out for anyone who starts a machine: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html */
export const VOLUME_OPERATIONS = [
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
] as const;

export interface Grant {
  readonly grantee: string;
  readonly operations: readonly string[];
}

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Condition?: unknown;
}

/** Who is to use the key. */
export interface KeyUser {
  /** ARN of the role. */
  readonly role: string;
  /** The account, when the role's own policies let it use keys that leave the decision to IAM. */
  readonly account?: string;
}

/**
 * What of the operations a role lacks. Conditions of statements that allow are taken to hold, and those of
 * statements that deny not to.
 * @param policy text of the key's policy; absent when it could not be read
 */
export function lacking(
  { role, account }: KeyUser,
  policy: string | undefined,
  grants: readonly Grant[],
): readonly string[] {
  const statements = policy === undefined ? [] : statementsOf(policy);
  const names = account === undefined ? [role, '*'] : [role, '*', account, `arn:aws:iam::${account}:root`];
  const mine = statements.filter(({ Principal }) =>
    principalsOf(Principal).some((name) => isNamed(name, names)),
  );
  const granted = grants
    .filter(({ grantee }) => isNamed(grantee, [role]))
    .flatMap(({ operations }) => operations);
  return VOLUME_OPERATIONS.filter((operation) => {
    const about = mine.filter((statement) => covers(statement, `kms:${operation}`));
    if (about.some(({ Effect, Condition }) => Effect === 'Deny' && Condition === undefined)) return true;
    return !(about.some(({ Effect }) => Effect === 'Allow') || granted.includes(operation));
  });
}

function statementsOf(policy: string): readonly Statement[] {
  const { Statement: found = [] } = JSON.parse(policy) as { Statement?: Statement | readonly Statement[] };
  return [found].flat() as readonly Statement[];
}

function principalsOf(principal: unknown): readonly string[] {
  if (typeof principal === 'string') return [principal];
  const { AWS = [] } = (principal ?? {}) as { AWS?: string | readonly string[] };
  return [AWS].flat();
}

/** The partition of an account's ARN does not matter. */
function isNamed(name: string, names: readonly string[]): boolean {
  return names.includes(name.replace(/^arn:aws[\w-]*:/, 'arn:aws:')) || names.includes(name);
}

function covers({ Action, NotAction }: Statement, action: string): boolean {
  const matches = (patterns: unknown) =>
    [patterns].flat().some((pattern) => matchesPattern(String(pattern), action));
  return NotAction === undefined ? Action !== undefined && matches(Action) : !matches(NotAction);
}

function matchesPattern(pattern: string, action: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test(action);
}
