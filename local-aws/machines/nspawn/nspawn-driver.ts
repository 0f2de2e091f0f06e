import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { type BakeMachine, bakeImage } from '../../component-runner/bake-image';
import { holding } from '../../core/clock';
import type { Core } from '../../core/core';
import { openSession, type SessionCredentials } from '../../sts/session';
import type { BakeRequest, LaunchRequest, MachineDriver, Probe } from '../driver';
import { probeOverHttp } from '../probe';
import type { Layers } from './layers';
import { type HostedMachine, type MachineHost, temporaryInstanceId } from './machine-host';
import type { MachineShell } from './machine-shell';
import type { MachineIdentity } from './metadata';

/**
 * How many times as fast as real time the clock may go while a machine is baked on, starts or ends. A machine
 * here has no firmware and no disk to wait for: at this pace it takes as many modelled minutes for all that as
 * one of EC2's takes real ones.
 */
export const MACHINE_PACE = 8;
/** Real time for which the clock is held for the sake of a machine that starts. */
const START_LIMIT_MS = 60_000;
/** Real time between two looks whether a machine that has booted still tries again to start something. */
const SETTLED_LOOK_MS = 500;

/** The tag by which a machine knows its group. */
const GROUP_TAG = 'aws:autoscaling:groupName';

/** A machine that was launched, for whoever measures it. */
export interface Launched {
  readonly instanceId: string;
  readonly imageId: string;
  readonly address: string;
  /** Whether its user data has something to do. */
  readonly hasUserData: boolean;
  /** When the launch began, by `performance.now()`. */
  readonly at: number;
  /** Whether it is gone, or on its way out. */
  isGone(): boolean;
  /** Bytes that it has fetched so far. */
  fetchedBytes(): number;
  /** Processor time of all its processes so far, in seconds; undefined when it is gone. */
  processorSeconds(): Promise<number | undefined>;
}

export interface NspawnDriverOptions {
  /** Folder in which the consoles of machines that have ended are kept. @default none */
  readonly consoles?: string;
  readonly onLaunch?: (machine: Launched) => void;
  /** Called with what the parts of a bake took, in seconds. */
  readonly onBaked?: (seconds: Readonly<Record<string, number>>) => void;
}

/** A machine that an image is built or tested on. */
interface Bench extends BakeMachine {
  readonly machine: HostedMachine;
}

interface Machine {
  readonly address: string;
  hosted?: HostedMachine;
  /** Settled when it has started, or could not. */
  starting: Promise<void>;
  /** Why it could not start. */
  problem: string;
  isGone: boolean;
}

/**
 * Machines that boot systemd in a root file system of their own, and images that are baked by carrying out
 * the component documents. A base image of EC2's catalogue, whichever it is, is the host's one base image.
 */
export class NspawnDriver implements MachineDriver {
  private readonly images = new Map<string, Layers>();
  private readonly addresses = new Map<string, string>();
  private readonly machines = new Map<string, Machine>();
  private readonly consoles = new Map<string, () => string>();

  constructor(
    private readonly core: Core,
    private readonly host: MachineHost,
    private readonly options: NspawnDriverOptions = {},
  ) {
    host.endpoint = () => core.endpoint;
  }

  /** The clock is held to a machine's pace meanwhile. */
  async bake(request: BakeRequest): Promise<void> {
    const start = async (layers: Layers): Promise<Bench> => {
      const instanceId = temporaryInstanceId();
      const address = this.host.network.reserve();
      const identity = this.identity({ ...request, instanceId, userData: '' }, address);
      const machine = await this.host.start({ layers, identity, onEnd: () => undefined });
      await machine.booted().catch(async (error: Error) => {
        await machine.remove();
        throw error;
      });
      return {
        machine,
        shell: {
          run: (script, options) => machine.shell.run(script, options),
          writeFile: (path, content, mode) => machine.shell.writeFile(path, content, mode),
          readFile: (path) => machine.shell.readFile(path),
        },
        restart: () => machine.restart(),
        remove: () => machine.remove(),
      };
    };
    const machines = {
      startBuild: () => start(this.layersOf(request.baseImageId)),
      freeze: async ({ machine }: Bench) => {
        const { layers, digest } = await machine.freeze();
        request.log(`image frozen: sha256:${digest}`);
        return layers;
      },
      startTest: start,
      // The layer stays until the run ends: an image with the same content may be in use.
      discard: async () => undefined,
    };
    const { image, seconds } = await holding(
      this.core.clock,
      () => bakeImage<Bench, Layers>(request, machines, { now: () => performance.now() }),
      MACHINE_PACE,
    );
    this.images.set(request.imageId, image);
    this.options.onBaked?.(seconds);
  }

  adoptImage(provisionalId: string, imageId: string): void {
    const layers = this.images.get(provisionalId);
    if (!layers) return;
    this.images.set(imageId, layers);
    this.images.delete(provisionalId);
  }

  async discardImage(imageId: string): Promise<void> {
    // Its layer is removed with the run: machines that run from it go on.
    this.images.delete(imageId);
  }

  reserveAddress(instanceId: string): string {
    const address = this.host.network.reserve();
    this.addresses.set(instanceId, address);
    return address;
  }

