import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Times synthesis may take, beside that of an app with the CDK's own means for the same resources. */
const LIMIT = 1.3;
const ROUNDS = 5;

const APPS = { 'this app': 'bin/app.ts', baseline: 'bench/baseline-app.ts' } as const;
type AppName = keyof typeof APPS;

interface Way {
  readonly name: string;
  readonly run: (app: string, output: string) => readonly [program: string, ...args: string[]];
}

const WAYS: readonly Way[] = [
  { name: 'the app alone', run: (app) => [process.execPath, '--import', 'tsx', app] },
  {
    name: 'cdk synth',
    run: (app, output) => [
      process.execPath,
      join('node_modules', 'aws-cdk', 'bin', 'cdk'),
      ...['synth', '--quiet', '--no-notices', '--app', `node --import tsx ${app}`, '--output', output],
    ],
  },
];

/** Prints how long synthesis takes. @returns whether it is quick enough */
export function benchSynth(): boolean {
  console.log(
    `Seconds, and the ratio of each pair of runs: medians of ${ROUNDS} runs that take turns; measured, on this computer.\n`,
  );
  console.log(
    `${'way'.padEnd(16)}${'this app'.padStart(10)}${'baseline'.padStart(10)}${'ratio'.padStart(8)}`,
  );
  const ratios = WAYS.map((way) => {
    const times: Record<AppName, number[]> = { 'this app': [], baseline: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      for (const name of Object.keys(APPS) as AppName[]) {
        const seconds = time(way, APPS[name]);
        // The first round only warms the disk's and the compiler's caches.
        if (round > 0) times[name].push(seconds);
      }
    }
    const [ours, baseline] = [median(times['this app']), median(times.baseline)];
    const columns = [ours.toFixed(2).padStart(10), baseline.toFixed(2).padStart(10)];
    // Round by round, so that a computer that gets slower meanwhile slows both sides of each ratio.
    const ratio = median(times['this app'].map((seconds, round) => seconds / times.baseline[round]!));
    console.log(`${way.name.padEnd(16)}${columns.join('')}${ratio.toFixed(2).padStart(8)}`);
    return ratio;
  });
  const isQuick = ratios.every((ratio) => ratio <= LIMIT);
  console.log(`\nThe limit is ${LIMIT} times the baseline: ${isQuick ? 'kept' : 'exceeded'}.`);
  return isQuick;
}

function time(way: Way, app: string): number {
  const output = mkdtempSync(join(tmpdir(), 'bench-'));
  const [program, ...args] = way.run(app, output);
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: {
      ...process.env,
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_DEFAULT_ACCOUNT: '000000000000',
      CDK_DEFAULT_REGION: 'eu-central-1',
      CDK_DISABLE_CLI_TELEMETRY: '1',
      // Without credentials the CLI would ask for the metadata of an instance that is none.
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  const seconds = (performance.now() - started) / 1000;
  rmSync(output, { recursive: true, force: true });
  if (status !== 0) throw new Error(`${app} could not be synthesized:\n${stderr}`);
  return seconds;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
