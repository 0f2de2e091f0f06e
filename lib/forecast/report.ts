import { chart, type Terminal } from './chart';
import type { Choice, Option } from './choose';
import type { VariantForecast } from './variant-forecast';
import { percent } from './wish';
import { duration, figure, machines } from './words';

type Line = readonly [name: string, value: string];

const NAME = 18;
const VALUE = 14;
/** Sentences are broken for terminals down to so many columns. */
const NARROWEST = 40;

/** What a person reads: figures, what was chosen, the drawn timelines, the origin of every value, warnings. */
export function report(forecasts: readonly VariantForecast[], terminal: Terminal): string {
  const drawn = forecasts.flatMap((each) => [
    '',
    `machines, ${each.variant}, from the first launch`,
    ...chart(each, terminal),
  ]);
  return [
    ...table(forecasts),
    ...paragraph('', forecasts.flatMap(turning), terminal),
    ...forecasts.flatMap(({ choice, variant }) =>
      choice ? ['', ...chosen(choice, forecasts.length > 1 ? `${variant}: ` : '', terminal)] : [],
    ),
    ...drawn,
    '',
    'from',
    ...origins(forecasts, terminal),
    ...paragraph(
      '',
      forecasts.flatMap(({ notes }) => notes),
      terminal,
    ),
    ...paragraph(
      'Warning: ',
      forecasts.flatMap(({ warnings }) => warnings),
      terminal,
    ),
  ].join('\n');
}

function table(forecasts: readonly VariantForecast[]): readonly string[] {
  const columns = forecasts.map(figures);
  const width = Math.max(...columns.flat().map(([, value]) => value.length)) + 3;
  const names = (columns[0] ?? []).map(([name]) => name);
  const heads = forecasts.map(({ variant }) => variant.padEnd(width)).join('');
  return [
    `${''.padEnd(NAME)}${heads}`.trimEnd(),
    ...names.map((name, row) => {
      const values = columns.map((lines) => (lines[row]?.[1] ?? '').padEnd(width));
      return `${name.padEnd(NAME)}${values.join('')}`.trimEnd();
    }),
  ];
}

function figures(found: VariantForecast): readonly Line[] {
  const { plan, rollback, deployment } = found;
  const failing: Line[] =
    plan.failAtPercent === undefined
      ? []
      : [
          ['turns back', rollback ? `${duration(rollback.atSeconds)} after its start` : 'never'],
          ['way back', rollback ? duration(rollback.seconds) : 'none'],
        ];
  const waiting = deployment.waitingResources;
  return [
    ['bake', found.bakeSeconds === 0 ? 'none' : duration(found.bakeSeconds)],
    ['rollout', duration(found.rolloutSeconds)],
    ['its bake time', plan.bakeTimeSeconds ? duration(plan.bakeTimeSeconds) : 'none'],
    ['in all', duration(found.bakeSeconds + found.rolloutSeconds)],
    ['two versions', duration(found.twoVersionsSeconds)],
    ['lowest capacity', `${found.lowestHealthyCapacity} of ${machines(plan.capacity)}`],
    ['most machines', String(found.mostMachines)],
    ['extra machines', extra(found)],
    ...failing,
    ['timeout', duration(deployment.timeoutMinutes * 60)],
    ['waiting resources', waiting === 0 ? 'none' : `${waiting}, and ${waiting} for the way back`],
    ['ends', found.outcome],
  ];
}

/** Why a rollout turns back that was meant to; of another one the warnings tell. */
function turning({ plan, rollback, reason }: VariantForecast): readonly string[] {
  const isMeant = plan.failAtPercent !== undefined;
  return rollback && isMeant ? [`Why it turns back: ${reason ?? ''}`] : [];
}

function extra({ extraMachineHours, extraCost }: Pick<Option, 'extraMachineHours' | 'extraCost'>): string {
  const hours = `${figure(extraMachineHours)} h`;
  return extraCost === undefined ? hours : `${hours}, costs ${figure(extraCost)}`;
}

/** What was chosen, why, and what else there is. */
function chosen(choice: Choice, prefix: string, { columns }: Terminal): readonly string[] {
  const { lowestCapacity, deadlineSeconds, looked, isMet, alternatives } = choice;
  const asked = [
    ...(deadlineSeconds === undefined ? [] : [`end within ${duration(deadlineSeconds)} in all`]),
    ...(lowestCapacity === 0 ? [] : [`keep ${machines(lowestCapacity)} serving`]),
  ].join(' and ');
  const why = isMet
    ? `${prefix}Of ${looked} preferences that were looked at, these ${asked} at the lowest surge cost:`
    : `${prefix}No preferences ${asked}; ${looked} were looked at. ${shortfall(choice)}:`;
  const rows = [choice.chosen, ...alternatives].map((option, index) => [
    index === 0 ? (isMet ? 'chosen' : 'nearest') : '',
    percent(option.minHealthyPercentage),
    percent(option.maxHealthyPercentage),
    ...(choice.checkpointDelay ? [duration(option.checkpointDelaySeconds ?? 0)] : []),
    duration(option.totalSeconds),
    String(option.lowestHealthyCapacity),
    extra(option),
  ]);
  const head = ['', 'min', 'max', ...(choice.checkpointDelay ? ['delay'] : []), 'in all', 'lowest', 'extra'];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2))
      .join('')
      .trimEnd();
  return [...wrapped(why, Math.max(40, columns)), ...[head, ...rows].map((row) => `  ${line(row)}`)];
}

function shortfall({ chosen: nearest, lowestCapacity }: Choice): string {
  if (nearest.lowestHealthyCapacity < lowestCapacity)
    return `At most ${machines(nearest.lowestHealthyCapacity)} can be kept serving`;
  const floor = lowestCapacity === 0 ? '' : ' that keeps so many';
  return `The quickest${floor} takes ${duration(nearest.totalSeconds)} in all`;
}

function origins(forecasts: readonly VariantForecast[], { columns }: Terminal): readonly string[] {
  const settings = forecasts.flatMap((each) => each.settings);
  const lines = settings.map(({ name, value, from }) => `${name.padEnd(NAME)}${value.padEnd(VALUE)}${from}`);
  const names = settings.map(({ name }) => name);
  const rank = (line: string) => names.findIndex((name) => line.startsWith(`${name} `));
  const indent = ' '.repeat(NAME + VALUE);
  return [...new Set(lines)]
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((line) => wrapped(line, Math.max(NARROWEST, columns), indent));
}

/** Each sentence once, and no line longer than the terminal. */
function paragraph(prefix: string, texts: readonly string[], { columns }: Terminal): readonly string[] {
  const lines = [...new Set(texts)].flatMap((text) =>
    wrapped(`${prefix}${text}`, Math.max(NARROWEST, columns)),
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Breaks a line between words. @param indent of the lines after the first */
function wrapped(text: string, width: number, indent = '  '): readonly string[] {
  const [first = '', ...words] = text.split(/(?<=\S) (?=\S)/);
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines;
}
