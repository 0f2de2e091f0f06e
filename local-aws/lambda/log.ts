import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';

/** Names of a log stream and of its group. */
export interface LogName {
  readonly group: string;
  readonly stream: string;
}

/**
 * The log stream of one function process. Lambda writes it under the function's own role, and writes
 * nothing when that role may not; nothing else fails by that.
 */
export class FunctionLog {
  private pending: InputLogEvent[] = [];
  private writing: Promise<void> = Promise.resolve();
  private scheduled = false;
  private created = false;

  constructor(
    private readonly core: Core,
    private readonly principal: Principal,
    readonly name: LogName,
  ) {}

  add(line: string): void {
    // CloudWatch Logs stores no empty event.
    this.pending.push({ timestamp: Math.floor(this.core.clock.now()), message: line || '\n' });
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => void this.flush());
  }

  /** Ends when everything so far was written. */
  flush(): Promise<void> {
    this.scheduled = false;
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const logEvents = this.pending;
    if (logEvents.length === 0) return;
    this.pending = [];
    const { core, principal } = this;
    const target = { logGroupName: this.name.group, logStreamName: this.name.stream };
    try {
      if (!this.created) await this.createStream(target);
      this.created = true;
      await core.send(new PutLogEventsCommand({ ...target, logEvents }), principal);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }

  /** A role that may only write to a group that is there already needs no permission to make one. */
  private async createStream(target: { logGroupName: string; logStreamName: string }): Promise<void> {
    const { core, principal } = this;
    const create = () => core.send(new CreateLogStreamCommand(target), principal);
    try {
      await create();
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'ResourceNotFoundException')) throw error;
      await core
        .send(new CreateLogGroupCommand({ logGroupName: target.logGroupName }), principal)
        .catch(ignoreExisting);
      await create();
    }
  }
}

/** Another process of the function can have made it in the meantime. */
function ignoreExisting(error: unknown): void {
  if (!(error instanceof Fault && error.code === 'ResourceAlreadyExistsException')) throw error;
}
