import type * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { pageSize } from '../core/page';
import { EVENT_PAGE, invalid, invalidToken, pageOfList } from './pages';
import type { Group, StoredEvent, Stream } from './state';

/**
 * A page of a stream's events. Without a token it is the newest page, or with `startFromHead` the
 * oldest; a token names the index where the next page begins (`f/`) or the one before ends (`b/`), and
 * the same token comes back at an end of the stream, as in AWS.
 */
export function getEvents(stream: Stream, input: sdk.GetLogEventsRequest): sdk.GetLogEventsResponse {
  const limit = pageSize(input.limit, EVENT_PAGE);
  const events = stream.events.filter((event) => isWithin(event, input));
  const [direction, index] = parseToken(input.nextToken);
  let start = input.startFromHead ? 0 : Math.max(0, events.length - limit);
  if (direction === 'f') start = index;
  if (direction === 'b') start = Math.max(0, index - limit);
  const end = direction === 'b' ? index : Math.min(events.length, start + limit);
  return {
    events: events.slice(start, end).map(({ timestamp, message, ingestedAt }) => ({
      timestamp,
      message,
      ingestionTime: ingestedAt,
    })),
    nextForwardToken: `f/${end}`,
    nextBackwardToken: `b/${start}`,
  };
}

/** Events of a group's streams in order of time; a pattern is one or more terms that must all occur. */
export function filterEvents(group: Group, input: sdk.FilterLogEventsRequest): sdk.FilterLogEventsResponse {
  if (input.logStreamNames && input.logStreamNamePrefix !== undefined)
    throw invalid('The parameters logStreamNames and logStreamNamePrefix cannot be specified together.');
  const terms = parsePattern(input.filterPattern ?? '');
  const found = [...group.streams.values()]
    .filter(
      ({ name }) =>
        (input.logStreamNames?.includes(name) ?? true) && name.startsWith(input.logStreamNamePrefix ?? ''),
    )
    .flatMap((stream) =>
      stream.events
        .filter((event) => isWithin(event, input) && terms.every((term) => event.message.includes(term)))
        .map((event) => ({ stream: stream.name, event })),
    )
    .sort((a, b) => a.event.timestamp - b.event.timestamp || a.event.id - b.event.id);
  const { items, next } = pageOfList(found, input, EVENT_PAGE);
  return {
    events: items.map(({ stream, event }) => ({
      logStreamName: stream,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestedAt,
      eventId: String(event.id).padStart(56, '0'),
    })),
    nextToken: next,
  };
}

function isWithin(
  { timestamp }: StoredEvent,
  { startTime, endTime }: { startTime?: number; endTime?: number },
): boolean {
  return (
    (startTime === undefined || timestamp >= startTime) && (endTime === undefined || timestamp < endTime)
  );
}

function parseToken(token: string | undefined): ['f' | 'b' | undefined, number] {
  if (token === undefined) return [undefined, 0];
  const [, direction, index] = /^([fb])\/(\d+)$/.exec(token) ?? [];
  if (direction === undefined) throw invalidToken();
  return [direction as 'f' | 'b', Number(index)];
}

function parsePattern(pattern: string): string[] {
  if (/^\s*[{[%?-]/.test(pattern))
    throw invalid(
      `The local AWS filters log events by terms that must all occur; found the pattern ${pattern}`,
    );
  return [...pattern.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}
