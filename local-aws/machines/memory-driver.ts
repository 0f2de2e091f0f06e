import type { Timer } from '../core/clock';
import type { Core } from '../core/core';
import type { Fault } from '../core/fault';
import { sessionPrincipal } from '../sts/session';
import { announce } from './announce';
import {
  type BakeRequest,
  type LaunchRequest,
  type MachineDriver,
  type Probe,
  type Software,
  TestPhaseFailure,
} from './driver';
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
   * @default refused until the services are up (25 s after `running`, 95 s when the user data installs the
   * release), then 200
   */
  readonly status?: (ageMs: number, path: string) => number | 'refused' | 'timeout';
  /** Instead of running, the machine stops with this reason after `bootMs`. */
  readonly stopsWith?: string;
  /** What stands on its console at once. @default the release's name */
  readonly console?: string;
  /** The launch itself is refused. */
  readonly refused?: Fault;
}

export interface MemoryDriverOptions {
  /** Asked once for each launch. @default every machine is well */
  readonly behaviour?: (machine: MemoryMachine) => MachineBehaviour;
  /** Why a bake fails; undefined when it does not. @default no bake fails */
  readonly bakeFailure?: (request: BakeRequest) => string | undefined;
  /** Why the test phase of a baked image fails; undefined when it does not. @default none fails */
  readonly testFailure?: (request: BakeRequest) => string | undefined;
}

interface Running extends MemoryMachine {
  readonly address: string;
  readonly launchedAt: number;
  readonly status: NonNullable<MachineBehaviour['status']>;
  timer: Timer;
  console: string;
}

/** Modelled time between two looks whether a machine answers, which it tells its launch hook then. */
const ANSWER_LOOK_MS = 5_000;

/** Machines without processes, for tests in virtual time: their health is what the test says. */
export class MemoryDriver implements MachineDriver {
  private readonly images = new Map<string, Software | undefined>();
  private readonly addresses = new Map<string, string>();
  private readonly machines = new Map<string, Running>();
  private addressCount = 0;

  constructor(
    private readonly core: Core,
    private readonly options: MemoryDriverOptions = {},
  ) {}

  /** Machines there are, for a test to look at. */
  get running(): readonly MemoryMachine[] {
    return [...this.machines.values()];
  }

  /** Has a machine write a line to its console. */
  say(instanceId: string, line: string): void {
    const machine = this.machines.get(instanceId);
    if (machine) machine.console += `${line}\n`;
  }

  async bake(request: BakeRequest): Promise<void> {
    const failure = this.options.bakeFailure?.(request);
    if (failure !== undefined) {
      logFailure(request, failure);
      throw new Error(failure);
    }
    let software = this.images.get(request.baseImageId);
    for (const { parameters } of request.components)
      software = softwareFromParameters(parameters) ?? software;
    this.images.set(request.imageId, software);
    const testFailure = this.options.testFailure?.(request);
    if (testFailure === undefined) return;
    logFailure(request, testFailure);
    throw new TestPhaseFailure(testFailure);
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

  launch(request: LaunchRequest): void {
    const { instanceId, imageId, userData } = request;
    const installed = softwareFromUserData(userData);
    const software = installed ?? this.images.get(imageId);
    const seen: MemoryMachine = { instanceId, imageId, userData, software };
    const behaviour = this.options.behaviour?.(seen) ?? {};
    if (behaviour.refused) throw behaviour.refused;
    const { bootMs = MACHINE_TIMING.bootMs, stopsWith } = behaviour;
    const { servicesMs, installMs } = MACHINE_TIMING;
    const timer = this.core.clock.after(bootMs, () => {
      if (stopsWith === undefined) {
        request.onRunning();
        this.announceOnceUp(machine, request);
        return;
      }
      this.machines.delete(instanceId);
      request.onStopped(stopsWith);
    });
    const machine: Running = {
      ...seen,
      address: this.addresses.get(instanceId) ?? this.reserveAddress(instanceId),
      launchedAt: this.core.clock.now(),
      status: behaviour.status ?? wellFrom(bootMs + servicesMs + (installed ? installMs : 0)),
      timer,
      console: behaviour.console ?? (software ? `${software.application} ${software.version}\n` : ''),
    };
    this.machines.set(instanceId, machine);
  }

  async terminate(instanceId: string): Promise<void> {
    this.machines.get(instanceId)?.timer.cancel();
    this.machines.delete(instanceId);
    this.addresses.delete(instanceId);
  }

  consoleOutput(instanceId: string): string {
    return this.machines.get(instanceId)?.console ?? '';
  }

  endpoint(instanceId: string, port: number): { readonly host: string; readonly port: number } | undefined {
    const machine = this.machines.get(instanceId);
    return machine && { host: machine.address, port };
  }

  async probe(instanceId: string, _port: number, path: string): Promise<Probe> {
    const machine = this.machines.get(instanceId);
    if (!machine) return { error: `There is no machine ${instanceId}.` };
    const status = this.statusOf(machine, path);
    if (status === 'timeout') return { error: 'No answer in time.', timedOut: true };
    return status === 'refused' ? { error: 'The connection was refused.' } : { status };
  }

  async close(): Promise<void> {
    for (const { instanceId } of this.running) await this.terminate(instanceId);
  }

  private statusOf({ status, launchedAt }: Running, path: string): number | 'refused' | 'timeout' {
    return status(this.core.clock.now() - launchedAt, path);
  }

  private announceOnceUp(machine: Running, request: LaunchRequest): void {
    const { core } = this;
    const hook = machine.software?.launchHook;
    if (hook === undefined) return;
    const isOver = () => this.machines.get(machine.instanceId) !== machine;
    if (isOver()) return;
    if (typeof this.statusOf(machine, '/') !== 'number') {
      machine.timer = core.clock.after(ANSWER_LOOK_MS, () => this.announceOnceUp(machine, request));
      return;
    }
    void announce({
      core,
      hook,
      request,
      principal: request.roleArn ? sessionPrincipal(core, request.roleArn, machine.instanceId) : undefined,
      againMs: MACHINE_TIMING.announceAgainMs,
      isOver,
      log: (line) => this.say(machine.instanceId, `announce: ${line}`),
    });
  }
}

/** A command that failed, as AWSTOE writes it to the log. */
function logFailure({ log }: BakeRequest, failure: string): void {
  log('ExecuteBash: STARTED EXECUTION');
  log(`CmdExecution: Stderr: ${failure}`);
  log('CmdExecution: ExitCode 1');
}

function wellFrom(upMs: number): NonNullable<MachineBehaviour['status']> {
  return (ageMs) => (ageMs < upMs ? 'refused' : 200);
}
