import { randomInt } from 'node:crypto';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Core } from '../core/core';
import { temporaryFolder } from '../core/temporary-folder';
import { sessionPrincipal } from '../sts/session';
import { install, stepNamesOf } from './artifact';
import type { BakeRequest, LaunchRequest, MachineDriver, Probe, Software } from './driver';
import { Keeper } from './keeper';
import { probeOverHttp } from './probe';
import { SimulatedMachine } from './simulated-machine';
import { softwareFromParameters } from './software';
import { MACHINE_TIMING, type MachineTiming } from './timing';

export interface SimulatedDriverOptions {
  readonly timing?: Partial<MachineTiming>;
  /**
   * Whether every machine has a loopback address of its own; otherwise all are at 127.0.0.1, each with a
   * port of its own. @default true on Linux and Windows, which answer to all of 127.0.0.0/8
   */
  readonly ownAddresses?: boolean;
}

/** An image's content: what runs on its machines, and the folder with its files. */
export interface ImageContent {
  readonly software: Software;
  readonly folder: string;
}

/**
 * Machines that run the release's own server as a real process. No shell is executed: what is installed is
 * read off the component's parameters or off the user data, and installed for real, with the machine's own
 * permissions. A base image runs nothing.
 */
export class SimulatedDriver implements MachineDriver {
  private readonly timing: MachineTiming;
  private readonly ownAddresses: boolean;
  private readonly root = temporaryFolder('machines');
  private readonly keeper = new Keeper();
  private readonly images = new Map<string, ImageContent>();
  private readonly addresses = new Map<string, string>();
  private readonly machines = new Map<string, SimulatedMachine>();
  private readonly consoles = new Map<string, () => string>();
  // Two local AWS on one computer shall not get into each other's way.
  private readonly network = [randomInt(16, 240), randomInt(0, 200)] as const;
  private addressCount = 0;

  constructor(
    private readonly core: Core,
    options: SimulatedDriverOptions = {},
  ) {
    this.timing = { ...MACHINE_TIMING, ...options.timing };
    this.ownAddresses = options.ownAddresses ?? ['linux', 'win32'].includes(process.platform);
  }

  async bake({ imageId, baseImageId, components, roleArn, log }: BakeRequest): Promise<void> {
    const folder = join(this.root, 'images', imageId);
    await mkdir(folder, { recursive: true });
    const base = this.images.get(baseImageId);
    if (base) await cp(base.folder, folder, { recursive: true });
    let software = base?.software;
    try {
      for (const { name, document, parameters } of components) {
        log(`component ${name}`);
        const installed = readParameters(name, parameters);
        if (!installed) continue;
        // An image is made from scratch: what a base image had of another release is not mixed with it.
        await rm(folder, { recursive: true, force: true });
        const principal = sessionPrincipal(this.core, roleArn, imageId);
        const nameOf = stepNamesOf(name, document);
        await install({ core: this.core, software: installed, principal, folder, log, nameOf });
        software = installed;
      }
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    if (software) this.images.set(imageId, { software, folder });
  }

  adoptImage(provisionalId: string, imageId: string): void {
    const content = this.images.get(provisionalId);
    if (!content) return;
    this.images.set(imageId, content);
    this.images.delete(provisionalId);
  }

  async discardImage(imageId: string): Promise<void> {
    const content = this.images.get(imageId);
    this.images.delete(imageId);
    if (!content) return;
    // Moved away first: the folder is either whole or not there for a machine that is just being copied.
    const trash = join(this.root, `discarded-${imageId}`);
    await rename(content.folder, trash);
    await rm(trash, { recursive: true, force: true });
  }

  reserveAddress(instanceId: string): string {
    if (!this.ownAddresses) return '127.0.0.1';
    const number = this.addressCount++;
    const [second, third] = this.network;
    const address = `127.${second}.${third + Math.floor(number / 254)}.${(number % 254) + 1}`;
    this.addresses.set(instanceId, address);
    return address;
  }

  launch(request: LaunchRequest): void {
    const { instanceId } = request;
    const address = this.addresses.get(instanceId);
    if (this.ownAddresses && address === undefined)
      throw new Error(`No address was reserved for ${instanceId}.`);
    const machine = new SimulatedMachine({
      core: this.core,
      keeper: this.keeper,
      timing: this.timing,
      request,
      image: this.images.get(request.imageId),
      address,
      folder: join(this.root, 'machines', instanceId),
      principal: request.roleArn ? sessionPrincipal(this.core, request.roleArn, instanceId) : undefined,
    });
    this.machines.set(instanceId, machine);
    this.consoles.set(instanceId, () => machine.console);
    machine.boot();
  }

  async terminate(instanceId: string): Promise<void> {
    const machine = this.machines.get(instanceId);
    this.machines.delete(instanceId);
    this.addresses.delete(instanceId);
    if (!machine) return;
    await machine.terminate();
    const console = machine.console;
    this.consoles.set(instanceId, () => console);
  }

  consoleOutput(instanceId: string): string {
    return this.consoles.get(instanceId)?.() ?? '';
  }

  endpoint(instanceId: string, port: number): { readonly host: string; readonly port: number } | undefined {
    return this.machines.get(instanceId)?.endpoint(port);
  }

  async probe(instanceId: string, port: number, path: string, timeoutMs: number): Promise<Probe> {
    const endpoint = this.endpoint(instanceId, port);
    if (!endpoint) return { error: `There is no machine ${instanceId}.` };
    const probe = await probeOverHttp(endpoint, path, timeoutMs);
    if ('status' in probe) this.machines.get(instanceId)?.healthAnswered(path, probe.status);
    return probe;
  }

  async close(): Promise<void> {
    await Promise.all([...this.machines.keys()].map((instanceId) => this.terminate(instanceId)));
    await this.keeper.close();
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}

function readParameters(
  component: string,
  parameters: Readonly<Record<string, string>>,
): Software | undefined {
  try {
    return softwareFromParameters(parameters);
  } catch (error) {
    throw new Error(`Component ${component}: ${(error as Error).message}`);
  }
}
