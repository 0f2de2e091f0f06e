import type { Forecast } from './forecast';
import { timeTicks } from './ticks';
import type { Interval, Moment } from './timeline';
import { clockTime } from './words';

/** What a terminal can show. */
export interface Terminal {
  /** Characters in a line. */
  readonly columns: number;
  readonly colours: boolean;
}

/** Kinds of machines as they are drawn: key, and the colour's ANSI code. */
const ROWS = [
  ['old', 34],
  ['new', 32],
  ['starting', 33],
  ['leaving', 90],
] as const satisfies readonly (readonly [keyof Moment, number])[];

const LEVELS = ' ▁▂▃▄▅▆▇█';
const LABEL = 13;
/** Characters that a time on the axis takes, with room to the next. */
const TICK = 10;

/** Machines by kind over time, a line each; every character is the most that there were in its time. */
export function chart(forecast: Forecast, terminal: Terminal): readonly string[] {
  const { timeline, mostMachines, twoVersions, holds } = forecast;
  const digits = String(mostMachines).length;
  const width = Math.max(10, Math.min(120, terminal.columns - LABEL - digits - 2));
  const end = Math.max(1, timeline.at(-1)?.atSeconds ?? 0, forecast.rolloutSeconds);
  const kinds = ROWS.map(([kind, colour]) => ({ kind, colour, counts: peaks(timeline, kind, end, width) }));
  const tallest = Math.max(1, ...kinds.flatMap(({ counts }) => counts));
  const row = (name: string, figure: string, drawn: string, colour?: number) => {
    const shown = terminal.colours && colour ? `\u001b[${colour}m${drawn}\u001b[0m` : drawn;
    return `${name.padEnd(LABEL)}${figure.padStart(digits)}  ${shown}`.trimEnd();
  };
  const waits = holds.filter(({ untilSeconds }) => untilSeconds <= end);
  return [
    ...kinds.map(({ kind, colour, counts }) => {
      const bar = counts.map((count) => block(count, tallest)).join('');
      return row(kind, String(Math.max(...counts)), bar, colour);
    }),
    ...(twoVersions.length > 0 ? [row('two versions', '', marks(twoVersions, '─', end, width))] : []),
    ...(waits.length > 0 ? [row('waits', '', marks(waits, '·', end, width))] : []),
    row('', '', axis(end, width)),
  ];
}

/** No machine is blank, and a single one of a thousand can still be seen. */
function block(count: number, most: number): string {
  return LEVELS[count === 0 ? 0 : Math.max(1, Math.round((count / most) * (LEVELS.length - 1)))] ?? ' ';
}

function peaks(
  timeline: readonly Moment[],
  kind: 'old' | 'new' | 'starting' | 'leaving',
  end: number,
  width: number,
): readonly number[] {
  const counts = new Array<number>(width).fill(0);
  timeline.forEach((moment, index) => {
    const until = timeline[index + 1]?.atSeconds ?? Number.POSITIVE_INFINITY;
    const from = Math.min(width - 1, Math.floor((moment.atSeconds / end) * width));
    const to = Math.max(from, Math.min(width - 1, Math.ceil((until / end) * width) - 1));
    for (let column = from; column <= to; column++)
      counts[column] = Math.max(counts[column] ?? 0, moment[kind]);
  });
  return counts;
}

function marks(intervals: readonly Interval[], mark: string, end: number, width: number): string {
  const drawn = new Array<string>(width).fill(' ');
  for (const { fromSeconds, untilSeconds } of intervals) {
    const from = Math.min(width - 1, Math.floor((fromSeconds / end) * width));
    const to = Math.max(from + 1, Math.ceil((untilSeconds / end) * width));
    drawn.fill(mark, from, to);
  }
  return drawn.join('');
}

/** Round times where they are, and the end at the end. */
function axis(end: number, width: number): string {
  const last = clockTime(end).padStart(TICK);
  let drawn = '';
  for (const at of timeTicks(end, Math.floor(width / TICK))) {
    const column = Math.floor((at / end) * width);
    if (column + TICK > width - last.length + 2) break;
    drawn = drawn.padEnd(column) + clockTime(at);
  }
  return drawn + last.padStart(width - drawn.length);
}
