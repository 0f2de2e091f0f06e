import { type Boot, type BootFigures, bootFigures, median } from './boots';
import { type PerVariant, perVariant, VARIANTS } from './model';
import type { Report } from './report';

/** `out/machines.json`: what was measured on real machines. Seconds are real. */
export interface MachineFigures {
  readonly schemaVersion: 1;
  readonly startedAt: string;
  readonly computer: { readonly processors: number; readonly model: string };
  /** Medians. */
  readonly boot: PerVariant<BootFigures>;
  readonly bake: {
    readonly bakes: number;
    readonly seconds: number | null;
    /** Medians of a bake's parts, by their names. */
    readonly parts: Readonly<Record<string, number | null>>;
  };
  readonly boots: readonly Boot[];
}

/** Sums up what was measured. */
export function machineFiguresOf(measured: {
  readonly boots: readonly Boot[];
  /** What the parts of each bake took. */
  readonly bakes: readonly Readonly<Record<string, number>>[];
  readonly report: Pick<Report, 'startedAt'>;
  readonly processors: readonly { readonly model: string }[];
}): MachineFigures {
  const { boots, bakes, report, processors } = measured;
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
    boots,
  };
}

/** The same for a reader, a line each. */
export function linesOf({ boot, bake, computer }: MachineFigures): readonly string[] {
  const number = (value: number | null, digits = 1) => (value === null ? '–' : value.toFixed(digits));
  return [
    `Measured on this computer (${computer.processors} processors), medians:`,
    `  bake: ${number(bake.seconds)} s (${bake.bakes})`,
    ...VARIANTS.map((variant) => {
      const { boots, healthySeconds, fetchedBytes, processorSeconds } = boot[variant];
      const megabytes = fetchedBytes === null ? null : fetchedBytes / 1e6;
      return (
        `  ${variant}: from launch to first healthy answer ${number(healthySeconds)} s, ` +
        `fetched ${number(megabytes)} MB, processor time ${number(processorSeconds)} s (${boots} boots)`
      );
    }),
  ];
}
