import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalAws } from '../local-aws/local-aws';
import { Cdk } from '../local-aws/rehearsal/cdk';
import { tellHours } from '../local-aws/rehearsal/hours-story';
import { Narrator } from '../local-aws/rehearsal/narrator';
import { COLOURED, PLAIN } from '../local-aws/rehearsal/paint';
import { tellRevisions } from '../local-aws/rehearsal/rollout-story';
import { told, VARIATION_FLAGS, VARIATION_HELP, variationsOf } from './variation-flags';

const HELP = `npm run rehearse:rollout -- [--hours] [--speed 120] [--seed N | --calm]

Releases three versions with their change causes, looks at the history, goes back, fails to release a broken
version, and lets a rollout stand at a gate: each step by the real "cdk deploy" or "npx rollout", on a local AWS.

  --hours  rollouts that take hours instead: five, four and back, and a night at a gate (at speed 600)
  --speed  up to how many times as fast as real time the local AWS lives, 1 to 1000
${VARIATION_HELP}`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      hours: { type: 'boolean', default: false },
      speed: { type: 'string' },
      ...VARIATION_FLAGS,
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const speed = Number(values.speed ?? (values.hours ? 600 : 120));
  if (!(speed >= 1 && speed <= 1000))
    throw new RangeError(`--speed is a number from 1 to 1000; found "${values.speed}".`);
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const root = join(__dirname, '..');
  const out = join(root, 'out', 'rollout');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const variations = variationsOf(values);
  console.log(`${told(variations)}\n`);
  const aws = await startLocalAws({ speed, variations });
  const context: Record<string, string> = values.hours ? {} : { minCapacity: '4', maxCapacity: '6' };
  const cdk = new Cdk({ root, out, context, environment: aws.environment });
  const paint = process.stdout.isTTY && !process.env.NO_COLOR ? COLOURED : PLAIN;
  const narrator = new Narrator({ cdk, paint, say: (line) => console.log(line) });
  const tell = values.hours ? tellHours : tellRevisions;
  const begun = performance.now();
  try {
    await tell({ core: aws.core, cdk, narrator });
  } finally {
    await cdk.close();
    await aws.close();
    writeFileSync(join(out, 'story.json'), `${JSON.stringify(narrator.told, null, 2)}\n`);
  }
  const checks = narrator.told.flatMap((told) => told.checks);
  const passed = checks.filter(({ found, wanted }) => found === wanted).length;
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(
    `\n${passed} of ${checks.length} checks passed, in ${seconds} s. ${relative(process.cwd(), out)}/ has what every command said.`,
  );
  return passed === checks.length ? 0 : 1;
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
