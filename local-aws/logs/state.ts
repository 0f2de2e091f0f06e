import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { invalid } from './pages';

/** An event of a log stream; times in milliseconds since the epoch. */
export interface StoredEvent {
  readonly id: number;
  readonly timestamp: number;
  readonly ingestedAt: number;
  readonly message: string;
}

/** A log stream as it is kept. */
export interface Stream {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  /** In order of their timestamps. */
  readonly events: StoredEvent[];
}

/** A log group as it is kept. */
export interface Group {
  readonly name: string;
  /** Without the `:*` that stands for its streams. */
  readonly arn: string;
  readonly createdAt: number;
  retentionDays?: number;
  readonly tags: Map<string, string>;
  readonly streams: Map<string, Stream>;
}

export interface GroupReference {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
}

/** What CloudWatch Logs keeps. */
export class LogsState {
  readonly groups = new Map<string, Group>();

  constructor(private readonly core: Core) {}

  group(reference: GroupReference): Group {
    const group = this.groups.get(nameOf(reference));
    if (!group) throw notFound('log group');
    return group;
  }

  stream(reference: GroupReference & { readonly logStreamName?: string }): Stream {
    const stream = this.group(reference).streams.get(reference.logStreamName ?? '');
    if (!stream) throw notFound('log stream');
    return stream;
  }

  arnOf(name: string): string {
    return this.core.arn('logs', `log-group:${name}`);
  }

  now(): number {
    return Math.floor(this.core.clock.now());
  }
}

/** Name of a group that is given by name or by ARN. @throws Fault when both are given, or neither */
export function nameOf({ logGroupName, logGroupIdentifier }: GroupReference): string {
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined))
    throw invalid('You must include either logGroupIdentifier or logGroupName, but not both.');
  return (logGroupName ?? logGroupIdentifier ?? '').replace(/^arn:.*?:log-group:/, '').replace(/:\*$/, '');
}

function notFound(kind: string): Fault {
  return new Fault('ResourceNotFoundException', `The specified ${kind} does not exist.`, 400);
}

/** The fault for a name that is taken. */
export function alreadyExists(kind: string): Fault {
  return new Fault('ResourceAlreadyExistsException', `The specified ${kind} already exists`, 400);
}
