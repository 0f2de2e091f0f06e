import { countTicks, timeTicks } from './ticks';
import type { Moment } from './timeline';
import type { VariantForecast } from './variant-forecast';
import { clockTime, duration, figure, machines } from './words';

const KINDS = [
  ['old', 'serving, old release', '#4a6fa5'],
  ['new', 'serving, new release', '#3b8a5a'],
  ['starting', 'starting', '#e0b04f'],
  ['leaving', 'leaving', '#b9b9b9'],
] as const satisfies readonly (readonly [keyof Moment, string, string])[];

const WIDTH = 1000;
const PLOT = { left: 80, width: 800, top: 74, height: 190 } as const;
/** From one variant's drawing to the next, and what the legend takes above them. */
const [EVERY, ABOVE] = [364, 62];
const [INK, PALE, RED] = ['#222', '#666', '#b03a2e'];

/** The timelines as a drawing: machines by kind, stacked, over time; all on the same scales. */
export function svg(forecasts: readonly VariantForecast[]): string {
  const seconds = Math.max(1, ...forecasts.map(endOf));
  const most = Math.max(1, ...forecasts.map(({ mostMachines }) => mostMachines));
  const height = ABOVE + forecasts.length * EVERY;
  const areSick = forecasts.some(({ plan }) => plan.failAtPercent !== undefined);
  const legend = KINDS.map(
    ([kind, name, colour], index) =>
      `<rect x="${PLOT.left + index * 190}" y="40" width="12" height="12" fill="${colour}"/>` +
      text(PLOT.left + 18 + index * 190, 50.5, kind === 'starting' && areSick ? `${name}, or sick` : name),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="${INK}" role="img">`,
    '<title>Forecast of a rollout: machines over time</title>',
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(PLOT.left, 26, 'Forecast of a rollout: machines over time', 'font-size="17" font-weight="bold"'),
    ...legend,
    ...forecasts.flatMap((each, index) => plot(each, ABOVE + index * EVERY, seconds, most)),
    '</svg>',
    '',
  ].join('\n');
}

/** Where a moment and a number of machines are. */
interface Scale {
  readonly x: (seconds: number) => number;
  readonly y: (count: number) => number;
  readonly offset: number;
  readonly seconds: number;
  readonly most: number;
}

function plot(found: VariantForecast, offset: number, seconds: number, most: number): readonly string[] {
  const { left, width, height, top } = PLOT;
  const scale: Scale = {
    ...{ offset, seconds, most },
    x: (at) => round(left + (at / seconds) * width),
    y: (count) => round(offset + top + height - (count / most) * height),
  };
  return [
    ...heading(found, offset),
    ...grid(scale),
    ...areas(found, scale),
    ...holds(found, scale),
    ...marks(found, scale),
    ...twoVersions(found, scale),
    ...axes(scale),
  ];
}

function heading(found: VariantForecast, offset: number): readonly string[] {
  const bake = found.bakeSeconds > 0 ? `${duration(found.bakeSeconds)} to bake, then ` : '';
  const cost = found.extraCost === undefined ? '' : `; the extra machines cost ${figure(found.extraCost)}`;
  const { minHealthyPercentage: min, maxHealthyPercentage: max } = found.plan;
  const what = `${bake}${duration(found.rolloutSeconds)} for ${machines(found.plan.capacity)} (minimum ${min}%, ${max === undefined ? 'no maximum' : `maximum ${max}%`}); ends ${found.outcome}${cost}`;
  return [
    text(PLOT.left, offset + 24, found.variant, 'font-size="15" font-weight="bold"'),
    text(PLOT.left, offset + 44, what, `fill="${PALE}"`),
  ];
}

function grid({ x, y, seconds, most }: Scale): readonly string[] {
  const { left, width } = PLOT;
  return [
    ...countTicks(most, 6).map(
      (count) =>
        line(left, y(count), left + width, y(count), 'stroke="#e4e4e4"') +
        text(left - 10, y(count) + 4.5, String(count), `text-anchor="end" fill="${PALE}"`),
    ),
    ...timeTicks(seconds, 12).map((at) => line(x(at), y(0), x(at), y(0) + 5, `stroke="${PALE}"`)),
    ...timeTicks(seconds, 12).map((at) =>
      text(x(at), y(0) + 20, clockTime(at), `text-anchor="middle" fill="${PALE}"`),
    ),
  ];
}

/** As long as the drawing, so that a quicker rollout's machines stay until a slower one ends. */
function areas(found: VariantForecast, { x, y, seconds: end }: Scale): readonly string[] {
  const timeline = visible(found.timeline, x);
  return KINDS.map(([, , colour], layer) => {
    const below = (moment: Moment) => stacked(moment, layer);
    const above = (moment: Moment) => stacked(moment, layer + 1);
    const points = [...outline(timeline, end, above), ...outline(timeline, end, below).reverse()];
    return `<polygon fill="${colour}" points="${points.map(([at, count]) => `${x(at)},${y(count)}`).join(' ')}"/>`;
  });
}

/** The last of the moments that fall on the same half of a pixel: nobody sees the others. */
function visible(timeline: readonly Moment[], x: Scale['x']): readonly Moment[] {
  const column = (moment: Moment) => Math.floor(2 * x(moment.atSeconds));
  return timeline.filter((moment, index) => {
    const next = timeline[index + 1];
    return index === 0 || next === undefined || column(next) > column(moment);
  });
}

/** Waits at checkpoints and in the bake time: a pale band, its name above where there is room. */
function holds({ holds: found }: VariantForecast, { x, y, most }: Scale): readonly string[] {
  const { top, height } = { top: y(most), height: PLOT.height };
  const bands = found.map(({ fromSeconds, untilSeconds }) => {
    const [from, until] = [x(fromSeconds), x(untilSeconds)];
    return `<rect x="${from}" y="${top}" width="${round(until - from)}" height="${height}" fill="white" fill-opacity="0.35" stroke="${PALE}" stroke-dasharray="2 3"/>`;
  });
  const labels = found.map(({ name, fromSeconds, untilSeconds }) => ({
    name,
    middle: (x(fromSeconds) + x(untilSeconds)) / 2,
  }));
  const short = labels.map(({ name, middle }) => ({ name: name.replace('checkpoint ', ''), middle }));
  const shown = apart(labels).length === labels.length ? labels : apart(short);
  return [
    ...bands,
    ...shown.map(({ name, middle }) =>
      text(middle, top - 6, name, `text-anchor="middle" font-size="12" fill="${PALE}"`),
    ),
  ];
}

/** The labels that do not run into the one before. */
function apart<T extends { readonly name: string; readonly middle: number }>(
  labels: readonly T[],
): readonly T[] {
  let end = 0;
  return labels.filter(({ name, middle }) => {
    const half = name.length * 3.2;
    if (middle - half < end) return false;
    end = middle + half + 6;
    return true;
  });
}

/** Capacity, the lowest that serves, and where it turns back. */
function marks(found: VariantForecast, { x, y, most }: Scale): readonly string[] {
  const { plan, lowestHealthyCapacity: lowest, lowestAtSeconds, rollback } = found;
  const { left, width } = PLOT;
  const right = left + width;
  const at = x(lowestAtSeconds);
  const serve = `${lowest} serve${lowest === 1 ? 's' : ''}`;
  const serves =
    lowest < plan.capacity
      ? `lowest: ${serve}, at ${clockTime(lowestAtSeconds)}`
      : `never fewer than ${serve}`;
  const back = rollback && x(rollback.atSeconds);
  return [
    line(left, y(plan.capacity), right, y(plan.capacity), `stroke="${INK}" stroke-dasharray="6 4"`),
    text(right + 8, y(plan.capacity) + 4.5, `capacity ${plan.capacity}`),
    ...(back === undefined
      ? []
      : [
          line(back, y(most), back, y(0), `stroke="${RED}" stroke-width="1.5"`),
          label(back + 8, y(most) + 14, `turns back at ${clockTime(rollback?.atSeconds ?? 0)}`),
        ]),
    `<circle cx="${at}" cy="${y(lowest)}" r="4.5" fill="${RED}" stroke="white"/>`,
    label(at + 12, Math.min(y(lowest) + 18, y(0) - 8), serves),
  ];
}

/** A bracket below the axis for as long as both releases serve. */
function twoVersions(found: VariantForecast, { x, y }: Scale): readonly string[] {
  const level = y(0) + 34;
  const brackets = found.twoVersions.map(({ fromSeconds, untilSeconds }) => {
    const [from, until] = [x(fromSeconds), x(untilSeconds)];
    return `<path d="M${from} ${level - 5}V${level}H${until}V${level - 5}" fill="none" stroke="#6b4c9a" stroke-width="2"/>`;
  });
  const first = found.twoVersions[0];
  if (!first) return brackets;
  const label = `both releases serve: ${duration(found.twoVersionsSeconds)}`;
  return [...brackets, text(Math.min(x(first.fromSeconds), 500), level + 16, label, 'fill="#6b4c9a"')];
}

function axes({ y, offset, seconds }: Scale): readonly string[] {
  const { left, width, top, height } = PLOT;
  const middle = offset + top + height / 2;
  return [
    line(left, y(0), left + width, y(0), `stroke="${INK}"`),
    line(left, offset + top, left, y(0), `stroke="${INK}"`),
    `<text transform="rotate(-90 18 ${middle})" x="18" y="${middle}" text-anchor="middle">machines</text>`,
    text(
      left + width,
      y(0) + 50,
      `time from the first launch, ${seconds < 3600 ? 'min:s' : 'h:min:s'}`,
      'text-anchor="end"',
    ),
  ];
}

/** The steps of a count over time. */
function outline(
  timeline: readonly Moment[],
  end: number,
  count: (moment: Moment) => number,
): (readonly [at: number, count: number])[] {
  return timeline.flatMap((moment, index) => [
    [moment.atSeconds, count(moment)] as const,
    [timeline[index + 1]?.atSeconds ?? end, count(moment)] as const,
  ]);
}

function stacked(moment: Moment, layers: number): number {
  return KINDS.slice(0, layers).reduce((sum, [kind]) => sum + moment[kind], 0);
}

function endOf({ timeline, rolloutSeconds }: VariantForecast): number {
  return Math.max(1, rolloutSeconds, timeline.at(-1)?.atSeconds ?? 0);
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${attributes && ` ${attributes}`}>${content}</text>`;
}

/** Text on white, that can be read on any colour; left of its place where there is no room to the right. */
function label(x: number, y: number, content: string): string {
  const width = content.length * 5.7 + 12;
  const from = x + width > PLOT.left + PLOT.width ? x - width - 20 : x;
  return (
    `<rect x="${round(from)}" y="${round(y - 12.5)}" width="${round(width)}" height="17" rx="3" fill="white" fill-opacity="0.92"/>` +
    text(from + 5, y, content, `fill="${RED}" font-size="12"`)
  );
}

function line(x1: number, y1: number, x2: number, y2: number, attributes: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${attributes}/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
