import { LedgerConflict } from '../ledger/ledger';
import { codeOf } from '../rollout/clients';

/**
 * What a service's error means to an operator, in one sentence that says what to do; undefined when it is
 * no service's error, but a mistake in this program.
 */
export function explained(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof LedgerConflict)
    return 'The rollout went on in this very moment: look at it with "rollout status", and repeat the command if it is still wanted.';
  const code = codeOf(error);
  const said = error.message.trim().replace(/\.$/, '');
  switch (code) {
    case 'AccessDenied':
    case 'UnauthorizedOperation':
      return refused(said);
    case 'CredentialsProviderError':
      return `No AWS credentials were found (${said}): sign in, as with "aws sso login" or "aws configure", or name a profile with --profile.`;
    case 'ExpiredToken':
    case 'InvalidClientTokenId':
    case 'UnrecognizedClient':
    case 'SignatureDoesNotMatch':
    case 'AuthFailure':
      return `AWS does not accept these credentials (${said}): sign in anew, or name another profile with --profile.`;
    default:
  }
  if (/^Region is missing/i.test(said))
    return 'No region is known: name it with --region, or set AWS_REGION, or give the profile one.';
  const network = networkCode(error);
  if (network)
    return `AWS can't be reached (${network}${said ? `, ${said}` : ''}): look at the network and at AWS_ENDPOINT_URL, then repeat the command.`;
  return '$metadata' in error ? `AWS refused (${error.name}): ${said}.` : undefined;
}

function refused(said: string): string {
  const [, action] = /not authorized to perform:? ([\w-]+:\w+)/.exec(said) ?? [];
  return action
    ? `The permission ${action} is missing (${said}): have it granted, or name another profile with --profile.`
    : `A permission is missing (${said}): have it granted, or name another profile with --profile.`;
}

const NETWORK_CODES =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE)$/;

function networkCode(error: Error): string | undefined {
  if (error.name === 'TimeoutError') return 'TimeoutError';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return NETWORK_CODES.test(code) ? code : undefined;
}
