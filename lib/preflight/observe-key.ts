import { codeOf } from '../rollout/clients';
import type { KeyClients } from './clients';
import type { KeyFacts } from './launch';

/** How EC2 names the key that AWS keeps for the account's volumes, which every role in it can use. */
const AWS_KEY = /(^|:)alias\/aws\/ebs$/;

/**
 * Reads what is known of the key that machines' volumes are encrypted with.
 * @param named the key that the launch template names; otherwise it is the account's default
 * @returns undefined where the key is AWS's
 */
export async function observeKey(
  clients: KeyClients,
  named: string | undefined,
): Promise<KeyFacts | undefined> {
  const unread: string[] = [];
  /** What may not be read is told, and not guessed. */
  const reading = async <Answer>(action: string, answer: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await answer;
    } catch (error) {
      if (!/^(AccessDenied|UnauthorizedOperation)/.test(codeOf(error))) throw error;
      unread.push(action);
      return undefined;
    }
  };
  const keyId =
    named ?? (await reading('ec2:GetEbsDefaultKmsKeyId', clients.ec2.getEbsDefaultKmsKeyId({})))?.KmsKeyId;
  if (keyId === undefined) return { isDefault: true, unread };
  if (AWS_KEY.test(keyId)) return undefined;
  const described = await reading('kms:DescribeKey', describeKey(clients, keyId));
  const facts = { keyId, isDefault: named === undefined };
  if (described === 'missing') return { ...facts, isMissing: true, unread };
  if (described?.KeyManager === 'AWS') return undefined;
  const policy = await reading(
    'kms:GetKeyPolicy',
    clients.kms.getKeyPolicy({ KeyId: keyId, PolicyName: 'default' }),
  );
  const grants = await reading('kms:ListGrants', readGrants(clients, keyId));
  return {
    ...facts,
    state: described?.KeyState,
    isSymmetric: described && described.KeySpec === 'SYMMETRIC_DEFAULT',
    policy: policy?.Policy,
    grants: grants ?? [],
    unread,
  };
}

async function describeKey(clients: KeyClients, KeyId: string) {
  try {
    return (await clients.kms.describeKey({ KeyId })).KeyMetadata;
  } catch (error) {
    if (codeOf(error) === 'NotFound') return 'missing';
    throw error;
  }
}

/** A key has 50,000 grants at most; those that a volume needs are few. */
const MOST_PAGES = 20;

async function readGrants({ kms }: KeyClients, KeyId: string) {
  const grants: { grantee: string; operations: readonly string[] }[] = [];
  let Marker: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await kms.listGrants({ KeyId, Marker });
    for (const { GranteePrincipal, Operations } of page.Grants ?? [])
      grants.push({ grantee: GranteePrincipal ?? '', operations: Operations ?? [] });
    Marker = page.NextMarker;
    if (!Marker) break;
  }
  return grants;
}
