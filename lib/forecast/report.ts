import { chart, type Terminal } from './chart';
import { type Forecast, forecast } from './forecast';
import type { PlannedVariant, Setting, Variant } from './settings';
import { warningsOf } from './warnings';
import { duration, figure, machines } from './words';

/** A variant's forecast with where its values come from, and what to beware of: what `--json` prints. */
export interface VariantForecast extends Forecast {
  readonly variant: Variant;
  readonly settings: readonly Setting[];
  readonly warnings: readonly string[];
}

/** @throws RefreshFault when AWS would refuse the plan */
export function foresee({ variant, plan, settings }: PlannedVariant): VariantForecast {
  const found = forecast(plan);
  return { variant, settings, ...found, warnings: warningsOf(found) };
}

type Line = readonly [name: string, value: string];

/** What a person reads: figures, the drawn timelines, the origin of every value, warnings. */
export function report(forecasts: readonly VariantForecast[], terminal: Terminal): string {
  const columns = forecasts.map(figures);
  const width = Math.max(...columns.flat().map(([, value]) => value.length)) + 3;
  const names = (columns[0] ?? []).map(([name]) => name);
  const table = names.map((name, row) => {
    const values = columns.map((lines) => (lines[row]?.[1] ?? '').padEnd(width));
    return `${name.padEnd(18)}${values.join('')}`.trimEnd();
  });
  const heads = forecasts.map(({ variant }) => variant.padEnd(width)).join('');
  const drawn = forecasts.flatMap((each) => [
    '',
    `machines, ${each.variant}, from the first launch`,
    ...chart(each, terminal),
  ]);
  const warned = [...new Set(forecasts.flatMap(({ warnings }) => warnings))];
  return [
    `${''.padEnd(18)}${heads}`.trimEnd(),
    ...table,
    ...drawn,
    '',
    'from',
    ...origins(forecasts),
    ...(warned.length > 0 ? ['', ...warned.map((each) => `Warning: ${each}`)] : []),
  ].join('\n');
}

function figures(found: VariantForecast): readonly Line[] {
  const { plan, rollback, extraCost } = found;
  const hours = `${figure(found.extraMachineHours)} h`;
  const failing: Line[] =
    plan.failAtPercent === undefined
      ? []
      : [
          ['turns back', rollback ? `${duration(rollback.atSeconds)} after its start` : 'never'],
          ['way back', rollback ? duration(rollback.seconds) : 'none'],
        ];
  return [
    ['bake', found.bakeSeconds === 0 ? 'none' : duration(found.bakeSeconds)],
    ['rollout', duration(found.rolloutSeconds)],
    ['in all', duration(found.bakeSeconds + found.rolloutSeconds)],
    ['two versions', duration(found.twoVersionsSeconds)],
    ['lowest capacity', `${found.lowestHealthyCapacity} of ${machines(plan.capacity)}`],
    ['most machines', String(found.mostMachines)],
    ['extra machines', extraCost === undefined ? hours : `${hours}, costs ${figure(extraCost)}`],
    ...failing,
    ['ends', found.outcome],
  ];
}

function origins(forecasts: readonly VariantForecast[]): readonly string[] {
  const settings = forecasts.flatMap((each) => each.settings);
  const lines = settings.map(({ name, value, from }) => `${name.padEnd(18)}${value.padEnd(14)}${from}`);
  const names = settings.map(({ name }) => name);
  const rank = (line: string) => names.findIndex((name) => line.startsWith(`${name} `));
  return [...new Set(lines)].sort((a, b) => rank(a) - rank(b));
}
