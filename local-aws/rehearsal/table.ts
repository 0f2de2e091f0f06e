import type { Figures } from './figures';
import { VARIANTS, type Variant } from './model';
import type { Report } from './report';

/** A column of the closing table. */
export interface Column {
  readonly title: string;
  /** How its figures came about. */
  readonly kind: 'modelled' | 'measured';
  value(figures: Figures): string;
}

/** The closing table's columns, after step and variant. */
export const COLUMNS: readonly Column[] = [
  { title: 'bake', kind: 'modelled', value: (figures) => duration(figures.bakeModelledSeconds) },
  { title: 'rollout', kind: 'modelled', value: (figures) => duration(figures.rolloutModelledSeconds) },
  {
    title: 'two versions',
    kind: 'modelled',
    value: (figures) => duration(figures.twoVersionsModelledSeconds || null),
  },
  {
    title: 'lowest capacity',
    kind: 'modelled',
    value: ({ lowestHealthyPercent }) => (lowestHealthyPercent === null ? '–' : `${lowestHealthyPercent} %`),
  },
  { title: 'served', kind: 'measured', value: ({ requestsServed }) => count(requestsServed) },
  {
    title: 'failed',
    kind: 'measured',
    value: ({ requestsServed, requestsFailed }) =>
      requestsServed + requestsFailed === 0 ? '–' : String(requestsFailed),
  },
  { title: 'real time', kind: 'measured', value: ({ realSeconds }) => `${realSeconds.toFixed(1)} s` },
];

/** The closing table's rows: step, variant, and a cell for each of the columns. */
export function rowsOf(
  report: Report,
): readonly { title: string; variant: Variant; cells: readonly string[] }[] {
  return report.steps.flatMap(({ title, figures }) =>
    VARIANTS.map((variant) => ({
      title,
      variant,
      cells: COLUMNS.map(({ value }) => value(figures[variant])),
    })),
  );
}

/** The closing table as text. */
export function tableOf(report: Report): string {
  const rows = rowsOf(report).map(({ title, variant, cells }, index) => [
    index % VARIANTS.length === 0 ? title : '',
    variant,
    ...cells,
  ]);
  const heads = [
    ['', '', ...COLUMNS.map(({ title }) => title)],
    ['step', 'variant', ...COLUMNS.map(({ kind }) => kind)],
  ];
  const widths = heads[0]!.map((_, column) =>
    Math.max(...[...heads, ...rows].map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [...heads.map(line), rule, ...rows.map(line)].join('\n');
}

/** A modelled duration: `22 min`, `9 min 20 s`, `45 s`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  const whole = Math.round(seconds);
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes === 0) return `${rest} s`;
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}

function count(number: number): string {
  return number === 0 ? '–' : number.toLocaleString('en-US').replaceAll(',', ' ');
}
