import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { MachineDriver } from '../machines/driver';
import { type KeyPair, oldestTls, selfSigned } from './certificates';
import { Forwarder } from './forwarder';
import type { ElbState, ListenerRecord } from './state';
import type { Traffic } from './traffic';

type Server = HttpServer | TlsServer;

/** Where a load balancer is reached. */
interface Address {
  readonly host: string;
  /** The real port of a listener's port. */
  readonly portOf: (port: number) => number;
  /**
   * Holds port 80 until a listener does, and refuses whoever comes: another local AWS would take the address
   * meanwhile.
   */
  readonly claim: HttpServer;
}

/** Ports of listeners where a process may not bind those below 1024. */
const UNPRIVILEGED_OFFSET = 8_000;
const MOST_ADDRESSES = 250;

/** Real HTTP and HTTPS servers for the listeners of all load balancers; none when `isReal` is false. */
export class Forwarding {
  private readonly addresses = new Map<string, Address>();
  private readonly servers = new Map<string, Server>();
  private readonly forwarder: Forwarder;
  private keys: Promise<KeyPair> | undefined;

  constructor(
    private readonly state: ElbState,
    machines: MachineDriver,
    traffic: Traffic,
    private readonly isReal: boolean,
  ) {
    this.forwarder = new Forwarder(state, machines, traffic, (listener, port) =>
      this.realPort(listener.loadBalancerArn, port),
    );
  }

  /** What HTTPS is served with; made when it is asked for first. */
  keyPair(): Promise<KeyPair> {
    this.keys ??= selfSigned([
      '127.0.0.1',
      ...Array.from({ length: MOST_ADDRESSES }, (_, index) => hostOf(index + 1)),
    ]);
    return this.keys;
  }

  /** The port of this computer at which a load balancer's port is reached. */
  realPort(loadBalancerArn: string, port: number): number {
    return this.addresses.get(loadBalancerArn)?.portOf(port) ?? port;
  }

  /** Gives a new load balancer its address. @returns its DNS name, with the port where that is not 80 */
  async open(loadBalancerArn: string, name: string): Promise<string> {
    if (!this.isReal) return `${name}-${this.state.id()}.${this.state.core.region}.elb.amazonaws.com`;
    const address = await this.findAddress();
    this.addresses.set(loadBalancerArn, address);
    const port = address.portOf(80);
    return port === 80 ? address.host : `${address.host}:${port}`;
  }

  async listen(listener: ListenerRecord): Promise<void> {
    const address = this.addresses.get(listener.loadBalancerArn);
    if (!address) return;
    const port = address.portOf(listener.port);
    const isClaimed = portOf(address.claim) === port;
    if (isClaimed && listener.tls) await closed(address.claim);
    const server =
      isClaimed && !listener.tls
        ? address.claim
        : await bound(address.host, port, await this.tlsServer(listener));
    server.off('request', refuse);
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.forwarder.handle(listener, request, response),
    );
    // As long as a real one keeps a connection without a request.
    server.keepAliveTimeout = 60_000;
    this.servers.set(listener.arn, server);
  }

  private async tlsServer({ tls }: ListenerRecord): Promise<TlsServer | undefined> {
    if (!tls) return undefined;
    const { certificate, key } = await this.keyPair();
    return createTlsServer({ cert: certificate, key, minVersion: oldestTls(tls.policy) }, refuse);
  }

  /** Ends a listener; requests that are under way are broken off. */
  async unlisten({ arn }: { readonly arn: string }): Promise<void> {
    const server = this.servers.get(arn);
    this.servers.delete(arn);
    if (server) await closed(server);
  }

  /** Ends all listeners of a load balancer. */
  async close(loadBalancerArn: string): Promise<void> {
    const claim = this.addresses.get(loadBalancerArn)?.claim;
    this.addresses.delete(loadBalancerArn);
    const prefix = `${loadBalancerArn.replace(':loadbalancer/', ':listener/')}/`;
    const arns = [...this.servers.keys()].filter((arn) => arn.startsWith(prefix));
    await Promise.all([...arns.map((arn) => this.unlisten({ arn })), claim && closed(claim)]);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.addresses.keys()].map((arn) => this.close(arn)));
    this.forwarder.close();
  }

  /** The first of 127.1.0.1, 127.1.0.2, … that nobody has; another local AWS may have some of them. */
  private async findAddress(): Promise<Address> {
    const taken = new Set([...this.addresses.values()].map(({ host }) => host));
    for (let number = 1; number <= MOST_ADDRESSES; number++) {
      const host = hostOf(number);
      if (taken.has(host)) continue;
      const claim = await tryToBind(host, 80);
      if (typeof claim === 'object') return { host, portOf: (port) => port, claim };
      if (claim === 'EADDRNOTAVAIL') return sharedAddress();
      if (claim !== 'EACCES') continue;
      const unprivileged = await tryToBind(host, UNPRIVILEGED_OFFSET + 80);
      if (typeof unprivileged === 'object')
        return { host, portOf: (port) => UNPRIVILEGED_OFFSET + port, claim: unprivileged };
    }
    throw new Error(`None of ${MOST_ADDRESSES} addresses from 127.1.0.1 on is free for a load balancer.`);
  }
}

function hostOf(number: number): string {
  return `127.1.0.${number}`;
}

/** Where there is no loopback address but 127.0.0.1: a free port stands for port 80, those after it for the others. */
async function sharedAddress(): Promise<Address> {
  const claim = await bound('127.0.0.1', 0);
  const first = portOf(claim)!;
  const ports = new Map([[80, first]]);
  return {
    host: '127.0.0.1',
    portOf: (port) => {
      if (!ports.has(port)) ports.set(port, first + ports.size);
      return ports.get(port)!;
    },
    claim,
  };
}

/** @returns the server, or the code of what is in the way */
async function tryToBind(host: string, port: number): Promise<HttpServer | string> {
  try {
    return await bound(host, port);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** A server that has the port, and refuses anyone who asks. @param server @default for plain HTTP */
function bound(host: string, port: number): Promise<HttpServer>;
function bound(host: string, port: number, server: TlsServer | undefined): Promise<Server>;
function bound(host: string, port: number, server: Server = createServer(refuse)): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** Not at once when somebody connects: a client whose request has not begun would connect again and again. */
function refuse({ socket }: IncomingMessage): void {
  socket.destroy();
}

/** Undefined when the server is closed. */
function portOf(server: Server): number | undefined {
  return (server.address() as AddressInfo | null)?.port;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
