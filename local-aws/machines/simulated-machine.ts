import { cp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, dirname } from 'node:path';
import type { Timer } from '../core/clock';
import type { Core } from '../core/core';
import type { Principal } from '../core/principal';
import { announce } from './announce';
import { type InstallStep, install } from './artifact';
import type { LaunchRequest, Software } from './driver';
import type { Keeper } from './keeper';
import { probeOverHttp } from './probe';
import type { ImageContent } from './simulated-driver';
import { softwareFromUserData } from './software';
import type { MachineTiming } from './timing';

/** As much as EC2's GetConsoleOutput keeps. */
const CONSOLE_LIMIT = 64 * 1024;
/** What comes to the console of a service's log, and how often: as in `userdata/failures.sh`. */
const REPORTED_LINES = 30;
const LONGEST_REPORTED_LINE = 140;
const REPORT_EACH_MS = 60_000;
const MAX_RESTARTS = 5;
/**
 * Real time after which a service counts as having run well, so that its next end is a first one. A process
 * needs real time to start and fail, which on a busy computer and a fast clock are many modelled minutes.
 */
const RAN_WELL_MS = 10_000;
/** Real time between two looks whether the service answers: its process lives in real time. */
const ANSWER_LOOK_MS = 100;

const STEP_NAMES: Readonly<Record<InstallStep, string>> = {
  fetch: 'Fetching the artifact',
  check: 'Checking the artifact',
  unpack: 'Unpacking the artifact',
};

/** What a machine is made of. */
export interface SimulatedMachineParts {
  readonly core: Core;
  readonly keeper: Keeper;
  readonly timing: MachineTiming;
  readonly request: LaunchRequest;
  /** Content of its image; undefined for a base image. */
  readonly image: ImageContent | undefined;
  /** Loopback address of its own; undefined when it is at 127.0.0.1 with a port of its own. */
  readonly address: string | undefined;
  /** Its own files; the folder does not exist yet. */
  readonly folder: string;
  /** Session of its role; undefined when it has no instance profile. */
  readonly principal: Principal | undefined;
}

interface Service {
  readonly software: Software;
  /** By the user data, at boot; otherwise it is in the image. */
  readonly isByUserData: boolean;
}

