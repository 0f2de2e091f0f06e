import type { Forecast } from './forecast';
import type { Moment } from './timeline';
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
const LABEL = 12;

/** Machines by kind over time, a line each; every character is the most that there were in its time. */
export function chart(forecast: Forecast, terminal: Terminal): readonly string[] {
  const { timeline, mostMachines } = forecast;
  const digits = String(mostMachines).length;
  const width = Math.max(10, Math.min(120, terminal.columns - LABEL - digits - 2));
  const end = Math.max(1, timeline.at(-1)?.atSeconds ?? 0, forecast.rolloutSeconds);
  const kinds = ROWS.map(([kind, colour]) => ({ kind, colour, counts: peaks(timeline, kind, end, width) }));
  const tallest = Math.max(1, ...kinds.flatMap(({ counts }) => counts));
  const rows = kinds.map(({ kind, colour, counts }) => {
    const bar = counts.map((count) => block(count, tallest)).join('');
    const label = `${kind.padEnd(LABEL)}${String(Math.max(...counts)).padStart(digits)}`;
    return terminal.colours ? `${label}  \u001b[${colour}m${bar}\u001b[0m` : `${label}  ${bar}`.trimEnd();
  });
  const endLabel = clockTime(end);
  const axis = `0:00${endLabel.padStart(width - 4)}`;
  return [...rows, ' '.repeat(LABEL + digits + 2) + axis];
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
