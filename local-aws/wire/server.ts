import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Core } from '../core/core';
import { createHandler, type Handler, type HandlerOptions } from './handler';
import { wireRequest } from './http';

/** Where to listen, and what to serve besides the API. */
export interface ListenOptions extends HandlerOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default any free port */
  readonly port?: number;
}

/** A server that answers. */
export interface Listener {
  /** `http://127.0.0.1:4566` */
  readonly url: string;
  /** Ends the server and every connection to it. */
  close(): Promise<void>;
}

/** Serves the local AWS over HTTP, and lets the core know where. @throws Error when the address is taken */
export async function listen(core: Core, options: ListenOptions = {}): Promise<Listener> {
  const host = options.host ?? '127.0.0.1';
  const handler = createHandler(core, options);
  const server = createServer((incoming, outgoing) => {
    // A client that goes away in mid-request needs no answer; one whose connection is to break gets none.
    answer(core, handler, incoming, outgoing).catch(() => outgoing.destroy());
  });
  // Clients reuse connections between their polls, which are seconds apart.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  core.endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url: core.endpoint,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  core: Core,
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = wireRequest(
    incoming.method ?? 'GET',
    incoming.url ?? '/',
    incoming.headers,
    await buffer(incoming),
  );
  const { status, headers, body } = await handler(request);
  const hasBody = status !== 204 && status !== 304;
  // An error with another time than the one before looks like a wrong clock, and the SDK would try again.
  outgoing.sendDate = false;
  outgoing.writeHead(status, {
    // Modelled time: by this clients know how far it is ahead of theirs.
    ...(status < 400 && { date: new Date(core.clock.now()).toUTCString() }),
    ...(hasBody && { 'content-length': String(body.length) }),
    ...headers,
  });
  outgoing.end(hasBody ? body : undefined);
}