/** One machine: boots, installs what its user data says, and keeps its service running. */
export class SimulatedMachine {
  /** What it wrote to its console: its own lines carry the modelled seconds since its launch. */
  console = '';
  /** The end of what its service logged. */
  private journal = '';
  private reportedAt = Number.NEGATIVE_INFINITY;
  private readonly launchedAt: number;
  private timer: Timer | undefined;
  private port: number | undefined;
  private restarts = 0;
  private gone = false;
  private givenUp = false;
  /** Why there is no service, when its user data is wrong. */
  private problem: string | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly parts: SimulatedMachineParts) {
    this.launchedAt = parts.core.clock.now();
  }

  boot(): void {
    const { timing, request, image, folder } = this.parts;
    const service = this.findService();
    // At once: what becomes of the image later is nothing to a machine that was launched from it.
    if (service && !service.isByUserData) this.work = cp(image!.folder, folder, { recursive: true });
    this.work.catch(() => undefined);
    this.after(timing.bootMs, () => {
      this.say(`booted ${request.imageId}`);
      request.onRunning();
      if (this.gone) return;
      if (service) this.bringUp(service);
      else
        this.say(this.problem ?? 'neither the image nor the user data brings a release: no service to start');
    });
  }

  /** Where one of its ports is reached; before its service starts, nothing answers there. */
  endpoint(port: number): { readonly host: string; readonly port: number } | undefined {
    const { address } = this.parts;
    if (address !== undefined) return { host: address, port };
    // Port 9 is "discard": nothing listens there.
    return { host: '127.0.0.1', port: this.port ?? 9 };
  }

  async terminate(): Promise<void> {
    this.gone = true;
    this.timer?.cancel();
    // How it ended stands on the console; nothing of it is left to wait for.
    await this.work.catch(() => undefined);
    await this.parts.keeper.stop(this.id);
    await rm(this.parts.folder, { recursive: true, force: true });
  }

  /** A health check was answered: when it is unhealthy, what the service logged last comes to the console. */
  healthAnswered(path: string, status: number): void {
    if (status !== 200) this.report(`${path} answers ${status}`);
  }

  private get id(): string {
    return this.parts.request.instanceId;
  }

  /** What its user data says comes before what its image has. */
  private findService(): Service | undefined {
    const { request, image } = this.parts;
    try {
      const software = softwareFromUserData(request.userData);
      if (software) return { software, isByUserData: true };
      return image && { software: image.software, isByUserData: false };
    } catch (error) {
      this.problem = `cloud-init: ${(error as Error).message}`;
      return undefined;
    }
  }

  private bringUp({ software, isByUserData }: Service): void {
    const { timing } = this.parts;
    this.after(timing.servicesMs + (isByUserData ? timing.installMs : 0), () => {
      this.work = this.work
        .then(() => (isByUserData ? this.install(software) : undefined))
        .then(async () => {
          this.port = this.parts.address === undefined ? await freePort() : software.port;
          if (this.gone) return;
          this.serve(software);
          void this.announce(software);
        })
        .catch((error: Error) => this.say(error.message));
    });
  }

  private async install(software: Software): Promise<void> {
    const { core, folder, principal } = this.parts;
    if (!principal)
      throw new Error('cloud-init: Unable to locate credentials: the machine has no instance profile.');
    const log = (line: string) => this.say(`cloud-init: ${line}`);
    const nameOf = (step: InstallStep) => `cloud-init: ${STEP_NAMES[step]}`;
    await install({ core, software, principal, folder, log, nameOf });
  }

  private serve(software: Software): void {
    const { keeper, folder, address } = this.parts;
    const startedAt = performance.now();
    this.say(`systemd: starting ${software.application} ${software.version}: ${software.command.join(' ')}`);
    keeper.start({
      id: this.id,
      command: software.command,
      folder,
      environment: {
        // The Node that runs this, first: a release that says "node" shall find it.
        PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
        HOST: address ?? '127.0.0.1',
        PORT: String(this.port),
        INSTANCE_ID: this.id,
      },
      onOutput: (text) => this.log(text),
      onExit: (how) => this.ended(software, how, performance.now() - startedAt),
    });
  }

  /** As soon as its service answers, whatever the answer is. */
  private async announce(software: Software): Promise<void> {
    if (software.launchHook === undefined) return;
    const { core, request, principal, timing } = this.parts;
    const isOver = () => this.gone || this.givenUp;
    const answers = async () => {
      const endpoint = this.endpoint(software.port);
      return endpoint !== undefined && 'status' in (await probeOverHttp(endpoint, '/', 0));
    };
    while (!isOver() && !(await answers())) await new Promise((done) => setTimeout(done, ANSWER_LOOK_MS));
    await announce({
      core,
      hook: software.launchHook,
      request,
      principal,
      againMs: timing.announceAgainMs,
      isOver,
      log: (line) => this.say(`announce: ${line}`),
    });
  }

  private ended(software: Software, how: string, ranMs: number): void {
    if (this.gone) return;
    if (ranMs >= RAN_WELL_MS) this.restarts = 0;
    this.say(`systemd: ${software.application} ended: ${how}`);
    this.report('it has ended');
    if (this.restarts === MAX_RESTARTS) {
      this.say(`systemd: ${software.application} was started ${MAX_RESTARTS + 1} times in a row: given up`);
      this.givenUp = true;
      return;
    }
    this.restarts++;
    this.after(this.parts.timing.restartMs, () => this.serve(software));
  }

  private log(text: string): void {
    this.journal = (this.journal + text)
      .split('\n')
      .slice(-REPORTED_LINES - 1)
      .join('\n');
  }

  private report(reason: string): void {
    const now = this.parts.core.clock.now();
    if (now - this.reportedAt < REPORT_EACH_MS) return;
    this.reportedAt = now;
    const lines = this.journal
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, LONGEST_REPORTED_LINE));
    for (const line of [`${reason}; what it logged last:`, ...lines]) this.write(`application: ${line}\n`);
  }

  private after(ms: number, callback: () => void): void {
    this.timer = this.parts.core.clock.after(ms, callback);
  }

  private say(line: string): void {
    const seconds = (this.parts.core.clock.now() - this.launchedAt) / 1000;
    this.write(`[${seconds.toFixed(1).padStart(8)}] ${line}\n`);
  }

  private write(text: string): void {
    this.console = (this.console + text).slice(-CONSOLE_LIMIT);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
