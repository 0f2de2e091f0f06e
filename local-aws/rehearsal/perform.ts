import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pageOf } from './page';
import { Rehearsal, type RehearsalOptions } from './rehearsal';
import { type Report, reportOf } from './report';
import { type Screen, screenFor } from './screen';
import { tableOf } from './table';

/** Exit code after Ctrl-C, as shells have it: 128 and the signal's number. */
export const INTERRUPTED = 130;

export interface Performance extends Omit<RehearsalOptions, 'screen'> {
  /** Names the report's files. @default 'rehearsal' */
  readonly name?: string;
  /** Called when all has ended, before the exit code is known. @returns lines to be told, and checks that failed */
  readonly closing?: (report: Report) => { readonly lines: readonly string[]; readonly passed: boolean };
}

/**
 * Carries out a rehearsal for whoever sits at the terminal: shows it, ends everything when it is interrupted,
 * writes and tells the report.
 * @returns the exit code
 */
export async function perform(options: Performance): Promise<number> {
  const { aws, story, out, name = 'rehearsal' } = options;
  mkdirSync(out, { recursive: true });
  const screen = screenFor(process.stdout, process.env);
  const rehearsal = new Rehearsal({ ...options, screen });
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= (async () => {
      await rehearsal.close();
      screen.close();
      await aws.close();
    })();
    return ending;
  };
  let interruptedAt: number | undefined;
  const interrupt = () => {
    // The second time there is no waiting any more; a signal to a whole group may come twice, by npm or tsx.
    if (interruptedAt !== undefined) {
      if (performance.now() - interruptedAt > 1000) process.exit(INTERRUPTED);
      return;
    }
    interruptedAt = performance.now();
    end().finally(() => {
      console.error('Interrupted; everything that was started has ended.');
      process.exit(INTERRUPTED);
    });
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  try {
    const recording = await rehearsal.run();
    await end();
    const report = reportOf(story, recording);
    writeFileSync(join(out, `${name}.json`), `${JSON.stringify(report)}\n`);
    writeFileSync(join(out, `${name}.html`), pageOf(report));
    const closing = options.closing?.(report);
    tell(report, screen, relative(process.cwd(), join(out, name)), closing?.lines ?? []);
    return report.passed && closing?.passed !== false ? 0 : 1;
  } catch (error) {
    await end();
    // What was cut off fails in many ways, none of which matters.
    if (interruptedAt !== undefined) return INTERRUPTED;
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function tell(report: Report, { paint }: Screen, path: string, lines: readonly string[]): void {
  console.log(`\n${tableOf(report)}\n`);
  for (const line of lines) console.log(line);
  for (const { step, variant, name, found, passed } of report.checks.filter(({ isTold }) => isTold))
    if (passed) console.log(`step ${step}, ${variant}: ${name}: ${found}`);
  const wrong = report.checks.filter(({ passed }) => !passed);
  for (const { step, variant, name, found, wanted } of wrong) {
    const where = [step && `step ${step}`, variant].filter(Boolean).join(', ');
    console.log(paint.alarm(`${where ? `${where}: ` : ''}${name}: found ${found}, wanted ${wanted}`));
  }
  const passed = report.checks.length - wrong.length;
  console.log(
    `${passed} of ${report.checks.length} checks hold. ${report.realSeconds.toFixed(0)} s real, ` +
      `${(report.modelledSeconds / 3600).toFixed(1)} hours modelled. See ${path}.html, ${path}.json and the logs beside them.`,
  );
}
