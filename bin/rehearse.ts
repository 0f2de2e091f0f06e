import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalAws } from '../local-aws/local-aws';
import { perform } from '../local-aws/rehearsal/perform';
import { STORY, STORY_CONTEXT } from '../local-aws/rehearsal/story';
import { told, VARIATION_FLAGS, VARIATION_HELP, variationsOf } from './variation-flags';

/** The same whatever the seed: how soon the alarm rolls a release back is held against a bound. */
const METRICS_DELAY_SECONDS = 120;

const HELP = `npm start -- [--speed 160] [--seed N | --calm]

Tells the whole story on a local AWS, without an account: deploys both variants, releases under traffic,
fails to release a broken version, goes back, has a release rolled back that is healthy and answers its visitors
with 5xx, destroys everything. The load balancers' metrics are ${METRICS_DELAY_SECONDS} s late, unless it is calm.

  --speed  up to how many times as fast as real time the local AWS lives, 1 to 1000
${VARIATION_HELP}`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      speed: { type: 'string', default: '160' },
      ...VARIATION_FLAGS,
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const speed = Number(values.speed);
  if (!(speed >= 1 && speed <= 1000)) {
    throw new RangeError(`--speed is a number from 1 to 1000; found "${values.speed}".`);
  }
  // The SDK's advice on Node versions, once for each process that uses it, is not for whoever watches this.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const root = join(__dirname, '..');
  const variations = variationsOf(values);
  console.log(`${told(variations)}\n`);
  const late = values.calm ? {} : { metricsDelaySeconds: METRICS_DELAY_SECONDS };
  const aws = await startLocalAws({ speed, variations: { ...variations, ...late } });
  return perform({ aws, story: STORY, context: STORY_CONTEXT, root, out: join(root, 'out'), speed });
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
