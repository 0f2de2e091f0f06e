import { seconds } from '../forecast/flags';
import { duration } from '../forecast/words';
import type { Head, Revision } from '../ledger/types';
import { nameOf } from '../rollout/fleet-status';
import type { CommandResult, ExitCode } from './command';
import { type FleetParts, readParts } from './fleet-view';
import { type FleetContext, readHead } from './on-fleet';
import { readStatus, type StatusReport } from './read-status';
import { explained } from './service-error';
import { statusLine, statusView } from './status-view';
import { moment } from './table';

/** Seconds between two looks: often at first, then so that a night of them is no burden on an account. */
const LOOK_SECONDS = { atFirst: 3, later: 10 } as const;
const AT_FIRST_MS = 5 * 60_000;
/** How long AWS may not answer, in the middle of it, before that is given up. */
const SILENCE_MS = 5 * 60_000;
/** Longer than any deployment may take. */
const LONGEST_WAIT_SECONDS = 48 * 3600;

export const TIMEOUT_HELP = `  --timeout TIME   how long to wait, in seconds or as in 90s, 20m, 2h (default: until the end)`;

/** What was before a rollout that is going to be followed. */
export interface Before {
  readonly newest: number;
  readonly open?: Head['open'];
}

export interface Followed {
  readonly report: StatusReport;
  /** Whether it was still going on when the time ran out. */
  readonly isTimeUp: boolean;
}

/** Waits for the end of what goes on in a fleet, and shows how things stand meanwhile. */
export async function follow(context: FleetContext, parts?: FleetParts): Promise<Followed> {
  const { surroundings, flags, json } = context;
  const { clock, terminal } = surroundings;
  const known = parts ?? (await readParts(context));
  const limit = timeoutOf(flags.timeout);
  const began = clock.now();
  const end = began + limit * 1000;
  let shown = '';
  const show = (line: string, picture: string) => {
    if (!json) surroundings.show({ picture, line: line === shown ? undefined : line });
    shown = line;
  };
  let heardAt: number | undefined;
  for (;;) {
    let report: StatusReport;
    try {
      report = await readStatus(context, known);
    } catch (error) {
      const why = explained(error);
      if (!why || heardAt === undefined || clock.now() - heardAt >= SILENCE_MS) throw error;
      show(`No news: ${why}`, `No news since ${moment(heardAt)}: ${why}`);
      await clock.sleep(LOOK_SECONDS.later);
      continue;
    }
    heardAt = clock.now();
    show(statusLine(report), statusView(report, terminal));
    if (!report.isUnderWay) return { report, isTimeUp: false };
    if (clock.now() >= end) return { report, isTimeUp: true };
    const look = clock.now() - began < AT_FIRST_MS ? LOOK_SECONDS.atFirst : LOOK_SECONDS.later;
    await clock.sleep(Math.min(look, Math.max(1, (end - clock.now()) / 1000)));
  }
}

/** `--timeout` in seconds; endless without it. @throws ConfigurationError */
export function timeoutOf(text: string | undefined): number {
  return text === undefined ? Number.POSITIVE_INFINITY : seconds('timeout', text, LONGEST_WAIT_SECONDS);
}

/** What followed since, and how it ended. */
export interface Ending {
  readonly followed: Followed;
  /** Revisions whose rollouts began or went on meanwhile, oldest first. */
  readonly revisions: readonly Revision[];
  readonly isDone: boolean;
  readonly message: string;
}

/** How everything ended that went on since. */
export async function endingOf(context: FleetContext, before: Before, followed: Followed): Promise<Ending> {
  const { ledger, fleet } = context;
  const { open } = before;
  const revisions = (await ledger.revisions(fleet.groupName)).filter(
    ({ number }) => number > before.newest || (open && !open.isRestart && number === open.revision),
  );
  const { restarted } = await readHead(context);
  const restart = open?.isRestart && restarted?.order === open.order ? restarted?.outcome : undefined;
  const isComplete =
    revisions.every(({ outcome, origin }) => outcome?.kind === 'Complete' && origin.kind !== 'back') &&
    (restart === undefined || restart.kind === 'Complete');
  const { phase, message } = followed.report;
  // The message tells of the newest one.
  const earlier = revisions.slice(0, -1).filter(({ outcome }) => outcome?.kind !== 'Complete');
  const why = earlier.map(
    (revision) =>
      `Before, ${nameOf(revision)} ended as ${revision.outcome?.kind}: ${revision.outcome?.reason}`,
  );
  return {
    followed,
    revisions,
    isDone: isComplete && phase !== 'Degraded',
    message: [`${phase}: ${message}`, ...why].join('\n'),
  };
}

/** A command's result when the time ran out, or the waiting ended. */
export function resultOf(
  context: FleetContext,
  { followed, isDone, message }: Ending,
  isRight = isDone,
): CommandResult {
  const exitCode: ExitCode = followed.isTimeUp ? 3 : isRight ? 0 : 2;
  const limit = duration(timeoutOf(context.flags.timeout));
  return context.result(
    followed.isTimeUp ? `Still going after ${limit}. ${message}` : message,
    { ...followed.report, isTimeUp: followed.isTimeUp, isDone: isRight },
    exitCode,
  );
}
