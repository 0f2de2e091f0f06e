/** What came of a seed, as a worker tells it. */
export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Only of a seed that failed, or when it was asked for. */
  readonly trace?: string;
  readonly endings: readonly string[];
  readonly struck: readonly (readonly [kind: string, count: number])[];
  readonly elapsedMs: number;
  /** Processor time that it took. */
  readonly processorMs: number;
}

/** Counts over many seeds. */
export class Summary {
  seeds = 0;
  readonly failed: SeedReport[] = [];
  private readonly endings = new Map<string, number>();
  private readonly struck = new Map<string, number>();
  private elapsedMs = 0;
  private processorMs = 0;

  add(report: SeedReport): void {
    this.seeds++;
    if (report.violations.length > 0) this.failed.push(report);
    for (const ending of report.endings) count(this.endings, ending, 1);
    for (const [kind, times] of report.struck) count(this.struck, kind, times);
    this.elapsedMs += report.elapsedMs;
    this.processorMs += report.processorMs;
  }

  toString(): string {
    const days = this.elapsedMs / 86_400_000;
    return [
      `${this.seeds} seeds, ${this.failed.length} failing; ${days.toFixed(1)} days of modelled time, ${(this.processorMs / this.seeds).toFixed(0)} ms of processor time a seed.`,
      'How it ended:',
      ...table(this.endings),
      'What struck:',
      ...table(this.struck),
    ].join('\n');
  }
}

function count(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

function table(counts: ReadonlyMap<string, number>): string[] {
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, number]) => `  ${String(number).padStart(9)}  ${name}`);
}
