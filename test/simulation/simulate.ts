import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { parseFlags } from '../../lib/cli/flags';
import { ConfigurationError } from '../../lib/configuration-error';
import type { Source } from './blueprints';
import { MUTATIONS } from './mutations';
import { TIMEOUTS, VERSIONS } from './scenario';
import { type SeedReport, Summary } from './summary';
import { synthesize } from './synthesis';
import { keyOf, type Portion, type Synthesized } from './worker-messages';

/** `npm run simulate`: any number of seeds, each of which can be repeated by its number. */

const HELP = `npm run simulate -- [flags]

Runs rollouts on a local AWS in virtual time, with faults by chance, and checks after each step what must be true.

  --seeds N        how many seeds (default: 500)
  --from N         the first one (default: 1)
  --workers N      processes at a time (default: 2)
  --calm           leaves out what AWS does not promise: nothing is late, everything spreads at once
  --trace          prints what happened in each seed, line by line
  --mutation NAME  puts a fault into the code, and shows after how many seeds it is found:
                   ${Object.keys(MUTATIONS).join(',\n                   ')}

It ends with exit code 1 when a seed has failed.`;

/** Seeds that a worker is given at a time. */
const PORTION = 25;
const PROGRESS_MS = 10_000;
/** Failing seeds after which there is nothing more to be learned. */
const ENOUGH = 25;

async function main(): Promise<number> {
  const { flags } = parseFlags(process.argv.slice(2), {
    seeds: 'value',
    from: 'value',
    workers: 'value',
    trace: 'switch',
    calm: 'switch',
    mutation: 'value',
  });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const seeds = whole('seeds', flags.seeds ?? '500');
  const from = whole('from', flags.from ?? '1');
  const { mutation } = flags;
  const isCalm = flags.calm !== undefined;
  if (mutation !== undefined && !(mutation in MUTATIONS))
    throw new ConfigurationError(
      `There is no mutation ${mutation}; there are ${Object.keys(MUTATIONS).join(', ')}.`,
    );
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const summary = new Summary();
  const progress = setInterval(
    () =>
      console.log(
        `${summary.seeds} of ${seeds} seeds, ${rate(summary.seeds, seconds())}, ${summary.failed.length} failing`,
      ),
    PROGRESS_MS,
  );
  let next = from;
  const portion = (): Portion | undefined => {
    if (next >= from + seeds || summary.failed.length >= (mutation === undefined ? ENOUGH : 1))
      return undefined;
    const first = next;
    next = Math.min(next + PORTION, from + seeds);
    return { from: first, to: next, isTraced: flags.trace !== undefined, isCalm, mutation };
  };
  const stacks = synthesizeAll();
  const bundle = bundleWorker();
  const workers = Array.from({ length: whole('workers', flags.workers ?? '2') }, () =>
    work(bundle, stacks, portion, (report) => {
      summary.add(report);
      if (report.trace !== undefined) console.log(`\nSeed ${report.seed}:\n${report.trace}\n`);
      const isTold = mutation === undefined || summary.failed.length === 1;
      if (report.violations.length > 0 && isTold) console.log(failureOf(report, mutation, isCalm));
    }),
  );
  await Promise.all(workers).finally(() => {
    clearInterval(progress);
    rmSync(dirname(bundle), { recursive: true, force: true });
  });
  console.log(`\n${summary}\nIn ${seconds().toFixed(0)} s, ${rate(summary.seeds, seconds())}.`);
  if (mutation === undefined) return summary.failed.length > 0 ? 1 : 0;
  const [found] = summary.failed.map(({ seed }) => seed).sort((a, b) => a - b);
  console.log(
    found === undefined
      ? `The mutation ${mutation} was not found.`
      : `The mutation ${mutation} (${MUTATIONS[mutation]!.what}) was found by seed ${found}, the ${found - from + 1}. one.`,
  );
  return found === undefined ? 1 : 0;
}

/** Every stack that a scenario can ask for. */
function synthesizeAll(): Synthesized {
  const kinds = TIMEOUTS.flatMap((minutes): Parameters<Source>[] => [
    ...VERSIONS.ImageBased.map((version): Parameters<Source> => ['ImageBased', version, minutes]),
    ['InstanceBased', VERSIONS.InstanceBased[0]!, minutes],
  ]);
  return Object.fromEntries(kinds.map((kind) => [keyOf(...kind), synthesize(...kind)]));
}

/** The worker as one file of plain JavaScript, which runs faster than what is translated as it is loaded. */
function bundleWorker(): string {
  // Beside the project's packages, so that it finds them.
  mkdirSync('node_modules/.cache', { recursive: true });
  const outfile = join(mkdtempSync('node_modules/.cache/simulation-'), 'worker.js');
  buildSync({
    entryPoints: [join(__dirname, 'worker.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    outfile,
  });
  return outfile;
}

/** One worker process, from its first portion to its last. */
function work(
  bundle: string,
  stacks: Synthesized,
  portion: () => Portion | undefined,
  onReport: (report: SeedReport) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker: ChildProcess = fork(bundle, [], {
      execArgv: ['--max-semi-space-size=64', '--enable-source-maps'],
      serialization: 'advanced',
    });
    worker.send(stacks);
    const give = () => {
      const next = portion();
      if (next) worker.send(next);
      else worker.disconnect();
    };
    worker.on('message', (message: SeedReport | 'done') => {
      if (message === 'done') give();
      else onReport(message);
    });
    worker.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`A worker ended with code ${code}.`)),
    );
    give();
  });
}

function failureOf({ seed, violations }: SeedReport, mutation: string | undefined, isCalm: boolean): string {
  const flag = `${isCalm ? ' --calm' : ''}${mutation === undefined ? '' : ` --mutation ${mutation}`}`;
  return [
    `Seed ${seed} has failed:`,
    ...violations.slice(0, 5).map((violation) => `  ${violation}`),
    `  To repeat it: npm run simulate -- --seeds 1 --from ${seed} --trace${flag}`,
  ].join('\n');
}

function rate(seeds: number, seconds: number): string {
  return `${(seeds / seconds).toFixed(1)} seeds a second`;
}

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ConfigurationError(`--${name} is ${text}; expected is a whole number.`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.name === 'ConfigurationError' ? error.message : error.stack);
    process.exitCode = 1;
  },
);
