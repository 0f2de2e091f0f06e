import { Fault } from '../../core/fault';
import { hostCommand } from './host-command';
import type { RunNames } from './names';

/** Where a machine finds its metadata, and here its AWS and its packages, too. */
export const LINK_LOCAL = '169.254.169.254';

/** Ports at the link-local address, as the base image knows them (`debian/`). */
export const LINK_LOCAL_PORTS = { metadata: 80, aws: 4599, packages: 4600 } as const;

/** The machines' cables end here; a /16 of addresses for private use that few networks have. */
const SUPERNET = '10.213';

/** A run's network: one bridge with a /24, that leads nowhere but to this computer's own listeners. */
export class MachineNetwork {
  private last = 1;
  private readonly taken = new Set<number>();

  private constructor(
    private readonly names: RunNames,
    private readonly third: number,
  ) {}

  /** Makes the bridge. To be called by one at a time: two would choose the same /24. @throws Error when no /24 is free, or the host refuses */
  static async open(names: RunNames): Promise<MachineNetwork> {
    const routes = (await hostCommand('ip', ['-4', 'route'])).toString();
    const third = freeThird(routes);
    const network = new MachineNetwork(names, third);
    try {
      await ip([
        `link add ${names.bridge} type bridge`,
        `address add ${network.gateway}/24 dev ${names.bridge}`,
        `link set ${names.bridge} up`,
      ]);
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /** The computer's own address on the bridge. */
  get gateway(): string {
    return `${SUPERNET}.${this.third}.1`;
  }

  /**
   * Hands what machines send to the link-local address over to listeners at the gateway. The host itself
   * may have a metadata service of its own (it may be an EC2 machine): it keeps that, and no machine
   * reaches it, or anything beyond the bridge.
   */
  async forward(ports: Readonly<Record<keyof typeof LINK_LOCAL_PORTS, number>>): Promise<void> {
    await hostCommand('nft', ['-f', '-'], { input: filterRules(this.names.bridge, this.gateway, ports) });
  }

  /** An address that no machine has, and none had lately. @throws Fault when all are taken */
  reserve(): string {
    for (let tries = 0; tries < 253; tries++) {
      this.last = this.last >= 254 ? 2 : this.last + 1;
      if (this.taken.has(this.last)) continue;
      this.taken.add(this.last);
      return `${SUPERNET}.${this.third}.${this.last}`;
    }
    throw new Fault('InsufficientFreeAddressesInSubnet', 'All 253 addresses of the machines are taken.');
  }

  release(address: string): void {
    this.taken.delete(Number(address.split('.')[3]));
  }

  /** Makes a network namespace with an address, connected to the bridge. */
  async attach(name: string, address: string): Promise<void> {
    await ip([
      `netns add ${name}`,
      `link add ${name} type veth peer name host0 netns ${name}`,
      `link set ${name} master ${this.names.bridge} up`,
    ]);
    await ip(
      [
        `address add ${address}/24 dev host0`,
        'link set lo up',
        'link set host0 up',
        `route add default via ${this.gateway}`,
      ],
      name,
    );
  }

  async detach(name: string): Promise<void> {
    await removeAttachment(name);
  }

  async close(): Promise<void> {
    await removeBridge(this.names.bridge);
  }
}

/** Removes a machine's end of the network. Ends well when it is gone. */
export async function removeAttachment(name: string): Promise<void> {
  await hostCommand('ip', ['link', 'delete', name]).catch(ifGone);
  await hostCommand('ip', ['netns', 'delete', name]).catch(ifGone);
}

/** Removes a bridge with its packet filter. Ends well when it is gone. */
export async function removeBridge(bridge: string): Promise<void> {
  await hostCommand('nft', ['delete', 'table', 'ip', bridge]).catch(ifGone);
  await hostCommand('ip', ['link', 'delete', bridge]).catch(ifGone);
}

/** The rules of a run, as `nft` reads them. */
export function filterRules(
  bridge: string,
  gateway: string,
  ports: Readonly<Record<keyof typeof LINK_LOCAL_PORTS, number>>,
): string {
  const forwards = (Object.keys(LINK_LOCAL_PORTS) as (keyof typeof LINK_LOCAL_PORTS)[]).map(
    (kind) =>
      `    iifname "${bridge}" ip daddr ${LINK_LOCAL} tcp dport ${LINK_LOCAL_PORTS[kind]} dnat to ${gateway}:${ports[kind]}`,
  );
  return [
    `table ip ${bridge} {`,
    '  chain prerouting {',
    '    type nat hook prerouting priority dstnat;',
    ...forwards,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter;',
    `    iifname "${bridge}" oifname != "${bridge}" drop`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** The third number of a /24 to which no route leads. @throws Error when there is none */
export function freeThird(routes: string): number {
  const used = new Set([...routes.matchAll(/\b10\.213\.(\d+)\.0\/24/g)].map(([, third]) => Number(third)));
  for (let third = 0; third < 256; third++) if (!used.has(third)) return third;
  throw new Error(`All networks ${SUPERNET}.x.0/24 are taken: too many runs on this computer.`);
}

async function ip(commands: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-netns', namespace];
  await hostCommand('ip', [...where, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

function ifGone(error: Error): void {
  if (!/Cannot find device|No such file|does not exist|not installed/.test(error.message)) throw error;
}
