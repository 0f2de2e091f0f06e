import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type BaseImage, type BaseImageOptions, baseImage } from './base-image';
import { Container } from './container';
import { Clone, type Layers } from './layers';
import { type BridgeListener, forwarder, listenOn, packageServer } from './listeners';
import type { MachineShell } from './machine-shell';
import type { MachineIdentity } from './metadata';
import { type MetadataFaults, MetadataService } from './metadata-service';
import type { RunNames } from './names';
import { MachineNetwork } from './network';
import { oneAtATime } from './preparation';
import { installPrerequisites, whyNot } from './prerequisites';
import { clean, openRun, type Run, removeFolder, STATE } from './state-folder';

/** What a machine may use at the most; a t3.micro has a GiB. */
const MEMORY_MIB = 1024;

/** A machine that is wanted. */
export interface MachineRequest {
  readonly layers: Layers;
  readonly identity: MachineIdentity;
  /** Called when it has ended by itself. */
  readonly onEnd: () => void;
}

/** What this computer lends to real machines: a base image, a network, their metadata service, a folder. */
export class MachineHost {
  private readonly identities = new Map<string, MachineIdentity>();
  private readonly fetched = new Map<string, number>();
  private readonly machines = new Set<HostedMachine>();
  private listeners: readonly BridgeListener[] = [];
  private count = 0;
  private isClosed = false;
  /** Where the local AWS answers; until it is set, machines reach none. */
  endpoint: () => string | undefined = () => undefined;
  /** How much the machines' consoles take, as a serial one does; all of it unless it is set. */
  consoleBytesPerSecond: number | undefined;
  /** What goes wrong with the machines' metadata service. */
  metadataFaults: MetadataFaults = () => undefined;
  /** Folder of the packages that machines can install, with their index. */
  repository: string;

  private constructor(
    readonly base: BaseImage,
    readonly names: RunNames,
    readonly network: MachineNetwork,
    /** Where all its files are, until it is closed. */
    readonly folder: string,
  ) {
    this.repository = base.repository;
  }

  /**
   * Makes the computer ready: installs what is missing, removes what a killed run has left, makes the base
   * image when none is kept.
   * @throws Error saying why real machines can't run here
   */
  static async open(options: BaseImageOptions): Promise<MachineHost> {
    const reason = whyNot();
    if (reason !== undefined) throw new Error(`No real machines: ${reason}.`);
    const wait = () => options.log('Waiting for another run to be ready');
    return oneAtATime(STATE, wait, async () => {
      await installPrerequisites(options.log);
      const { removed } = await clean(options.cache);
      for (const line of removed) options.log(`Left by a run that was killed, and removed: ${line}`);
      const run = await openRun();
      return MachineHost.prepare(run, options).catch(async (error: Error) => {
        await removeFolder(run.folder);
        throw error;
      });
    });
  }

  private static async prepare({ names, folder }: Run, options: BaseImageOptions): Promise<MachineHost> {
    const base = await baseImage(options, names.id);
    const host = new MachineHost(base, names, await MachineNetwork.open(names), folder);
    await host.listen().catch(async (error: Error) => {
      await host.close();
      throw error;
    });
    return host;
  }

  /** Layers of the base image. */
  get baseLayers(): Layers {
    return [this.base.root];
  }

  /** Folder of the layers that were baked. */
  get images(): string {
    return join(this.folder, 'images');
  }

  /** Begins to boot a machine. The address of its identity must have been reserved. */
  async start(request: MachineRequest): Promise<HostedMachine> {
    if (this.isClosed) throw new Error('No machine is started any more: all of them are being ended.');
    const name = this.names.machine(++this.count);
    const machine = new HostedMachine(this, name, join(this.folder, 'machines', name), request, (gone) => {
      this.machines.delete(gone);
      this.identities.delete(request.identity.address);
    });
    this.machines.add(machine);
    this.identities.set(request.identity.address, request.identity);
    this.fetched.delete(request.identity.address);
    try {
      await machine.boot();
    } catch (error) {
      await machine.remove();
      throw error;
    }
    return machine;
  }

  /** Bytes of packages and of the local AWS's answers that a machine has fetched since it was started. */
  fetchedBytes(address: string): number {
    return this.fetched.get(address) ?? 0;
  }

