import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { Timer } from '../core/clock';
import type { Core } from '../core/core';
import { openSession } from '../sts/session';
import { CodeFolder } from './code';
import { FunctionProcess, type Invocation, type Outcome } from './function-process';
import { type FunctionRecord, logGroupOf } from './functions';
import { FunctionLog } from './log';
import type { Pause, Runner } from './runner';
import { timing } from './timing';

/** Processes that an invocation is offered to, when one after the other dies before it takes it. */
const MAXIMUM_PROCESSES = 3;

/** A process, and what belongs to it. */
interface Worker {
  readonly functionName: string;
  readonly process: FunctionProcess;
  readonly log: FunctionLog;
  readonly accessKeyId: string;
  busy: boolean;
  /** The function has changed since this process was started. */
  retired: boolean;
  idleTimer?: Timer;
}

/**
 * Runs every function in processes of its own. A process serves one invocation at a time and stays for
 * the next; concurrent invocations have a process each.
 */
export class ProcessRunner implements Runner {
  private readonly workers = new Set<Worker>();
  private readonly code: CodeFolder;
  private closed = false;

  constructor(
    private readonly core: Core,
    private readonly modulesPath: string | undefined,
  ) {
    this.code = new CodeFolder(modulesPath);
  }

  async run(
    record: FunctionRecord,
    invocation: Invocation,
    pause: Pause = (ms) => this.core.clock.sleep(ms),
  ): Promise<Outcome> {
    for (let attempt = 0; attempt < MAXIMUM_PROCESSES; attempt++) {
      const outcome = await this.runOnce(record, invocation, pause);
      if (outcome) return outcome;
    }
    const error = {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${invocation.requestId} Error: Runtime exited before it took the invocation`,
    };
    return { failed: true, payload: JSON.stringify(error) };
  }

  /** Undefined when the process had died while it was idle. */
  private async runOnce(
    record: FunctionRecord,
    invocation: Invocation,
    pause: Pause,
  ): Promise<Outcome | undefined> {
    const worker = this.idle(record.name) ?? (await this.start(record));
    worker.busy = true;
    worker.idleTimer?.cancel();
    try {
      worker.log.add(`START RequestId: ${invocation.requestId} Version: $LATEST`);
      const outcome = await worker.process.invoke(invocation, pause);
      // What it printed came another way than its answer, and is read by then.
      await new Promise((resolve) => setImmediate(resolve));
      if (outcome?.failed) worker.log.add(outcome.payload);
      worker.log.add(`END RequestId: ${invocation.requestId}`);
      return outcome;
    } finally {
      worker.busy = false;
      await this.rest(worker);
    }
  }

  processes(functionName: string): number[] {
    return [...this.workers]
      .filter((worker) => worker.functionName === functionName)
      .flatMap(({ process }) => process.pid ?? []);
  }

  retire(functionName: string): void {
    for (const worker of this.workers) {
      if (worker.functionName !== functionName) continue;
      worker.retired = true;
      if (!worker.busy) void this.end(worker);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.workers].map((worker) => this.end(worker)));
    await this.code.remove();
  }

  private idle(functionName: string): Worker | undefined {
    for (const worker of this.workers) {
      const usable = worker.functionName === functionName && !worker.busy && !worker.retired;
      if (usable && worker.process.pid !== undefined) return worker;
    }
    return undefined;
  }

  private async start(record: FunctionRecord): Promise<Worker> {
    const folder = await this.code.folderOf(record.code);
    if (this.closed) throw new Error('The local AWS is being closed.');
    const { core } = this;
    const { configuration } = record;
    const session = openSession(core, configuration.role, record.name);
    const principal = core.sessions.get(session.accessKeyId)!;
    const day = new Date(core.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    const log = new FunctionLog(core, principal, {
      group: logGroupOf(record),
      stream: `${day}/[$LATEST]${randomBytes(16).toString('hex')}`,
    });
    const process = new FunctionProcess(
      {
        functionArn: record.arn,
        folder,
        timeoutSeconds: configuration.timeoutSeconds,
        environment: {
          ...systemEnvironment(),
          // The engineer's own ~/.aws must not reach a function.
          HOME: folder,
          TMPDIR: tmpdir(),
          LANG: 'en_US.UTF-8',
          TZ: ':UTC',
          ...configuration.environment,
          _HANDLER: configuration.handler,
          LAMBDA_TASK_ROOT: folder,
          AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.runtime}`,
          AWS_LAMBDA_FUNCTION_NAME: record.name,
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMegabytes),
          AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
          AWS_LAMBDA_LOG_GROUP_NAME: log.name.group,
          AWS_LAMBDA_LOG_STREAM_NAME: log.name.stream,
          AWS_REGION: core.region,
          AWS_DEFAULT_REGION: core.region,
          AWS_ACCESS_KEY_ID: session.accessKeyId,
          AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
          AWS_SESSION_TOKEN: session.sessionToken,
          AWS_ENDPOINT_URL: core.endpoint,
          // The runtime's own Node is newer; the notice would stand in every function's log.
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
          AWS_EC2_METADATA_DISABLED: 'true',
          ...(this.modulesPath ? { NODE_PATH: this.modulesPath } : {}),
        },
      },
      (line) => log.add(line),
    );
    const worker: Worker = {
      functionName: record.name,
      process,
      log,
      accessKeyId: session.accessKeyId,
      busy: true,
      retired: false,
    };
    this.workers.add(worker);
    return worker;
  }

  /** After an invocation: kept for the next one, unless it has died or is out of date. */
  private async rest(worker: Worker): Promise<void> {
    if (worker.process.pid === undefined || worker.retired) return this.end(worker);
    await worker.log.flush();
    if (!this.workers.has(worker)) return;
    worker.idleTimer = this.core.clock.after(timing.idleMs, () => void this.end(worker));
  }

  private async end(worker: Worker): Promise<void> {
    if (!this.workers.delete(worker)) return;
    worker.idleTimer?.cancel();
    await worker.process.end();
    await worker.log.flush();
    this.core.sessions.delete(worker.accessKeyId);
  }
}

/** What a process needs of the computer's own environment; Windows starts none without SystemRoot. */
function systemEnvironment(): Record<string, string> {
  const names = ['PATH', 'SystemRoot'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