  launch(request: LaunchRequest): void {
    const { instanceId } = request;
    const address = this.addresses.get(instanceId);
    if (address === undefined) throw new Error(`No address was reserved for ${instanceId}.`);
    this.addresses.delete(instanceId);
    const machine: Machine = { address, starting: Promise.resolve(), problem: '', isGone: false };
    this.machines.set(instanceId, machine);
    this.consoles.set(instanceId, () => machine.problem + (machine.hosted?.console ?? ''));
    this.options.onLaunch?.({
      ...{ instanceId, imageId: request.imageId, address, at: performance.now() },
      hasUserData: request.userData !== '',
      isGone: () => machine.isGone || machine.problem !== '',
      fetchedBytes: () => this.host.fetchedBytes(address),
      // Not known of a machine that is gone.
      processorSeconds: async () => machine.hosted?.processorSeconds().catch(() => undefined),
    });
    machine.starting = this.start(machine, request).catch((error: Error) => {
      machine.problem = `${error.message}\n`;
      if (!machine.isGone) request.onStopped(error.message);
    });
  }

  async terminate(instanceId: string): Promise<void> {
    const machine = this.machines.get(instanceId);
    this.machines.delete(instanceId);
    if (!machine) return;
    machine.isGone = true;
    const remove = async () => {
      await machine.starting;
      await machine.hosted?.remove();
    };
    await holding(this.core.clock, remove, MACHINE_PACE);
    const console = this.consoleOutput(instanceId);
    this.consoles.set(instanceId, () => console);
    const { consoles } = this.options;
    if (consoles === undefined) return;
    await mkdir(consoles, { recursive: true });
    await writeFile(join(consoles, `${instanceId}.log`), console);
  }

  consoleOutput(instanceId: string): string {
    return this.consoles.get(instanceId)?.() ?? '';
  }

  endpoint(instanceId: string, port: number): { readonly host: string; readonly port: number } | undefined {
    const machine = this.machines.get(instanceId);
    return machine && { host: machine.address, port };
  }

  async probe(instanceId: string, port: number, path: string, timeoutMs: number): Promise<Probe> {
    const endpoint = this.endpoint(instanceId, port);
    if (!endpoint) return { error: `There is no machine ${instanceId}.` };
    return probeOverHttp(endpoint, path, timeoutMs);
  }

  /** Root's way into a machine. @throws Error when it is not running */
  shellOf(instanceId: string): MachineShell {
    const hosted = this.machines.get(instanceId)?.hosted;
    if (!hosted) throw new Error(`The machine ${instanceId} is not running.`);
    return hosted.shell;
  }

  async close(): Promise<void> {
    await Promise.all([...this.machines.keys()].map((instanceId) => this.terminate(instanceId)));
    await this.host.close();
  }

  private async start(machine: Machine, request: LaunchRequest): Promise<void> {
    const release = this.core.clock.hold(MACHINE_PACE);
    try {
      const hosted = await this.host.start({
        layers: this.layersOf(request.imageId),
        identity: this.identity(request, machine.address),
        onEnd: () => {
          if (!machine.isGone) request.onStopped('The machine has ended by itself.');
        },
      });
      machine.hosted = hosted;
      if (!machine.isGone) request.onRunning();
      const isPending = async () => (await this.lifecycleState(request))?.startsWith('Pending') ?? false;
      void settled(hosted, isPending).then(release, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Auto Scaling's state of a machine; undefined when it is in no group, as one is whose tags name none. */
  private async lifecycleState({
    instanceId,
    tags,
  }: Pick<LaunchRequest, 'instanceId' | 'tags'>): Promise<string | undefined> {
    if (tags && tags[GROUP_TAG] === undefined) return undefined;
    const { AutoScalingInstances } = await this.core.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] }),
    );
    return AutoScalingInstances?.[0]?.LifecycleState;
  }

  private layersOf(imageId: string): Layers {
    return this.images.get(imageId) ?? this.host.baseLayers;
  }

  private identity(
    request: Pick<
      LaunchRequest,
      'instanceId' | 'userData' | 'tags' | 'availabilityZone' | 'instanceType' | 'roleArn'
    > & {
      readonly imageId: string;
    },
    address: string,
  ): MachineIdentity {
    const { core } = this;
    const { instanceId, imageId, instanceType, userData, tags, roleArn } = request;
    let session: SessionCredentials | undefined;
    return {
      ...{ instanceId, imageId, instanceType, userData, tags, address },
      ...{ accountId: core.account, region: core.region, launchedAt: new Date(core.clock.now()) },
      availabilityZone: request.availabilityZone ?? `${core.region}a`,
      lifecycleState: () => this.lifecycleState(request),
      role:
        roleArn === undefined
          ? undefined
          : {
              name: roleArn.slice(roleArn.lastIndexOf('/') + 1),
              credentials: () => {
                session ??= openSession(core, roleArn, instanceId);
                return session;
              },
            },
    };
  }
}

/**
 * Waits until a machine has started all that it starts, with what it tries again, and Auto Scaling waits for it no
 * more. Not forever: a service may never come up.
 */
async function settled(machine: HostedMachine, isPending: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, START_LIMIT_MS);
  });
  await Promise.race([machine.booted(), limit]).finally(() => clearTimeout(timer));
  while (performance.now() < until) {
    // A unit that failed and will be started again is "activating", too.
    const { output } = await machine.shell.run('systemctl list-units --state=activating --plain --no-legend');
    if (output.trim() === '' && !(await isPending())) return;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_LOOK_MS));
  }
}
