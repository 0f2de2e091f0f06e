import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { PerVariant, TrafficSample, Variant } from './model';

export interface TrafficOptions {
  readonly targets: PerVariant<string>;
  readonly requestsPerSecond: number;
  /** Requests are counted by intervals of this length. */
  readonly intervalMs: number;
  /** It ends by itself after this long. */
  readonly limitMs: number;
  /** Real milliseconds since the rehearsal's start, of a moment in milliseconds since the epoch. */
  readonly realMs: (epochMs: number) => number;
  readonly onSample: (sample: TrafficSample) => void;
}

interface TrafficMessage {
  readonly name: Variant;
  readonly at: number;
  readonly served: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
}

/** Steady traffic on both load balancers, from a process of its own. */
export class Traffic {
  private readonly child: ChildProcess;
  /** How it ended: empty when it was asked to, and ended well. */
  readonly ended: Promise<string>;
  private isStopping = false;

  constructor({ onSample, realMs, ...settings }: TrafficOptions) {
    this.child = fork(join(__dirname, 'traffic-process.mjs'), [], { execArgv: [] });
    this.child.on('message', (message) => {
      const { name, at, served, failed } = message as TrafficMessage;
      onSample({ variant: name, realMs: realMs(at), served, failed });
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      this.child.once('exit', (code, signal) =>
        resolve(code === 0 && this.isStopping ? '' : `ended too early, with ${signal ?? code}`),
      );
    });
    this.child.send(settings);
  }

  /** Lets open requests end, then ends the process. @returns what was wrong with its end; empty when nothing was */
  async stop(): Promise<string> {
    this.isStopping = true;
    if (this.child.connected) this.child.send('stop');
    return this.ended;
  }

  /** Ends the process at once. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}
