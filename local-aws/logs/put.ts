import type { InputLogEvent, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs';
import { invalid } from './pages';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OLDEST_DAYS = 14;
const NEWEST_MS = 2 * HOUR_MS;
const BATCH_BYTES = 1_048_576;
const BYTES_PER_EVENT = 26;

interface Batch {
  readonly accepted: readonly { readonly timestamp: number; readonly message: string }[];
  /** Places in the request of what was too old, expired or too new. */
  readonly rejected?: RejectedLogEventsInfo;
}

/**
 * What of a batch is stored: events from 14 days, or the group's retention, ago until two hours ahead. The
 * batch is in order of time, of a day at the most. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 * @throws Fault for a batch that is refused as a whole
 */
export function checkBatch(
  events: readonly InputLogEvent[],
  { now, retentionDays = Number.POSITIVE_INFINITY }: { now: number; retentionDays: number | undefined },
): Batch {
  checkForm(events);
  const times = events.map(({ timestamp }) => timestamp!);
  const expired = countBefore(times, now - retentionDays * DAY_MS);
  const tooOld = countBefore(times, now - OLDEST_DAYS * DAY_MS);
  const tooNew = countBefore(times, now + NEWEST_MS + 1);
  const accepted = events.slice(Math.max(expired, tooOld), tooNew);
  if (accepted.length > 0 && accepted.at(-1)!.timestamp! - accepted[0]!.timestamp! > DAY_MS)
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  const rejected = {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
    ...(tooNew < events.length && { tooNewLogEventStartIndex: tooNew }),
  };
  return {
    accepted: accepted.map(({ timestamp, message }) => ({ timestamp: timestamp!, message: message! })),
    ...(Object.keys(rejected).length > 0 && { rejected }),
  };
}

function checkForm(events: readonly InputLogEvent[]): void {
  if (events.some(({ timestamp }, index) => index > 0 && timestamp! < events[index - 1]!.timestamp!))
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message!) + BYTES_PER_EVENT, 0);
  if (bytes > BATCH_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES}`);
}

/** How many of the ordered times are before a moment. */
function countBefore(times: readonly number[], moment: number): number {
  const index = times.findIndex((time) => time >= moment);
  return index < 0 ? times.length : index;
}
