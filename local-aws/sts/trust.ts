import { GetRoleCommand } from '@aws-sdk/client-iam';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';

interface TrustStatement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Principal?:
    | '*'
    | { readonly AWS?: string | readonly string[]; readonly Service?: string | readonly string[] };
}

/** Whether there is a role of this ARN, and it trusts one of the principals. */
export async function isAssumable(
  core: Core,
  roleArn: string,
  principals: readonly Principal[],
): Promise<boolean> {
  const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const found = await core.send(new GetRoleCommand({ RoleName })).catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'NoSuchEntity') return undefined;
    throw error;
  });
  if (found?.Role?.Arn !== roleArn) return false;
  const document = decodeURIComponent(found.Role.AssumeRolePolicyDocument ?? '{}');
  return principals.some((principal) => trusts(document, principal, core.account));
}

/**
 * Whether a role's trust policy lets a principal assume it. Conditions are not looked at.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @param document trust policy, JSON
 */
export function trusts(document: string, principal: Principal, account: string): boolean {
  const { Statement = [] } = JSON.parse(document) as { Statement?: TrustStatement | TrustStatement[] };
  const names = namesOf(principal, account);
  const matching = [Statement]
    .flat()
    .filter(
      ({ Action, Principal: trusted }) =>
        [Action].flat().some((action) => ['*', 'sts:*', 'sts:AssumeRole'].includes(action)) &&
        (trusted === '*' ? ['*'] : [trusted?.AWS ?? [], trusted?.Service ?? []].flat(2)).some((name) =>
          names.includes(name),
        ),
    );
  return (
    matching.some(({ Effect }) => Effect === 'Allow') && !matching.some(({ Effect }) => Effect === 'Deny')
  );
}

/** The names by which a trust policy can mean a principal. */
function namesOf(principal: Principal, account: string): string[] {
  if (principal.kind === 'service') return [principal.service];
  const ofAccount = ['*', account, `arn:aws:iam::${account}:root`];
  return principal.kind === 'role'
    ? [...ofAccount, principal.roleArn, principal.arn]
    : [...ofAccount, principal.arn];
}
