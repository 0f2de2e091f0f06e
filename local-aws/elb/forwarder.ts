import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { MachineDriver } from '../machines/driver';
import { chooseByWeight, ruleFor } from './routing';
import { type ElbState, type ListenerRecord, targetGroupsOf } from './state';
import type { Traffic } from './traffic';

/** What is between two hops, and not for the next one (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const REASONS: Readonly<Record<number, string>> = {
  404: 'Not Found',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/**
 * Passes a load balancer's requests on to its targets. As the real one, it repeats no request: a target that
 * refuses or breaks a connection makes it answer 502
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
 */
export class Forwarder {
  private readonly agent = new Agent({ keepAlive: true, timeout: 60_000 });

  constructor(
    private readonly state: ElbState,
    private readonly machines: MachineDriver,
    private readonly traffic: Traffic,
    /** The port of this computer at which a port of a listener's load balancer is reached. */
    private readonly realPort: (listener: ListenerRecord, port: number) => number,
  ) {}

  handle(listener: ListenerRecord, request: IncomingMessage, response: ServerResponse): void {
    const rule = ruleFor(listener.rules, {
      method: request.method ?? 'GET',
      host: request.headers.host ?? '',
      url: request.url ?? '/',
      headers: request.headers,
    });
    const action = rule?.actions.at(-1);
    if (action?.Type === 'fixed-response') fixedResponse(action, response);
    else if (action?.Type === 'redirect')
      redirect(action, listener, request, response, (port) => this.realPort(listener, port));
    else if (action) this.pass(listener, action, request, response);
    else this.fail(listener, response, 503);
  }

  close(): void {
    this.agent.destroy();
  }

  private pass(
    listener: ListenerRecord,
    action: sdk.Action,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const targetGroupArn = chooseByWeight(targetGroupsOf([action]), Math.random());
    this.traffic.request(listener.loadBalancerArn, targetGroupArn);
    const target = this.state.targetGroups.get(targetGroupArn ?? '')?.targets.next();
    const endpoint = target && this.machines.endpoint(target.id, target.port);
    if (targetGroupArn && endpoint) this.forward({ listener, targetGroupArn, endpoint }, request, response);
    else this.fail(listener, response, target ? 502 : 503);
  }

  private forward(
    to: {
      readonly listener: ListenerRecord;
      readonly targetGroupArn: string;
      readonly endpoint: { readonly host: string; readonly port: number };
    },
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { listener, targetGroupArn } = to;
    const { loadBalancerArn } = listener;
    const idleMs =
      Number(
        this.state.loadBalancers.get(loadBalancerArn)?.attributes.get('idle_timeout.timeout_seconds') ?? 60,
      ) * 1_000;
    const startedAt = performance.now();
    const onward = httpRequest({
      ...to.endpoint,
      agent: this.agent,
      method: request.method,
      path: request.url,
      headers: onwardHeaders(request, listener),
      timeout: idleMs,
    });
    let isTimedOut = false;
    onward.on('timeout', () => {
      isTimedOut = true;
      onward.destroy(new Error('idle'));
    });
    onward.on('response', (answer) => {
      const status = answer.statusCode ?? 502;
      this.traffic.answered(loadBalancerArn, targetGroupArn, status, performance.now() - startedAt);
      response.writeHead(status, answer.statusMessage ?? '', withoutHops(answer.rawHeaders));
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => {
      if (response.destroyed) return;
      if (response.headersSent) response.destroy();
      else this.fail(listener, response, isTimedOut ? 504 : 502);
    });
    // The client went away, or has its answer: nothing more is wanted from the target.
    response.on('close', () => {
      if (!response.writableFinished) onward.destroy();
    });
    request.pipe(onward);
  }

  private fail(listener: ListenerRecord, response: ServerResponse, status: number): void {
    this.traffic.failed(listener.loadBalancerArn, status);
    ownAnswer(response, status);
  }
}

function onwardHeaders(
  request: IncomingMessage,
  listener: ListenerRecord,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value;
  }
  // A body whose length is not known goes on as it came: in chunks.
  if (request.headers['transfer-encoding']) headers['transfer-encoding'] = 'chunked';
  const before = request.headers['x-forwarded-for'];
  const client = request.socket.remoteAddress ?? '';
  headers['x-forwarded-for'] = before ? `${[before].flat().join(', ')}, ${client}` : client;
  headers['x-forwarded-proto'] = listener.protocol.toLowerCase();
  headers['x-forwarded-port'] = String(listener.port);
  return headers;
}

function withoutHops(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name, value] = [rawHeaders[index]!, rawHeaders[index + 1]!];
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function ownAnswer(response: ServerResponse, status: number): void {
  const title = `${status} ${REASONS[status] ?? ''}`.trim();
  response.writeHead(status, { server: 'awselb/2.0', 'content-type': 'text/html' });
  response.end(
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  );
}

function fixedResponse({ FixedResponseConfig: config }: sdk.Action, response: ServerResponse): void {
  response.writeHead(Number(config?.StatusCode ?? 503), {
    server: 'awselb/2.0',
    'content-type': config?.ContentType ?? 'text/plain',
  });
  response.end(config?.MessageBody ?? '');
}

function redirect(
  { RedirectConfig: config }: sdk.Action,
  listener: ListenerRecord,
  request: IncomingMessage,
  response: ServerResponse,
  realPort: (port: number) => number,
): void {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  const values: Readonly<Record<string, string>> = {
    protocol: listener.protocol,
    host,
    port: String(listener.port),
    path: path.slice(1),
    query,
  };
  const fill = (template: string) =>
    template.replace(/#\{(protocol|host|port|path|query)\}/g, (_, name: string) => values[name] ?? '');
  const protocol = fill(config?.Protocol ?? '#{protocol}');
  const target = fill(config?.Host ?? '#{host}');
  const port = fill(config?.Port ?? '#{port}');
  // Of another host nothing is known but the port that it is told by.
  const reached = target === host ? realPort(Number(port)) : port;
  const filledQuery = fill(config?.Query ?? '#{query}');
  response.writeHead(config?.StatusCode === 'HTTP_301' ? 301 : 302, {
    server: 'awselb/2.0',
    location: `${protocol.toLowerCase()}://${target}:${reached}${fill(config?.Path ?? '/#{path}')}${filledQuery ? `?${filledQuery}` : ''}`,
  });
  response.end();
}
