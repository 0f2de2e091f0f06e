import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';

/** A build's log in CloudWatch Logs: group `/aws/imagebuilder/RECIPE`, stream `VERSION/BUILD`. */
export class BuildLog {
  private pending: { timestamp: number; message: string }[] = [];
  private written: Promise<void> = Promise.resolve();
  private opened = false;

  constructor(
    private readonly core: Core,
    private readonly group: string,
    private readonly stream: string,
  ) {}

  /** Where it is read. */
  get place(): string {
    return `log group ${this.group}, stream ${this.stream}`;
  }

  /** Adds a line; lines reach CloudWatch Logs in their order. */
  readonly line = (message: string): void => {
    this.pending.push({ timestamp: Math.floor(this.core.clock.now()), message: message || ' ' });
    this.written = this.written.then(() => this.write());
  };

  /** Waits until everything is written. */
  flush(): Promise<void> {
    return this.written;
  }

  private async write(): Promise<void> {
    const logEvents = this.pending;
    this.pending = [];
    if (logEvents.length === 0) return;
    const principal = this.core.servicePrincipal('imagebuilder.amazonaws.com');
    const place = { logGroupName: this.group, logStreamName: this.stream };
    try {
      if (!this.opened) {
        await this.core
          .send(new CreateLogGroupCommand({ logGroupName: this.group }), principal)
          .catch(unlessExisting);
        await this.core.send(new CreateLogStreamCommand(place), principal).catch(unlessExisting);
        this.opened = true;
      }
      await this.core.send(new PutLogEventsCommand({ ...place, logEvents }), principal);
    } catch (error) {
      // A log that can't be written never fails a build: AWS builds on without it.
      if (!(error instanceof Fault)) throw error;
    }
  }
}

function unlessExisting(error: unknown): void {
  if (!(error instanceof Fault) || error.code !== 'ResourceAlreadyExistsException') throw error;
}
