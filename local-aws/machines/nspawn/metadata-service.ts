import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type MachineIdentity, metadataAt } from './metadata';

const TOKEN_HEADER = 'x-aws-ec2-metadata-token';
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
/** A token's time to live: six hours at the most. */
const LONGEST_TTL_SECONDS = 21_600;
/** Versions are dates; their answers differ only in what this service does not show. */
const VERSION = /^(?:latest|\d{4}-\d{2}-\d{2}|1\.0)$/;

/** A request, as far as the metadata service looks at it. */
export interface MetadataRequest {
  readonly method: string;
  /** With its leading slash. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Who asks: an address is all that EC2's service goes by, too. */
  readonly address: string;
}

export interface MetadataAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a metadata service does to a request instead of answering it well; AWS promises none of it away. */
export type MetadataFault =
  /** Answers with this HTTP status. */
  | { readonly status: number }
  /** Never answers. */
  | 'silence'
  /** Shows no tags of the instance. */
  | 'no tags';

/**
 * Asked at each request for the fault that strikes it; undefined for none.
 * `sinceFirstMs` is how long ago the machine asked for the first time.
 */
export type MetadataFaults = (request: MetadataRequest, sinceFirstMs: number) => MetadataFault | undefined;

/**
 * The instance metadata service of all machines, version 2 only: without a token there is no answer.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export class MetadataService {
  private readonly tokens = new Map<string, { readonly address: string; readonly expires: number }>();
  private readonly firsts = new Map<string, number>();

  /**
   * @param identityOf the machine at an address; undefined when there is none
   * @param now real time, in milliseconds: machines live in real time
   * @param faults what goes wrong: nothing unless it is given
   */
  constructor(
    private readonly identityOf: (address: string) => MachineIdentity | undefined,
    private readonly now: () => number = Date.now,
    private readonly faults: MetadataFaults = () => undefined,
  ) {}

  /** @returns undefined when there must be no answer */
  async answer(request: MetadataRequest): Promise<MetadataAnswer | undefined> {
    const { method, path, headers, address } = request;
    const identity = this.identityOf(address);
    if (!identity) return failure(404, 'Not Found');
    const fault = this.faults(request, this.now() - this.seenFirst(identity.instanceId));
    if (fault === 'silence') return undefined;
    if (fault !== undefined && fault !== 'no tags') return failure(fault.status, 'Injected');
    if (method === 'PUT')
      return path === '/latest/api/token' ? this.token(request) : failure(405, 'Method Not Allowed');
    if (method !== 'GET' && method !== 'HEAD') return failure(405, 'Method Not Allowed');
    const token = this.tokens.get(String(headers[TOKEN_HEADER] ?? ''));
    // A token is good on the machine alone that asked for it.
    if (!token || token.expires <= this.now() || token.address !== address)
      return failure(401, 'Unauthorized');
    const [, version = '', rest = ''] = /^\/([^/]*)\/?(.*)$/.exec(path) ?? [];
    if (version === '') return text('latest');
    const shown = fault === 'no tags' ? { ...identity, tags: undefined } : identity;
    const found = VERSION.test(version) ? await metadataAt(rest, shown, new Date(this.now())) : undefined;
    return found === undefined ? failure(404, 'Not Found') : text(found);
  }

  /** Serves it over HTTP; the request's sender is the machine. */
  server(): Server {
    return createServer(async (incoming, outgoing) => {
      incoming.resume();
      const request = {
        method: incoming.method ?? 'GET',
        path: pathOf(incoming.url ?? '/'),
        headers: incoming.headers,
        address: incoming.socket.remoteAddress ?? '',
      };
      const answer = await this.answer(request).catch((error: Error) => failure(500, error.message));
      if (!answer) return;
      const { status, headers, body } = answer;
      outgoing.writeHead(status, {
        'content-type': 'text/plain',
        'content-length': Buffer.byteLength(body),
        ...headers,
      });
      outgoing.end(incoming.method === 'HEAD' ? undefined : body);
    });
  }

  /** When a machine asked first: its tags and states lag from then on. */
  private seenFirst(instanceId: string): number {
    const seen = this.firsts.get(instanceId) ?? this.now();
    this.firsts.set(instanceId, seen);
    return seen;
  }

  private token({ headers, address }: MetadataRequest): MetadataAnswer {
    // What came through a proxy is not from the machine itself.
    if (headers['x-forwarded-for'] !== undefined) return failure(403, 'Forbidden');
    const seconds = Number(headers[TTL_HEADER] ?? Number.NaN);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_TTL_SECONDS)
      return failure(400, 'Bad Request');
    const token = randomBytes(40).toString('base64');
    const now = this.now();
    for (const [known, { expires }] of this.tokens) if (expires <= now) this.tokens.delete(known);
    this.tokens.set(token, { address, expires: now + seconds * 1000 });
    return { ...text(token), headers: { [TTL_HEADER]: String(seconds) } };
  }
}

/** A path that can't be decoded is one that there is not. */
function pathOf(url: string): string {
  try {
    return decodeURIComponent(url.replace(/\?.*$/, ''));
  } catch {
    // As it stands: there is no such path.
    return url;
  }
}

function text(body: string): MetadataAnswer {
  return { status: 200, body };
}

function failure(status: number, title: string): MetadataAnswer {
  return { status, body: `${status} - ${title}\n` };
}
