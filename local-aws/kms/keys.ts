import { randomUUID } from 'node:crypto';
import type { GrantListEntry, KeyMetadata } from '@aws-sdk/client-kms';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { type PolicyDocument, parsePolicy, type Statement } from '../iam/document';
import { type Decision, evaluate } from '../iam/evaluate';

/** A key of the account's own. */
export interface Key {
  readonly metadata: KeyMetadata;
  policy: string;
  document: PolicyDocument;
  readonly grants: GrantListEntry[];
}

/** What a key's policy says of an action. */
export interface Access {
  /** Of the principal itself: by a statement that names it, or all. */
  readonly direct: Decision;
  /** Whether it leaves the decision to the account's IAM policies. */
  readonly isDelegated: boolean;
}

/** All keys that were made here. AWS's own, such as `aws/ebs`, can be used by everybody in the account. */
export class Keys {
  private readonly keys = new Map<string, Key>();

  constructor(readonly core: Core) {}

  create(policy: string | undefined, description: string): Key {
    const id = randomUUID();
    const metadata: KeyMetadata = {
      AWSAccountId: this.core.account,
      KeyId: id,
      Arn: this.core.arn('kms', `key/${id}`),
      CreationDate: new Date(this.core.clock.now()),
      Enabled: true,
      Description: description,
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
    };
    const text = policy ?? this.defaultPolicy();
    const key: Key = { metadata, policy: text, document: parsePolicy(text), grants: [] };
    this.keys.set(id, key);
    return key;
  }

  /** By id or ARN. @throws Fault NotFoundException */
  get(name: string | undefined): Key {
    const key = this.find(name);
    if (key) return key;
    throw new Fault('NotFoundException', `Key '${name}' does not exist`);
  }

  find(name: string | undefined): Key | undefined {
    return this.keys.get((name ?? '').replace(/^arn:.*:key\//, ''));
  }

  all(): readonly Key[] {
    return [...this.keys.values()];
  }

  /** https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
  private defaultPolicy(): string {
    return JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: this.core.root.arn },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
  }
}

/** What a key's policy says of an action of a principal, by the ARN of its role. */
export function accessOf(core: Core, { metadata, document }: Key, principal: string, action: string): Access {
  const request = {
    action,
    resource: metadata.Arn!,
    context: () => ({ 'kms:GrantIsForAWSResource': 'true', 'kms:CallerAccount': core.account }),
  };
  const of = (names: readonly string[]) => ({
    statements: document.statements.filter((statement) => isFor(statement, names)),
  });
  return {
    direct: evaluate([of([principal, '*'])], request),
    isDelegated: evaluate([of([core.root.arn, core.account])], request) === 'allowed',
  };
}

function isFor({ principals }: Statement, names: readonly string[]): boolean {
  return (principals?.AWS ?? []).some((name) => names.includes(name));
}

/**
 * What EC2 needs of a key in order to attach a volume that it encrypts, as the grant's operation and the action.
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
const ATTACHING = [
  'CreateGrant',
  'Decrypt',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
];

/**
 * Whether EC2 can use a key for a principal that starts a machine.
 * @param hasIamPermission whether the principal's own policies allow what a key leaves to them
 */
export function canAttach(core: Core, key: Key, principal: string, hasIamPermission: boolean): boolean {
  if (key.metadata.KeyState !== 'Enabled') return false;
  return ATTACHING.every((operation) => {
    const { direct, isDelegated } = accessOf(core, key, principal, `kms:${operation}`);
    if (direct === 'explicitDeny') return false;
    const isGranted = key.grants.some(
      ({ GranteePrincipal, Operations = [] }) =>
        GranteePrincipal === principal && Operations.some((granted) => granted === operation),
    );
    return direct === 'allowed' || isGranted || (isDelegated && hasIamPermission);
  });
}
