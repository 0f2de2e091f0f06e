import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A process to be kept. */
export interface ProcessRequest {
  /** Names it towards the keeper; it must not be running already. */
  readonly id: string;
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
  /** Called once, with how it ended: `exit code 1`, `ended by SIGKILL`, `command not found: x`. */
  readonly onExit: (how: string) => void;
}

type Message =
  | { readonly type: 'started'; readonly id: string; readonly pid: number }
  | { readonly type: 'output'; readonly id: string; readonly text: string }
  | { readonly type: 'exit'; readonly id: string; readonly how: string };

interface Kept {
  readonly request: ProcessRequest;
  pid?: number;
  readonly ended: Promise<void>;
  readonly end: (how: string) => void;
}

/**
 * The processes of all machines, as children of one keeper process. The keeper ends them when its channel
 * to this process closes, so that nothing is left running even when this process is killed.
 */
export class Keeper {
  private keeper: ChildProcess | undefined;
  private readonly kept = new Map<string, Kept>();

  /** Starts a process. Failure to start it is an exit too. */
  start(request: ProcessRequest): void {
    let end: Kept['end'] = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = (how) => {
        this.kept.delete(request.id);
        resolve();
        request.onExit(how);
      };
    });
    this.kept.set(request.id, { request, ended, end });
    const { id, command, folder, environment } = request;
    this.process().send({ type: 'start', id, command, folder, environment });
  }

  /** Asks a process to end, makes it when it does not, and returns when it has. */
  async stop(id: string): Promise<void> {
    const kept = this.kept.get(id);
    if (!kept) return;
    this.keeper?.send({ type: 'stop', id });
    await kept.ended;
  }

  /** Ends all processes, and the keeper. */
  async close(): Promise<void> {
    const keeper = this.keeper;
    if (!keeper) return;
    this.keeper = undefined;
    if (keeper.exitCode !== null || keeper.signalCode !== null) return;
    const exited = new Promise((resolve) => keeper.once('exit', resolve));
    keeper.ref();
    keeper.send({ type: 'close' }, () => undefined);
    await exited;
  }

  private process(): ChildProcess {
    if (this.keeper) return this.keeper;
    const keeper = fork(join(__dirname, 'keeper-process.mjs'), [], {
      // A session of its own: a signal to the local AWS's process group must not reach it.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    keeper.unref();
    keeper.channel?.unref();
    keeper.on('message', (message) => this.hear(message as Message));
    keeper.on('exit', () => this.lost(keeper));
    keeper.on('error', () => this.lost(keeper));
    this.keeper = keeper;
    return keeper;
  }

  private hear(message: Message): void {
    const kept = this.kept.get(message.id);
    if (!kept) return;
    if (message.type === 'started') kept.pid = message.pid;
    if (message.type === 'output') kept.request.onOutput(message.text);
    if (message.type === 'exit') kept.end(message.how);
  }

  /** The keeper itself was killed: what it kept has to be ended from here. */
  private lost(keeper: ChildProcess): void {
    if (this.keeper === keeper) this.keeper = undefined;
    for (const kept of [...this.kept.values()]) {
      if (kept.pid !== undefined) killGroup(kept.pid);
      kept.end('its keeper was ended');
    }
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
