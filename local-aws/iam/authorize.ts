import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import type { ConditionKeys } from '../core/service';
import type { Context } from './conditions';
import { type Decision, evaluate } from './evaluate';
import { isFilledKey } from './filled-keys';
import type { Spreading } from './spreading';
import type { IamState, PoliciesOfRole, RoleRecord } from './state';

/** Decides by a role's policies: its permissions boundary, where it has one, has to allow as well. */
export function decide(
  state: IamState,
  { identity, boundary }: PoliciesOfRole,
  action: string,
  resource: string,
  context: () => Context,
): { decision: Decision; by: 'an identity-based policy' | 'a permissions boundary' } {
  const isFilled = (key: string) => isFilledKey(state.core, key, resource);
  const request = { action, resource, context, isFilled };
  const byIdentity = evaluate(identity, request);
  const byBoundary = boundary ? evaluate([boundary], request) : 'allowed';
  if (byIdentity === 'allowed' && byBoundary !== 'allowed')
    return { decision: byBoundary, by: 'a permissions boundary' };
  return { decision: byIdentity, by: 'an identity-based policy' };
}

/** What IAM itself knows about a request of a role. */
export function requestContext(
  state: IamState,
  principal: Principal & { kind: 'role' },
  role: RoleRecord,
): Context {
  const { core } = state;
  return {
    'aws:PrincipalArn': role.arn,
    'aws:PrincipalAccount': core.account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${role.id}:${principal.arn.slice(principal.arn.lastIndexOf('/') + 1)}`,
    'aws:RequestedRegion': core.region,
    'aws:CurrentTime': new Date(core.clock.now()).toISOString(),
    'aws:EpochTime': String(Math.floor(core.clock.now() / 1000)),
    ...Object.fromEntries([...role.tags].map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  };
}

/**
 * Checks a permission of a role's session.
 * @param keys what the called service knows about the request
 * @throws Fault with AWS's wording and the code that the called service uses
 */
export function authorizeRole(
  state: IamState,
  spreading: Spreading,
  principal: Principal & { kind: 'role' },
  action: string,
  resource: string,
  keys: () => ConditionKeys,
): void {
  const role = state.roleByArn(principal.roleArn);
  if (!role)
    throw new Fault('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
  const context = () => ({ ...requestContext(state, principal, role), ...keys() });
  const policies = spreading.inForce(role, action.slice(0, action.indexOf(':')));
  const { decision, by } = decide(state, policies, action, resource, context);
  if (decision === 'allowed') return;
  const reason =
    decision === 'explicitDeny'
      ? `with an explicit deny in ${by}`
      : `because no ${by.replace(/^an? /, '')} allows the ${action} action`;
  throw refusal(
    action,
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
  );
}

/** Services whose protocol is AWS's JSON answer with another code, and some of them with another status. */
const jsonServices: Readonly<Record<string, number>> = {
  dynamodb: 400,
  kms: 400,
  lambda: 403,
  imagebuilder: 403,
  states: 400,
  logs: 400,
  events: 400,
  ssm: 400,
};

function refusal(action: string, message: string): Fault {
  const service = action.slice(0, action.indexOf(':'));
  if (service === 'ec2')
    return new Fault(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. ${message}`,
      403,
    );
  const status = jsonServices[service];
  return status === undefined
    ? new Fault('AccessDenied', message, 403)
    : new Fault('AccessDeniedException', message, status);
}
