import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { SSMClientConfig } from '@aws-sdk/client-ssm';
import { HttpResponse } from '@smithy/core/transport';
import { holding } from '../core/clock';
import type { Core } from '../core/core';
import { createHandler, type HandlerOptions } from './handler';
import { type WireResponse, wireRequest } from './http';
import { CredentialOnlySigner } from './in-process-signer';
import { retryAtOnce } from './retries';

/** The little of an SDK client's request that is needed here. */
interface SdkRequest {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Carries an SDK client's requests to a core, without a socket. */
export interface InProcessHandler {
  handle(request: SdkRequest): Promise<{ response: HttpResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
  destroy(): void;
}

/** Access key of a caller, as SDK clients take it. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A `requestHandler` for SDK clients: their calls reach the core in process, and hold its clock meanwhile. */
export function inProcessHandler(core: Core, options?: HandlerOptions): InProcessHandler {
  const handler = createHandler(core, options);
  return {
    handle: (request) =>
      holding(core.clock, async () => {
        const headers = { host: request.hostname, ...request.headers };
        const url = request.path + searchOf(request.query ?? {});
        const body = await bodyOf(request.body);
        const response = await handler(wireRequest(request.method, url, headers, body));
        return {
          response: new HttpResponse({
            statusCode: response.status,
            headers: { ...response.headers },
            body: mayBeStream(response) ? Readable.from([Buffer.from(response.body)]) : response.body,
          }),
        };
      }),
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
}

/**
 * Configuration of an SDK client that talks to a core in process.
 * @param credentials caller; the account's own administrator when left out
 * @param options attempts of each call, the first included: the SDK's 3 when left out
 */
export function clientConfig(
  core: Core,
  credentials: AccessKey = { accessKeyId: 'local', secretAccessKey: 'local' },
  { maxAttempts = 3 }: { readonly maxAttempts?: number } = {},
) {
  return {
    region: core.region,
    credentials,
    requestHandler: inProcessHandler(core),
    retryStrategy: retryAtOnce(maxAttempts),
    maxAttempts,
    signerConstructor: CredentialOnlySigner,
    ...SETTLED,
  };
}

/** What a client would otherwise look for in the environment and in files, each one anew. */
const SETTLED = {
  authSchemePreference: [],
  defaultsMode: 'standard',
  endpoint: 'http://localhost',
  retryMode: 'standard',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: async () => undefined,
} satisfies Partial<SSMClientConfig>;

/** Only REST protocols have bodies that clients hand on as streams; others read bytes faster. */
function mayBeStream({ headers }: WireResponse): boolean {
  return headers['x-amz-request-id'] !== undefined;
}

function searchOf(query: NonNullable<SdkRequest['query']>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, one ?? '');
  }
  const text = search.toString();
  return text && `?${text}`;
}

async function bodyOf(body: unknown): Promise<Uint8Array | string> {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string' || ArrayBuffer.isView(body)) return body as string | Uint8Array;
  return buffer(body as AsyncIterable<Uint8Array>);
}
