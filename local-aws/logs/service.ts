import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operations, ResourceType, Service } from '../core/service';
import { filterEvents, getEvents } from './read';
import { logsResourceTypes } from './resources';

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

interface GroupReference {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
}

/** Days that AWS accepts for a log group's retention. */
const retentions = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/** CloudWatch Logs: groups, streams and their events. Events stay whatever the retention is. */
export class LogsService implements Service {
  readonly signingName = 'logs';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = logsResourceTypes;
  private readonly groups = new Map<string, Group>();
  private nextEvent = 0;

  constructor(private readonly core: Core) {
    this.operations = {
      ...this.groupOperations(),
      ...this.streamOperations(),
      ...this.tagOperations(),
    };
  }

  private groupOperations(): Operations<typeof sdk> {
    const onGroup = (input: GroupReference) => [`${this.arnOf(nameOf(input))}`];
    return {
      CreateLogGroup: {
        accepts: {
          logGroupName: true,
          tags: true,
          logGroupClass: only('STANDARD'),
          deletionProtectionEnabled: only(false),
        },
        resources: onGroup,
        run: ({ logGroupName: name = '', tags }) => {
          if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name))
            throw invalid(`The log group name '${name}' is not valid: letters, digits and .-_/# are.`);
          if (this.groups.has(name)) throw alreadyExists('log group');
          this.groups.set(name, {
            name,
            arn: this.arnOf(name),
            createdAt: this.now(),
            tags: new Map(Object.entries(tags ?? {})),
            streams: new Map(),
          });
          return {};
        },
      },
      DeleteLogGroup: {
        accepts: { logGroupName: true },
        resources: onGroup,
        run: (input) => {
          this.groups.delete(this.group(input).name);
          return {};
        },
      },
      PutRetentionPolicy: {
        accepts: { logGroupName: true, retentionInDays: true },
        resources: onGroup,
        run: (input) => {
          if (!retentions.has(input.retentionInDays ?? 0))
            throw invalid(`A retention of ${input.retentionInDays} days is none that AWS offers.`);
          this.group(input).retentionDays = input.retentionInDays;
          return {};
        },
      },
      DeleteRetentionPolicy: {
        accepts: { logGroupName: true },
        resources: onGroup,
        run: (input) => {
          this.group(input).retentionDays = undefined;
          return {};
        },
      },
      DescribeLogGroups: {
        accepts: {
          logGroupNamePrefix: true,
          logGroupNamePattern: true,
          nextToken: true,
          limit: true,
          includeLinkedAccounts: only(false),
          logGroupClass: only('STANDARD'),
        },
        resources: () => [this.core.arn('logs', 'log-group::log-stream:')],
        run: ({ logGroupNamePrefix = '', logGroupNamePattern = '' }) => ({
          logGroups: [...this.groups.values()]
            .filter(({ name }) => name.startsWith(logGroupNamePrefix) && name.includes(logGroupNamePattern))
            .map((group) => ({
              logGroupName: group.name,
              creationTime: group.createdAt,
              retentionInDays: group.retentionDays,
              metricFilterCount: 0,
              arn: `${group.arn}:*`,
              logGroupArn: group.arn,
              logGroupClass: 'STANDARD',
            })),
        }),
      },
    };
  }

  private streamOperations(): Operations<typeof sdk> {
    const onStream = (input: GroupReference & { logStreamName?: string }) => [
      `${this.arnOf(nameOf(input))}:log-stream:${input.logStreamName ?? ''}`,
    ];
    const onGroup = (input: GroupReference) => [`${this.arnOf(nameOf(input))}:log-stream:`];
    return {
      CreateLogStream: {
        accepts: { logGroupName: true, logStreamName: true },
        resources: onStream,
        run: (input) => {
          const group = this.group(input);
          const name = input.logStreamName ?? '';
          if (group.streams.has(name)) throw alreadyExists('log stream');
          group.streams.set(name, {
            name,
            arn: `${group.arn}:log-stream:${name}`,
            createdAt: this.now(),
            events: [],
          });
          return {};
        },
      },
      DeleteLogStream: {
        accepts: { logGroupName: true, logStreamName: true },
        resources: onStream,
        run: (input) => {
          this.group(input).streams.delete(this.stream(input).name);
          return {};
        },
      },
      DescribeLogStreams: {
        accepts: {
          logGroupName: true,
          logGroupIdentifier: true,
          logStreamNamePrefix: true,
          orderBy: true,
          descending: true,
          nextToken: true,
          limit: true,
        },
        resources: onGroup,
        run: (input) => {
          const streams = [...this.group(input).streams.values()].filter(({ name }) =>
            name.startsWith(input.logStreamNamePrefix ?? ''),
          );
          const last = ({ events }: Stream) => events.at(-1)?.timestamp ?? 0;
          streams.sort((a, b) =>
            input.orderBy === 'LastEventTime' ? last(a) - last(b) : a.name < b.name ? -1 : 1,
          );
          if (input.descending) streams.reverse();
          return {
            logStreams: streams.slice(0, input.limit).map((stream) => ({
              logStreamName: stream.name,
              creationTime: stream.createdAt,
              firstEventTimestamp: stream.events[0]?.timestamp,
              lastEventTimestamp: stream.events.at(-1)?.timestamp,
              lastIngestionTime: stream.events.at(-1)?.ingestedAt,
              arn: stream.arn,
            })),
          };
        },
      },
      PutLogEvents: {
        accepts: {
          logGroupName: true,
          logStreamName: true,
          logEvents: { timestamp: true, message: true },
          sequenceToken: 'AWS does not read it either',
        },
        resources: onStream,
        run: (input) => {
          const { events } = this.stream(input);
          for (const { timestamp = 0, message = '' } of input.logEvents ?? [])
            events.push({ id: this.nextEvent++, timestamp, message, ingestedAt: this.now() });
          events.sort((a, b) => a.timestamp - b.timestamp || a.id - b.id);
          return {};
        },
      },
      GetLogEvents: {
        accepts: {
          logGroupName: true,
          logGroupIdentifier: true,
          logStreamName: true,
          startTime: true,
          endTime: true,
          nextToken: true,
          limit: true,
          startFromHead: true,
          unmask: 'no data protection policies: nothing is masked',
        },
        resources: onStream,
        run: (input) => getEvents(this.stream(input), input),
      },
      FilterLogEvents: {
        accepts: {
          logGroupName: true,
          logGroupIdentifier: true,
          logStreamNames: true,
          logStreamNamePrefix: true,
          startTime: true,
          endTime: true,
          filterPattern: true,
          nextToken: true,
          limit: true,
          startFromHead: only(true),
          interleaved: 'AWS does not read it either: events of all streams come in order of time',
          unmask: 'no data protection policies: nothing is masked',
        },
        resources: onGroup,
        run: (input) => filterEvents(this.group(input), input),
      },
    };
  }

  private tagOperations(): Operations<typeof sdk> {
    const find = (arn = '') => this.group({ logGroupIdentifier: arn });
    const resources = ({ resourceArn }: { resourceArn?: string }) => [resourceArn ?? '*'];
    return {
      TagResource: {
        accepts: { resourceArn: true, tags: true },
        resources,
        run: ({ resourceArn, tags }) => {
          const group = find(resourceArn);
          for (const [key, value] of Object.entries(tags ?? {})) group.tags.set(key, value);
          return {};
        },
      },
      UntagResource: {
        accepts: { resourceArn: true, tagKeys: true },
        resources,
        run: ({ resourceArn, tagKeys }) => {
          for (const key of tagKeys ?? []) find(resourceArn).tags.delete(key);
          return {};
        },
      },
      ListTagsForResource: {
        accepts: { resourceArn: true },
        resources,
        run: ({ resourceArn }) => ({ tags: Object.fromEntries(find(resourceArn).tags) }),
      },
    };
  }

  private group(reference: GroupReference): Group {
    const group = this.groups.get(nameOf(reference));
    if (!group) throw notFound('log group');
    return group;
  }

  private stream(reference: GroupReference & { readonly logStreamName?: string }): Stream {
    const stream = this.group(reference).streams.get(reference.logStreamName ?? '');
    if (!stream) throw notFound('log stream');
    return stream;
  }

  private arnOf(name: string): string {
    return this.core.arn('logs', `log-group:${name}`);
  }

  private now(): number {
    return Math.floor(this.core.clock.now());
  }
}

/** Name of a group that is given by name or by ARN. */
function nameOf({ logGroupName, logGroupIdentifier }: GroupReference): string {
  return (logGroupName ?? logGroupIdentifier ?? '').replace(/^arn:.*?:log-group:/, '').replace(/:\*$/, '');
}

function notFound(kind: string): Fault {
  return new Fault('ResourceNotFoundException', `The specified ${kind} does not exist.`, 400);
}

function alreadyExists(kind: string): Fault {
  return new Fault('ResourceAlreadyExistsException', `The specified ${kind} already exists`, 400);
}

function invalid(message: string): Fault {
  return new Fault('InvalidParameterException', message, 400);
}
