import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalAws } from '../local-aws/local-aws';
import { Cdk } from '../local-aws/rehearsal/cdk';
import { COLOURED, PLAIN } from '../local-aws/rehearsal/paint';
import { RolloutStory } from '../local-aws/rehearsal/rollout-story';

const HELP = `npm run rehearse:rollout -- [--speed 120]

Releases three versions with their change causes, looks at the history, goes back, fails to release a broken
version, and lets a rollout stand at a gate: each step by the real "cdk deploy" or "npx rollout", on a local AWS.

  --speed  up to how many times as fast as real time the local AWS lives, 1 to 1000`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      speed: { type: 'string', default: '120' },
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
  const out = join(root, 'out', 'rollout');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const aws = await startLocalAws({ speed });
  const cdk = new Cdk({
    root,
    out,
    context: { minCapacity: '4', maxCapacity: '6' },
    environment: aws.environment,
  });
  const paint = process.stdout.isTTY && !process.env.NO_COLOR ? COLOURED : PLAIN;
  const story = new RolloutStory({ aws, cdk, paint, say: (line) => console.log(line) });
  const begun = performance.now();
  try {
    await story.run();
  } finally {
    await cdk.close();
    await aws.close();
    writeFileSync(join(out, 'story.json'), `${JSON.stringify(story.told, null, 2)}\n`);
  }
  const checks = story.told.flatMap((told) => told.checks);
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
