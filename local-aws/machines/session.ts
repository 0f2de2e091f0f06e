import type { Principal } from '../core/principal';

/** The session of an instance profile's role, as a machine has it. */
export function sessionOf(roleArn: string, sessionName: string): Principal {
  const [, account, name] = /^arn:aws:iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ?? [];
  return {
    kind: 'role',
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`,
    roleArn,
    accessKeyId: `ASIA${sessionName}`,
  };
}
