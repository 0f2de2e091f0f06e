import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';

/** A server on the bridge. */
export interface BridgeListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Begins to listen at an address of the bridge, on any free port. */
export async function listenOn(server: Server | HttpServer, host: string): Promise<BridgeListener> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket: { destroy(): void; once(event: 'close', then: () => void): void }) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/**
 * Passes connections on to the local AWS, which itself listens on the loopback interface alone.
 * @param onFetch called with the sender's address and the bytes sent to it
 */
export function forwarder(
  endpoint: () => string | undefined,
  onFetch: (address: string, bytes: number) => void,
): Server {
  return createServer((incoming) => {
    const url = endpoint();
    if (url === undefined) {
      incoming.destroy();
      return;
    }
    const { hostname, port } = new URL(url);
    const outgoing = connect({ host: hostname, port: Number(port) });
    const end = () => {
      incoming.destroy();
      outgoing.destroy();
    };
    const address = incoming.remoteAddress ?? '';
    outgoing.on('data', (chunk: Buffer) => onFetch(address, chunk.length));
    for (const socket of [incoming, outgoing]) socket.on('error', end).on('close', end);
    incoming.pipe(outgoing).pipe(incoming);
  });
}

/**
 * Serves the packages of a folder, and nothing below it.
 * @param onFetch called with the sender's address and the bytes sent to it
 */
export function packageServer(
  folder: () => string,
  onFetch: (address: string, bytes: number) => void,
): HttpServer {
  return createHttpServer(async (incoming, outgoing) => {
    incoming.resume();
    const name = fileName(incoming.url ?? '/');
    const path = name === undefined ? undefined : join(folder(), name);
    // Whatever keeps a file from being had: to the machine there is none.
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || !found?.isFile()) {
      outgoing.writeHead(404, { 'content-length': 0 }).end();
      return;
    }
    outgoing.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': found.size,
      'last-modified': found.mtime.toUTCString(),
    });
    if (incoming.method === 'HEAD') {
      outgoing.end();
      return;
    }
    onFetch(incoming.socket.remoteAddress ?? '', found.size);
    createReadStream(path)
      .on('error', () => outgoing.destroy())
      .pipe(outgoing);
  });
}

/** The file that a request asks for; undefined when it asks for anything but a file of the folder itself. */
export function fileName(url: string): string | undefined {
  const path = url.replace(/\?.*$/, '').replace(/^\/(?:\.\/)?/, '');
  try {
    const name = decodeURIComponent(path);
    return name !== '' && name === basename(name) && name !== '..' ? name : undefined;
  } catch {
    // What can't be decoded names no file.
    return undefined;
  }
}
