import { type ChildProcess, fork } from 'node:child_process';
import { parseFlags } from '../../lib/cli/flags';
import { ConfigurationError } from '../../lib/configuration-error';
import { Blueprints } from './blueprints';
import { MUTATIONS } from './mutations';
import { simulate } from './simulation';
import { type SeedReport, Summary } from './summary';

/** `npm run simulate`: any number of seeds, each of which can be repeated by its number. */

const HELP = `npm run simulate -- [flags]

Runs rollouts on a local AWS in virtual time, with faults by chance, and checks after each step what must be true.

  --seeds N        how many seeds (default: 500)
  --from N         the first one (default: 1)
  --workers N      processes at a time (default: 2)
  --trace          prints what happened in each seed, line by line
  --mutation NAME  puts a fault into the code, and shows after how many seeds it is found:
                   ${Object.keys(MUTATIONS).join(',\n                   ')}

It ends with exit code 1 when a seed has failed.`;

/** A portion of seeds for a worker. */
interface Portion {
  readonly from: number;
  readonly to: number;
  readonly isTraced: boolean;
  readonly mutation?: string;
}

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
    mutation: 'value',
  });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const seeds = whole('seeds', flags.seeds ?? '500');
  const from = whole('from', flags.from ?? '1');
  const { mutation } = flags;
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
    return { from: first, to: next, isTraced: flags.trace !== undefined, mutation };
  };
  const workers = Array.from({ length: whole('workers', flags.workers ?? '2') }, () =>
    work(portion, (report) => {
      summary.add(report);
      if (report.trace !== undefined) console.log(`\nSeed ${report.seed}:\n${report.trace}\n`);
      const isTold = mutation === undefined || summary.failed.length === 1;
      if (report.violations.length > 0 && isTold) console.log(failureOf(report, mutation));
    }),
  );
  await Promise.all(workers);
  clearInterval(progress);
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

/** One worker process, from its first portion to its last. */
function work(portion: () => Portion | undefined, onReport: (report: SeedReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker: ChildProcess = fork(__filename, [], { env: { ...process.env, SIMULATION_WORKER: 'yes' } });
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

/** Runs the portions that the parent process sends. */
function serve(): void {
  const blueprints = new Blueprints();
  process.on('message', async ({ from, to, isTraced, mutation }: Portion) => {
    for (let seed = from; seed < to; seed++) {
      const result = await simulate(
        seed,
        blueprints,
        mutation === undefined ? undefined : MUTATIONS[mutation],
      );
      const { violations, endings, elapsedMs } = result;
      const hasTrace = isTraced || (violations.length > 0 && mutation === undefined);
      const report: SeedReport = {
        seed,
        violations,
        endings,
        elapsedMs,
        struck: [...result.struck],
        ...(hasTrace ? { trace: result.trace() } : {}),
      };
      process.send!(report);
    }
    process.send!('done');
  });
}

function failureOf({ seed, violations }: SeedReport, mutation: string | undefined): string {
  const flag = mutation === undefined ? '' : ` --mutation ${mutation}`;
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

if (process.env.SIMULATION_WORKER) serve();
else
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: Error) => {
      console.error(error.name === 'ConfigurationError' ? error.message : error.stack);
      process.exitCode = 1;
    },
  );
