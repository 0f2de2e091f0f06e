import type { Finding } from './finding';
import { type KeyUser, lacking } from './key-access';
import type { KeyFacts, LaunchSubject, StartFacts } from './launch';
import { isEnabledKey } from './statuses';
import type { PreflightSubject } from './subject';

const REMEDY =
  'add the statements in docs/preflight.md to its policy, or name another key with -c kmsKeyArn=ARN';

/**
 * What keeps machines from having their volumes encrypted: Auto Scaling's role has no access to a key of the
 * account's own until the key gives it.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
export function keyFindings(
  subject: PreflightSubject,
  launch: LaunchSubject,
  { key, account }: StartFacts,
): readonly Finding[] {
  if (!key) return [];
  const { keyId, unread } = key;
  const name = key.isDefault
    ? `The account's default key for volumes${keyId ? `, ${keyId},` : ''}`
    : `Key ${keyId}`;
  const unusable = key.keyId === undefined ? undefined : harmOf(key);
  if (unusable) {
    return [
      {
        code: 'ebs-key-unusable',
        message: `${name} ${unusable}, so that no volume can be encrypted with it: enable it, or name another with -c kmsKeyArn=ARN.`,
      },
    ];
  }
  const users = usersOf(subject, launch, account);
  const missing = users
    .map(([who, user]) => [who, lacking(user, key.policy, key.grants ?? [])] as const)
    .filter(([, operations]) => operations.length > 0);
  if (missing.length === 0 && key.state !== undefined) return [];
  if (unread.length > 0) {
    return [
      {
        code: 'ebs-key-unread',
        message: `${name} encrypts machines' volumes, and whether ${users.map(([who]) => who).join(' and ')} may use it is not known, because ${unread.join(' and ')} is not allowed to the preflight: make sure that its policy has the statements in docs/preflight.md, and accept this.`,
      },
    ];
  }
  return missing.map(([who, operations]) => ({
    code: 'ebs-key-denied',
    message: `${name} does not let ${who} use it (${operations.join(', ')}), so that machines end while they start: ${REMEDY}.`,
  }));
}

function harmOf({ isMissing, state, isSymmetric }: KeyFacts): string | undefined {
  if (isMissing) return 'does not exist';
  if (state !== undefined && !isEnabledKey(state)) return `is ${state}`;
  return isSymmetric === false ? 'is not symmetric' : undefined;
}

/** Image Builder's role has permissions of its own for keys that leave the decision to IAM; Auto Scaling's has none. */
function usersOf(
  { pinnedRevision }: PreflightSubject,
  { baseImage }: LaunchSubject,
  account: string,
): readonly (readonly [who: string, KeyUser])[] {
  const role = (service: string, name: string) =>
    `arn:aws:iam::${account}:role/aws-service-role/${service}.amazonaws.com/${name}`;
  const launches = ['Auto Scaling', { role: role('autoscaling', 'AWSServiceRoleForAutoScaling') }] as const;
  if (baseImage.key !== 'baseImageId' || pinnedRevision !== undefined) return [launches];
  return [
    launches,
    ['Image Builder', { role: role('imagebuilder', 'AWSServiceRoleForImageBuilder'), account }],
  ];
}
