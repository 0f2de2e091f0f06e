import type { Clock, Timer } from '../core/clock';
import type { Fault } from '../core/fault';
import type { BakeRequest, LaunchRequest, MachineDriver, Probe, Software } from './driver';
import { softwareFromParameters, softwareFromUserData } from './software';
import { MACHINE_TIMING } from './timing';

/** A machine as a test sees it. */
export interface MemoryMachine {
  readonly instanceId: string;
  readonly imageId: string;
  readonly userData: string;
  /** What runs on it: its user data's release, else its image's. */
  readonly software?: Software;
}

/** What a machine does; everything is optional. */
export interface MachineBehaviour {
  /** Modelled time until EC2's `running`. @default 15 s */
  readonly bootMs?: number;
  /**
   * HTTP status of a health check at that age (since launch, in milliseconds), or what it fails with.
   * @default refused until the services are up (25 s after `running`), then 200
   */
  readonly status?: (ageMs: number, path: string) => number | 'refused' | 'timeout';
  /** Instead of running, the machine stops with this reason after `bootMs`. */
  readonly stopsWith?: string;
  /** The launch itself is refused. */
  readonly refused?: Fault;
}

export interface MemoryDriverOptions {
  /** Asked once for each launch. @default every machine is well */
  readonly behaviour?: (machine: MemoryMachine) => MachineBehaviour;
  /** Why a bake fails; undefined when it does not. @default no bake fails */
  readonly bakeFailure?: (request: BakeRequest) => string | undefined;
}

interface Running extends MemoryMachine {
  readonly address: string;
  readonly launchedAt: number;
  readonly behaviour: MachineBehaviour;
  readonly timer: Timer;
}

/** Machines without processes, for tests in virtual time: their health is what the test says. */
export class MemoryDriver implements MachineDriver {
  private readonly images = new Map<string, Software | undefined>();
  private readonly addresses = new Map<string, string>();
  private readonly machines = new Map<string, Running>();
  private addressCount = 0;

  constructor(
    private readonly clock: Clock,
    private readonly options: MemoryDriverOptions = {},
  ) {}

  /** Machines there are, for a test to look at. */
  get running(): readonly MemoryMachine[] {
    return [...this.machines.values()];
  }

  async bake(request: BakeRequest): Promise<void> {
    const failure = this.options.bakeFailure?.(request);
    if (failure !== undefined) throw new Error(failure);
    let software = this.images.get(request.baseImageId);
    for (const { parameters } of request.components)
      software = softwareFromParameters(parameters) ?? software;
    this.images.set(request.imageId, software);
  }

  adoptImage(provisionalId: string, imageId: string): void {
    this.images.set(imageId, this.images.get(provisionalId));
    this.images.delete(provisionalId);
  }

  async discardImage(imageId: string): Promise<void> {
    this.images.delete(imageId);
  }

  reserveAddress(instanceId: string): string {
    const number = ++this.addressCount;
    const address = `127.2.${number >> 8}.${number & 255}`;
    this.addresses.set(instanceId, address);
    return address;
  }

  launch({ instanceId, imageId, userData, onRunning, onStopped }: LaunchRequest): void {
    const software = softwareFromUserData(userData) ?? this.images.get(imageId);
    const machine = { instanceId, imageId, userData, software };
    const behaviour = this.options.behaviour?.(machine) ?? {};
    if (behaviour.refused) throw behaviour.refused;
    const timer = this.clock.after(behaviour.bootMs ?? MACHINE_TIMING.bootMs, () => {
      if (behaviour.stopsWith === undefined) return onRunning();
      this.machines.delete(instanceId);
      onStopped(behaviour.stopsWith);
    });
    const address = this.addresses.get(instanceId) ?? this.reserveAddress(instanceId);
    this.machines.set(instanceId, { ...machine, address, launchedAt: this.clock.now(), behaviour, timer });
  }

  async terminate(instanceId: string): Promise<void> {
    this.machines.get(instanceId)?.timer.cancel();
    this.machines.delete(instanceId);
    this.addresses.delete(instanceId);
  }

  consoleOutput(instanceId: string): string {
    const software = this.machines.get(instanceId)?.software;
    return software ? `${software.application} ${software.version}\n` : '';
  }

  endpoint(instanceId: string, port: number): { readonly host: string; readonly port: number } | undefined {
    const machine = this.machines.get(instanceId);
    return machine && { host: machine.address, port };
  }

  async probe(instanceId: string, _port: number, path: string): Promise<Probe> {
    const machine = this.machines.get(instanceId);
    if (!machine) return { error: `There is no machine ${instanceId}.` };
    const status = (machine.behaviour.status ?? wellOnceUp(machine.behaviour))(
      this.clock.now() - machine.launchedAt,
      path,
    );
    if (status === 'timeout') return { error: 'No answer in time.', timedOut: true };
    return status === 'refused' ? { error: 'The connection was refused.' } : { status };
  }

  async close(): Promise<void> {
    for (const { instanceId } of this.running) await this.terminate(instanceId);
  }
}

function wellOnceUp({ bootMs = MACHINE_TIMING.bootMs }: MachineBehaviour) {
  return (ageMs: number) => (ageMs < bootMs + MACHINE_TIMING.servicesMs ? 'refused' : 200);
}
