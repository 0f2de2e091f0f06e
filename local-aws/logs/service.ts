import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import type { Operations, ResourceType, Service } from '../core/service';
import { invalid, LIST_PAGE, pageOfList } from './pages';
import { checkBatch } from './put';
import { filterEvents, getEvents } from './read';
import { logsResourceTypes } from './resources';
import { alreadyExists, type Group, type GroupReference, LogsState, nameOf, type Stream } from './state';

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
  private readonly state: LogsState;
  private nextEvent = 0;

  constructor(private readonly core: Core) {
    this.state = new LogsState(core);
    this.operations = {
      ...this.groupOperations(),
      ...this.streamOperations(),
      ...this.tagOperations(),
    };
  }

  private groupOperations(): Operations<typeof sdk> {
    const onGroup = (input: GroupReference) => [`${this.state.arnOf(nameOf(input))}`];
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
          if (this.state.groups.has(name)) throw alreadyExists('log group');
          this.state.groups.set(name, {
            name,
            arn: this.state.arnOf(name),
            createdAt: this.state.now(),
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
          this.state.groups.delete(this.state.group(input).name);
          return {};
        },
      },
      PutRetentionPolicy: {
        accepts: { logGroupName: true, retentionInDays: true },
        resources: onGroup,
        run: (input) => {
          if (!retentions.has(input.retentionInDays ?? 0))
            throw invalid(`A retention of ${input.retentionInDays} days is none that AWS offers.`);
          this.state.group(input).retentionDays = input.retentionInDays;
          return {};
        },
      },
      DeleteRetentionPolicy: {
        accepts: { logGroupName: true },
        resources: onGroup,
        run: (input) => {
          this.state.group(input).retentionDays = undefined;
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
        run: ({ logGroupNamePrefix: prefix, logGroupNamePattern: pattern, ...page }) => {
          if (prefix !== undefined && pattern !== undefined)
            throw invalid(
              'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
            );
          const found = [...this.state.groups.values()]
            .filter(({ name }) => name.startsWith(prefix ?? '') && name.includes(pattern ?? ''))
            .sort((a, b) => (a.name < b.name ? -1 : 1));
          const { items, next } = pageOfList(found, page, LIST_PAGE);
          return { logGroups: items.map(described), nextToken: next };
        },
      },
    };
  }

  private streamOperations(): Operations<typeof sdk> {
    const onStream = (input: GroupReference & { logStreamName?: string }) => [
      `${this.state.arnOf(nameOf(input))}:log-stream:${input.logStreamName ?? ''}`,
    ];
    const onGroup = (input: GroupReference) => [`${this.state.arnOf(nameOf(input))}:log-stream:`];
    return {
      CreateLogStream: {
        accepts: { logGroupName: true, logStreamName: true },
        resources: onStream,
        run: (input) => {
          const group = this.state.group(input);
          const name = input.logStreamName ?? '';
          if (group.streams.has(name)) throw alreadyExists('log stream');
          group.streams.set(name, {
            name,
            arn: `${group.arn}:log-stream:${name}`,
            createdAt: this.state.now(),
            events: [],
          });
          return {};
        },
      },
      DeleteLogStream: {
        accepts: { logGroupName: true, logStreamName: true },
        resources: onStream,
        run: (input) => {
          this.state.group(input).streams.delete(this.state.stream(input).name);
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
          const { logStreamNamePrefix: prefix, orderBy, descending } = input;
          if (prefix !== undefined && orderBy === 'LastEventTime')
            throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
          const streams = [...this.state.group(input).streams.values()].filter(({ name }) =>
            name.startsWith(prefix ?? ''),
          );
          const last = ({ events }: Stream) => events.at(-1)?.timestamp ?? 0;
          streams.sort((a, b) =>
            orderBy === 'LastEventTime' ? last(a) - last(b) : a.name < b.name ? -1 : 1,
          );
          if (descending) streams.reverse();
          const { items, next } = pageOfList(streams, input, LIST_PAGE);
          return {
            logStreams: items.map((stream) => ({
              logStreamName: stream.name,
              creationTime: stream.createdAt,
              firstEventTimestamp: stream.events[0]?.timestamp,
              lastEventTimestamp: stream.events.at(-1)?.timestamp,
              lastIngestionTime: stream.events.at(-1)?.ingestedAt,
              arn: stream.arn,
            })),
            nextToken: next,
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
          const { events } = this.state.stream(input);
          const { retentionDays } = this.state.group(input);
          const batch = checkBatch(input.logEvents ?? [], { now: this.state.now(), retentionDays });
          for (const event of batch.accepted)
            events.push({ id: this.nextEvent++, ...event, ingestedAt: this.state.now() });
          events.sort((a, b) => a.timestamp - b.timestamp || a.id - b.id);
          return { rejectedLogEventsInfo: batch.rejected };
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
        run: (input) => getEvents(this.state.stream(input), input),
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
        run: (input) => filterEvents(this.state.group(input), input),
      },
    };
  }

  private tagOperations(): Operations<typeof sdk> {
    const find = (arn = '') => this.state.group({ logGroupIdentifier: arn });
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
}

function described(group: Group): sdk.LogGroup {
  return {
    logGroupName: group.name,
    creationTime: group.createdAt,
    retentionInDays: group.retentionDays,
    metricFilterCount: 0,
    arn: `${group.arn}:*`,
    logGroupArn: group.arn,
    logGroupClass: 'STANDARD',
  };
}
