/** What load balancers serve HTTPS with: the one certificate that ACM has here, self-signed. */
import type { Core } from '../core/core';
import { invalid } from './state';

/** A certificate and its private key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** The security policies that are served, with the oldest version of TLS that each takes. */
const OLDEST_TLS: ReadonlyMap<string, 'TLSv1.2' | 'TLSv1.3'> = new Map([
  ['ELBSecurityPolicy-TLS13-1-2-2021-06', 'TLSv1.2'],
  ['ELBSecurityPolicy-TLS13-1-3-2021-06', 'TLSv1.3'],
]);

/** ARN of the certificate that the local AWS has in ACM. */
export function certificateArn(core: Core): string {
  return core.arn('acm', 'certificate/10ca1a05-0000-4000-8000-000000000001');
}

/** @throws Fault for a policy that is not served, the API's own default among them */
export function securityPolicy(name = 'ELBSecurityPolicy-2016-08'): string {
  if (OLDEST_TLS.has(name)) return name;
  throw invalid(
    `The local AWS does not serve the security policy '${name}'; it serves ${[...OLDEST_TLS.keys()].join(' and ')}.`,
  );
}

/** The oldest version of TLS that a listener with the policy takes. */
export function oldestTls(policy: string): 'TLSv1.2' | 'TLSv1.3' | undefined {
  return OLDEST_TLS.get(policy);
}

/** Makes a certificate for the addresses that load balancers may have. @param hosts IP addresses */
export async function selfSigned(hosts: readonly string[]): Promise<KeyPair> {
  // Read when it is needed: most local AWSs serve no HTTPS.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'load balancers of the local AWS' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: hosts.map((ip) => ({ type: 7, ip })) },
    ],
  });
  return { certificate: made.cert, key: made.private };
}
