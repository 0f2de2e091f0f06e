import type { VariantForecast } from './report';
import type { Moment } from './timeline';
import { clockTime, duration } from './words';

const KINDS = [
  ['old', '#4a6fa5'],
  ['new', '#3b8a5a'],
  ['starting', '#d9a441'],
  ['leaving', '#a9a9a9'],
] as const satisfies readonly (readonly [keyof Moment, string])[];

const WIDTH = 800;
const PLOT = { left: 60, width: 720, height: 160, top: 44, every: 250 } as const;

/** The timelines as a drawing: machines by kind, stacked, over time; all on the same scales. */
export function svg(forecasts: readonly VariantForecast[]): string {
  const seconds = Math.max(1, ...forecasts.map(endOf));
  const most = Math.max(1, ...forecasts.map(({ mostMachines }) => mostMachines));
  const height = forecasts.length * PLOT.every + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>Forecast of a rollout: machines over time</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    ...forecasts.map((each, index) => plot(each, index * PLOT.every, seconds, most)),
    '</svg>',
    '',
  ].join('\n');
}

function plot(found: VariantForecast, offset: number, seconds: number, most: number): string {
  const { left, width, height, top } = PLOT;
  const x = (at: number) => round(left + (at / seconds) * width);
  const y = (count: number) => round(offset + top + height - (count / most) * height);
  const end = endOf(found);
  const areas = KINDS.map(([, colour], layer) => {
    const below = (moment: Moment) => stacked(moment, layer);
    const above = (moment: Moment) => stacked(moment, layer + 1);
    const points = [...outline(found.timeline, end, above), ...outline(found.timeline, end, below).reverse()];
    return `<polygon fill="${colour}" points="${points.map(([at, count]) => `${x(at)},${y(count)}`).join(' ')}"/>`;
  });
  const legend = KINDS.map(
    ([name, colour], index) =>
      `<rect x="${left + index * 90}" y="${offset + top + height + 26}" width="10" height="10" fill="${colour}"/>` +
      `<text x="${left + 15 + index * 90}" y="${offset + top + height + 36}">${name}</text>`,
  );
  const bake = found.bakeSeconds > 0 ? `${duration(found.bakeSeconds)} to bake, then ` : '';
  return [
    `<text x="${left}" y="${offset + 28}">${found.variant}: ${bake}${duration(found.rolloutSeconds)}; ${found.outcome}</text>`,
    ...areas,
    `<line x1="${left}" x2="${left + width}" y1="${y(found.plan.capacity)}" y2="${y(found.plan.capacity)}" stroke="black" stroke-dasharray="4 4"/>`,
    `<text x="${left - 8}" y="${round(y(found.plan.capacity) + 4)}" text-anchor="end">${found.plan.capacity}</text>`,
    `<text x="${left}" y="${offset + top + height + 16}">0:00</text>`,
    `<text x="${x(end)}" y="${offset + top + height + 16}" text-anchor="end">${clockTime(end)}</text>`,
    ...legend,
  ].join('\n');
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

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
