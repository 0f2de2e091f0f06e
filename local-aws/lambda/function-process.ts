import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Pause } from './runner';
import { timing } from './timing';

/** How an invocation ended: with the handler's answer, or with an error object, as JSON text. */
export interface Outcome {
  readonly failed: boolean;
  readonly payload: string;
}

/** One request to run a function. */
export interface Invocation {
  readonly requestId: string;
  /** The event, as JSON text. */
  readonly event: string;
}

/** What a function's process needs to know of it. */
export interface ProcessSpec {
  readonly functionArn: string;
  /** Folder of the deployment package. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

type Message =
  | { readonly kind: 'ready' | 'taken' }
  | { readonly kind: 'pause'; readonly id: string; readonly ms: number }
  | { readonly kind: 'result'; readonly payload: string }
  | { readonly kind: 'error' | 'initError'; readonly error: object };

type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A process that runs one function, one invocation at a time. */
export class FunctionProcess {
  private readonly child: ChildProcess;
  private readonly ended: Promise<Ending>;
  private readonly initialized: Promise<Message | Ending>;
  private readonly inbox: Message[] = [];
  private onMessage: (() => void) | undefined;
  private alive = true;

  /** @param onLine called with every line that the process writes */
  constructor(
    private readonly spec: ProcessSpec,
    onLine: (line: string) => void,
  ) {
    this.child = spawn(process.execPath, [join(__dirname, 'runtime.mjs')], {
      cwd: spec.folder,
      env: spec.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      createInterface({ input: stream as Readable }).on('line', onLine);
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.alive = false;
      return { code, signal };
    });
    // A process that is killed in mid-message makes its channel fail; its end tells the rest.
    this.child.on('error', () => undefined);
    this.child.on('message', (message) => {
      this.inbox.push(message as Message);
      this.onMessage?.();
    });
    this.initialized = this.nextMessage();
  }

  get pid(): number | undefined {
    return this.alive ? this.child.pid : undefined;
  }

  /**
   * Runs one invocation. The function's time-out counts real time, from when the handler is loaded, as
   * the process does real work, whatever the speed of the modelled clock, and what the handler waits in modelled time.
   * @param pause lets modelled time pass while the handler waits
   * @returns undefined when the process had died before it took the invocation, which can be given to another
   */
  async invoke({ requestId, event }: Invocation, pause: Pause): Promise<Outcome | undefined> {
    const ready = await this.limited(this.initialized, timing.initLimitMs, () =>
      failure('Sandbox.Timedout', `RequestId: ${requestId} Error: The handler was not loaded in time`),
    );
    if ('failed' in ready) return ready;
    if (!('kind' in ready) || ready.kind !== 'ready') return this.outcome(ready, requestId);

    const { timeoutSeconds, functionArn } = this.spec;
    const timeoutMs = timeoutSeconds * 1000;
    if (this.child.connected) this.child.send({ requestId, event, functionArn, timeoutMs }, () => undefined);
    const late = () =>
      failure(
        'Sandbox.Timedout',
        `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
      );
    const taken = await this.limited(this.nextMessage(), timeoutMs, late);
    if ('failed' in taken) return taken;
    if (!('kind' in taken)) return undefined;
    for (let leftMs = timeoutMs; ; ) {
      const begun = performance.now();
      const message = await this.limited(this.nextMessage(), leftMs, late);
      if ('failed' in message) return message;
      if (!('kind' in message && message.kind === 'pause')) return this.outcome(message, requestId);
      leftMs -= performance.now() - begun + message.ms;
      await pause(message.ms);
      if (this.child.connected) this.child.send({ kind: 'resume', id: message.id }, () => undefined);
    }
  }

  /** Ends the process, and whatever it is doing. */
  async end(): Promise<void> {
    if (this.alive) this.child.kill('SIGKILL');
    await this.ended;
  }

  /** The next message that was not read yet, or how the process ended without one. */
  private async nextMessage(): Promise<Message | Ending> {
    const arrival = new Promise<void>((resolve) => {
      this.onMessage = resolve;
    });
    if (this.inbox.length === 0) await Promise.race([arrival, this.ended]);
    return this.inbox.shift() ?? this.ended;
  }

  private async limited<T>(work: Promise<T>, limitMs: number, late: () => Outcome): Promise<T | Outcome> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), limitMs);
    });
    const first = await Promise.race([work, limit]);
    clearTimeout(timer);
    if (first !== 'late') return first as T;
    await this.end();
    return late();
  }

  private outcome(answer: Message | Ending, requestId: string): Outcome {
    if (!('kind' in answer)) {
      return failure('Runtime.ExitError', `RequestId: ${requestId} Error: ${describeEnding(answer)}`);
    }
    switch (answer.kind) {
      case 'result':
        return { failed: false, payload: answer.payload };
      case 'error':
      case 'initError':
        return { failed: true, payload: JSON.stringify(answer.error) };
      case 'ready':
      case 'taken':
      case 'pause':
        throw new Error(`A function process said '${answer.kind}' where its answer was due.`);
    }
  }
}

function failure(errorType: string, errorMessage: string): Outcome {
  return { failed: true, payload: JSON.stringify({ errorType, errorMessage }) };
}

const signalNames: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
  SIGSEGV: 'segmentation fault',
  SIGABRT: 'aborted',
};

function describeEnding({ code, signal }: Ending): string {
  if (signal) return `Runtime exited with error: signal: ${signalNames[signal] ?? signal}`;
  return code === 0
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${code}`;
}
