import { Fault } from '../core/fault';
import type { WireRequest } from './http';

/** What a request's signature says. */
export interface Credential {
  readonly accessKeyId: string;
  readonly region: string;
  /** The service's name in the credential scope: `autoscaling`. */
  readonly service: string;
}

/**
 * Reads who calls, and which service, off a request: off its Authorization header, or off the query
 * of a presigned URL. The signature itself is not verified: whoever reaches this endpoint may call it,
 * and a secret key proves nothing here. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @throws Fault when the request is not signed at all
 */
export function credentialOf(request: WireRequest): Credential {
  const inHeader = /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1];
  const scope = inHeader ?? request.query['X-Amz-Credential']?.[0];
  if (!scope) {
    throw new Fault(
      'MissingAuthenticationToken',
      `Missing Authentication Token: ${request.method} ${request.path} is not signed.`,
      403,
    );
  }
  // A key id may hold slashes; the scope's parts (date, region, service, aws4_request) may not.
  const parts = scope.split('/');
  const service = parts.at(-2);
  if (parts.length < 4 || !service) {
    throw new Fault(
      'IncompleteSignature',
      `Credential should be scoped as KEY/DATE/REGION/SERVICE/aws4_request; found ${scope}.`,
      403,
    );
  }
  return { accessKeyId: parts[0]!, region: parts.at(-3)!, service };
}

/** Services with one endpoint for all regions: clients sign for it with the partition's first region. */
const GLOBAL_SERVICES: ReadonlySet<string> = new Set(['iam', 'sts']);
const GLOBAL_REGION = 'us-east-1';

/**
 * Refuses a call that was signed for another region, as AWS's endpoints do: there is one region here, and an
 * answer from it would pass for the other one's.
 * @throws Fault that names both regions
 */
export function checkRegion({ region, service }: Credential, local: string): void {
  if (region === local || (region === GLOBAL_REGION && GLOBAL_SERVICES.has(service))) return;
  const advice = `The local AWS is ${local} alone: set the client's region (AWS_REGION) to ${local}.`;
  if (service === 's3')
    throw new Fault(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${region}' is wrong; expecting '${local}'. ${advice}`,
    );
  throw new Fault(
    'SignatureDoesNotMatch',
    `Credential should be scoped to a valid region, not '${region}'. ${advice}`,
    403,
  );
}