  /** Ends all machines, and removes everything but the base image. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.machines].map((machine) => machine.remove()));
    await Promise.all(this.listeners.map((listener) => listener.close()));
    await this.network.close();
    await removeFolder(this.folder);
  }

  private async listen(): Promise<void> {
    const { gateway } = this.network;
    const metadata = new MetadataService(
      (address) => this.identities.get(address),
      Date.now,
      (request, sinceFirstMs) => this.metadataFaults(request, sinceFirstMs),
    ).server();
    const count = (address: string, bytes: number) => {
      this.fetched.set(address, this.fetchedBytes(address) + bytes);
    };
    const packages = packageServer(() => this.repository, count);
    this.listeners = await Promise.all([
      listenOn(metadata, gateway),
      listenOn(
        forwarder(() => this.endpoint(), count),
        gateway,
      ),
      listenOn(packages, gateway),
    ]);
    const [first, second, third] = this.listeners;
    await this.network.forward({ metadata: first!.port, aws: second!.port, packages: third!.port });
  }
}

/** A machine on this computer, with all that it has there. */
export class HostedMachine {
  private clone: Clone | undefined;
  private container: Container | undefined;
  /** What is being done with it: its removal waits for that, so that nothing is made which nobody removes. */
  private work: Promise<unknown> = Promise.resolve();
  private removal: Promise<void> | undefined;
  private isStopping = false;

  constructor(
    private readonly host: MachineHost,
    private readonly name: string,
    private readonly folder: string,
    private readonly request: MachineRequest,
    private readonly onRemoved: (machine: HostedMachine) => void,
  ) {}

  boot(): Promise<void> {
    return this.unlessRemoved(async () => {
      const { identity, layers } = this.request;
      await this.host.network.attach(this.name, identity.address);
      this.clone = await Clone.mount(this.folder, layers);
      await this.start();
    });
  }

  /** Root's way into it. @throws Error when it is not running */
  get shell(): MachineShell {
    return this.running;
  }

  get console(): string {
    return this.container?.console ?? '';
  }

  /** Processor time since it was started, in seconds. */
  async processorSeconds(): Promise<number | undefined> {
    return this.container?.processorSeconds();
  }

  /** Waits until it has booted. @returns systemd's word for how: `running`, `degraded` … */
  booted(): Promise<string> {
    return this.running.booted();
  }

  /** Stops it, and starts it again with the files that it has. */
  async restart(): Promise<void> {
    await this.unlessRemoved(async () => {
      await this.stop();
      await this.start();
    });
    await this.booted();
  }

  /** Stops it, and makes a layer of what it has written. */
  freeze(): Promise<{ readonly layers: Layers; readonly digest: string }> {
    return this.unlessRemoved(async () => {
      await this.stop();
      const { clone } = this;
      if (!clone) throw new Error(`The machine ${this.name} has no files to make an image of.`);
      this.clone = undefined;
      return clone.freeze(this.host.images);
    });
  }

  /** Ends it, and removes whatever is left of it. Ends well when nothing is. */
  remove(): Promise<void> {
    this.removal ??= (async () => {
      await this.work.catch(() => undefined);
      await this.stop();
      await this.clone?.remove();
      await this.host.network.detach(this.name);
      this.host.network.release(this.request.identity.address);
      this.onRemoved(this);
    })();
    return this.removal;
  }

  private unlessRemoved<T>(work: () => Promise<T>): Promise<T> {
    if (this.removal) return Promise.reject(new Error(`The machine ${this.name} is being removed.`));
    const begun = work();
    this.work = begun;
    return begun;
  }

  private async start(): Promise<void> {
    this.isStopping = false;
    this.container = await Container.start({
      name: this.name,
      root: this.clone!.root,
      memoryMiB: MEMORY_MIB,
      consoleBytesPerSecond: this.host.consoleBytesPerSecond,
      onEnd: () => {
        if (!this.isStopping) this.request.onEnd();
      },
    });
  }

  private async stop(): Promise<void> {
    this.isStopping = true;
    await this.container?.stop();
  }

  private get running(): Container {
    if (!this.container || this.isStopping) throw new Error(`The machine ${this.name} is not running.`);
    return this.container;
  }
}

/** Id of a machine that is none of EC2's instances: one that an image is built or tested on. */
export function temporaryInstanceId(): string {
  return `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
}
