import { type Boot, type BootFigures, bootFigures, median, type PerMeasure } from './boots';
import { type PerVariant, perVariant, VARIANTS } from './model';
import type { Report } from './report';
import type { Drift } from './week-of-updates';

/** `out/machines.json`: what was measured on real machines. Seconds are real. */
export interface MachineFigures {
  readonly schemaVersion: 1;
  readonly startedAt: string;
  readonly computer: { readonly processors: number; readonly model: string };
  /** Medians, and the least and the most. */
  readonly boot: PerVariant<BootFigures>;
  readonly bake: {
    readonly bakes: number;
    readonly seconds: number | null;
    /** Medians of a bake's parts, by their names. */
    readonly parts: Readonly<Record<string, number | null>>;
  };
  /** In what an old machine and a new one of the same fleet differ; `null` where it was not measured. */
  readonly drift: (PerVariant<DriftFigures> & { readonly offered: readonly string[] }) | null;
  readonly boots: readonly Boot[];
}

export interface DriftFigures {
  readonly packages: number;
  /** With folders and links. */
  readonly files: number;
  readonly packageNames: readonly string[];
  readonly paths: readonly string[];
}

/** Sums up what was measured. */
export function machineFiguresOf(measured: {
  readonly boots: readonly Boot[];
  /** What the parts of each bake took. */
  readonly bakes: readonly Readonly<Record<string, number>>[];
  /** Left out where it was not measured. */
  readonly drift?: Drift;
  readonly report: Pick<Report, 'startedAt'>;
  readonly processors: readonly { readonly model: string }[];
}): MachineFigures {
  const { boots, bakes, drift, report, processors } = measured;
  const parts = [...new Set(bakes.flatMap((bake) => Object.keys(bake)))];
  const total = (bake: Readonly<Record<string, number>>) =>
    Object.values(bake).reduce((sum, part) => sum + part, 0);
  return {
    schemaVersion: 1,
    startedAt: report.startedAt,
    computer: { processors: processors.length, model: processors[0]?.model ?? 'unknown' },
    boot: perVariant((variant) => bootFigures(boots.filter((boot) => boot.variant === variant))),
    bake: {
      bakes: bakes.length,
      seconds: median(bakes.map(total)),
      parts: Object.fromEntries(
        parts.map((part) => [part, median(bakes.flatMap((bake) => bake[part] ?? []))]),
      ),
    },
    drift: drift
      ? { offered: drift.offered, ...perVariant((variant) => driftFigures(drift[variant])) }
      : null,
    boots,
  };
}

function driftFigures({ packages, files }: Drift['ImageBased']): DriftFigures {
  return { packages: packages.length, files: files.length, packageNames: packages, paths: files };
}

/** The same for a reader, a line each. */
export function linesOf({ boot, bake, computer, drift }: MachineFigures): readonly string[] {
  return [
    `Measured on this computer (${computer.processors} processors), medians, and in brackets the least and the most:`,
    `  bake: ${number(bake.seconds)} s (${bake.bakes} bakes)`,
    ...VARIANTS.map((variant) => {
      const figures = boot[variant];
      const range = (key: keyof PerMeasure, unit = 1) =>
        [figures, figures.least, figures.most].map((of) => number(of[key] === null ? null : of[key] / unit));
      const of = ([middle, least, most]: readonly string[], unit: string) =>
        `${middle} ${unit} (${least} to ${most})`;
      return (
        `  ${variant}: from launch to first healthy answer ${of(range('healthySeconds'), 's')}, ` +
        `fetched ${of(range('fetchedBytes', 1e6), 'MB')}, ` +
        `processor time ${of(range('processorSeconds'), 's')}; ${figures.boots} boots`
      );
    }),
    ...breakEven(bake.seconds, boot),
    ...(drift
      ? [
          `An old machine and a new one of the same fleet, with a week of updates in between (${drift.offered.join(', ')}):`,
          ...VARIANTS.map((variant) => `  ${variant}: ${driftLine(drift[variant])}`),
        ]
      : []),
  ];
}

/** After how many boots a bake has paid for itself, in time. */
function breakEven(bakeSeconds: number | null, boot: MachineFigures['boot']): readonly string[] {
  const [slow, quick] = [boot.InstanceBased.healthySeconds, boot.ImageBased.healthySeconds];
  if (bakeSeconds === null || slow === null || quick === null || slow <= quick) return [];
  const boots = number(bakeSeconds / (slow - quick));
  return [`  A bake takes as long as ${boots} boots of InstanceBased take longer than those of ImageBased.`];
}

function driftLine({ packages, files, packageNames }: DriftFigures): string {
  const names = packages > 0 ? ` (${packageNames.join(', ')})` : '';
  return `${packages} packages${names} and ${files} files differ`;
}

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(1);
}
