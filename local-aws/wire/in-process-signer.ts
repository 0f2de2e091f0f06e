import type { AwsCredentialIdentity, HttpRequest, Provider } from '@smithy/types';

interface SignerParameters {
  readonly credentials: AwsCredentialIdentity | Provider<AwsCredentialIdentity>;
  readonly region: string | Provider<string>;
  readonly service: string;
}

/**
 * Says who calls, and which service, as a signature does, without one: nobody verifies it in process,
 * and its hashes are a large part of what a call costs.
 */
export class CredentialOnlySigner {
  constructor(private readonly parameters: SignerParameters) {}

  async sign(request: HttpRequest): Promise<HttpRequest> {
    const { credentials, region, service } = this.parameters;
    const { accessKeyId } = typeof credentials === 'function' ? await credentials() : credentials;
    const scope = `00000000/${typeof region === 'function' ? await region() : region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}`;
    return { ...request, headers: { ...request.headers, authorization } };
  }
}
