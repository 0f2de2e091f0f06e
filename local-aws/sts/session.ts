import { createHash, randomBytes } from 'node:crypto';
import type { Core } from '../core/core';
import type { Principal } from '../core/principal';

/** Temporary credentials, as SDKs and the AWS CLI take them. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Opens a session of a role: whoever calls with these credentials has the role's permissions. It lasts
 * until it is taken out of `core.sessions`; it does not expire by itself, because modelled time runs
 * much faster here than the clients that renew their credentials by the real clock.
 *
 * The roles of the CDK's bootstrap stack, `cdk-*`, are administrators here: the local AWS has no
 * bootstrap stack that could say what they may do.
 * @param sessionName last part of the session's ARN
 */
export function openSession(core: Core, roleArn: string, sessionName: string): SessionCredentials {
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
  core.sessions.set(accessKeyId, sessionPrincipal(core, roleArn, sessionName, accessKeyId));
  return {
    accessKeyId,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(48).toString('base64'),
  };
}

/** Who acts in a session of a role. Calls without the wire need no more than this, and no open session. */
export function sessionPrincipal(
  core: Core,
  roleArn: string,
  sessionName: string,
  accessKeyId = `ASIA${sessionName}`,
): Principal {
  const arn = assumedRoleArn(core, roleArn, sessionName);
  return isBootstrapRole(roleArn) ? { kind: 'root', arn } : { kind: 'role', arn, roleArn, accessKeyId };
}

/** Whether a role is one of those that `cdk bootstrap` makes. */
export function isBootstrapRole(roleArn: string): boolean {
  return roleName(roleArn).startsWith('cdk-');
}

/** ARN of a role's session; it leaves out the role's path, as AWS does. */
export function assumedRoleArn(core: Core, roleArn: string, sessionName: string): string {
  return `arn:aws:sts::${core.account}:assumed-role/${roleName(roleArn)}/${sessionName}`;
}

/** Unique id of a session, by its ARN: a role's id, and the session's name. */
export function sessionId(assumedRole: string): string {
  const [, role = '', session = ''] = assumedRole.split('/');
  const id = createHash('sha256').update(role).digest('hex').slice(0, 17).toUpperCase();
  return `AROA${id}:${session}`;
}

function roleName(roleArn: string): string {
  return roleArn.slice(roleArn.lastIndexOf('/') + 1);
}
