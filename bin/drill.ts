import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../lib/cli/table';
import { duration } from '../lib/forecast/words';
import { startLocalAws } from '../local-aws/local-aws';
import { Cdk } from '../local-aws/rehearsal/cdk';
import { type Rebuilt, type Took, tellDrill } from '../local-aws/rehearsal/drill-story';
import { type PerVariant, VARIANTS } from '../local-aws/rehearsal/model';
import { Narrator } from '../local-aws/rehearsal/narrator';
import { COLOURED, PLAIN } from '../local-aws/rehearsal/paint';
import { told, VARIATION_FLAGS, VARIATION_HELP, variationsOf } from './variation-flags';

const HELP = `npm run drill -- [--speed 120] [--seed N | --calm]

Destroys everything but the ledger and the baked images, makes it anew with "cdk deploy", and compares what
serves with what served: by the real CDK CLI, on a local AWS. Tells how long recovery took.

  --speed  up to how many times as fast as real time the local AWS lives, 1 to 1000
${VARIATION_HELP}`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      speed: { type: 'string', default: '120' },
      ...VARIATION_FLAGS,
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const speed = Number(values.speed);
  if (!(speed >= 1 && speed <= 1000))
    throw new RangeError(`--speed is a number from 1 to 1000; found "${values.speed}".`);
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const root = join(__dirname, '..');
  const out = join(root, 'out', 'drill');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const startedAt = new Date();
  const variations = variationsOf(values);
  console.log(`${told(variations)}\n`);
  const aws = await startLocalAws({ speed, variations });
  const cdk = new Cdk({ root, out, context: {}, environment: aws.environment });
  const paint = process.stdout.isTTY && !process.env.NO_COLOR ? COLOURED : PLAIN;
  const narrator = new Narrator({ cdk, paint, say: (line) => console.log(line) });
  let fleets: PerVariant<Rebuilt> | undefined;
  try {
    fleets = await tellDrill({ core: aws.core, cdk, narrator });
  } finally {
    await cdk.close();
    await aws.close();
    const report = { schemaVersion: 1, passed: passes(fleets, narrator), startedAt, speed, fleets };
    writeFileSync(
      join(out, 'drill.json'),
      `${JSON.stringify({ ...report, told: narrator.told }, null, 2)}\n`,
    );
  }
  const checks = narrator.told.flatMap((told) => told.checks);
  const passed = checks.filter(({ found, wanted }) => found === wanted).length;
  console.log(`\n${timesOf(fleets)}\n\nModelled time, and in brackets real time.`);
  console.log(
    `${passed} of ${checks.length} checks passed. ${relative(process.cwd(), out)}/ has drill.json, and what every command said.`,
  );
  return passes(fleets, narrator) ? 0 : 1;
}

function passes(fleets: PerVariant<Rebuilt> | undefined, { told }: Narrator): boolean {
  const checks = told.flatMap((each) => each.checks);
  return fleets !== undefined && checks.every(({ found, wanted }) => found === wanted);
}

function timesOf(fleets: PerVariant<Rebuilt>): string {
  const took = ({ modelledSeconds, realSeconds }: Took) => `${duration(modelledSeconds)} (${realSeconds} s)`;
  return table([
    ['', 'FIRST DEPLOYMENT', 'DESTROYED IN', 'RECOVERED IN'],
    ...VARIANTS.map((variant) => {
      const { firstDeployment, destruction, recovery } = fleets[variant];
      return [variant, took(firstDeployment), took(destruction), took(recovery)];
    }),
  ]);
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
