import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalAws } from '../local-aws/local-aws';
import { pageOf } from '../local-aws/rehearsal/page';
import { Rehearsal } from '../local-aws/rehearsal/rehearsal';
import { type Report, reportOf } from '../local-aws/rehearsal/report';
import { type Screen, screenFor } from '../local-aws/rehearsal/screen';
import { STORY } from '../local-aws/rehearsal/story';
import { tableOf } from '../local-aws/rehearsal/table';

const HELP = `npm start -- [--speed 120]

Tells the whole story on a local AWS, without an account: deploys both variants, releases under traffic,
fails to release a broken version, goes back, destroys everything.

  --speed  up to how many times as fast as real time the local AWS lives, 1 to 1000`;

/** Exit code after Ctrl-C, as shells have it: 128 and the signal's number. */
const INTERRUPTED = 130;

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
  if (!(speed >= 1 && speed <= 1000)) {
    throw new RangeError(`--speed is a number from 1 to 1000; found "${values.speed}".`);
  }
  // The SDK's advice on Node versions, once for each process that uses it, is not for whoever watches this.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const root = join(__dirname, '..');
  const out = join(root, 'out');
  mkdirSync(out, { recursive: true });

  const aws = await startLocalAws({ speed });
  const screen = screenFor(process.stdout, process.env);
  const rehearsal = new Rehearsal({ aws, story: STORY, screen, root, out, speed });
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= (async () => {
      await rehearsal.close();
      screen.close();
      await aws.close();
    })();
    return ending;
  };
  let isInterrupted = false;
  const interrupt = () => {
    // The second time there is no waiting any more; the machines' keeper ends them by itself.
    if (isInterrupted) process.exit(INTERRUPTED);
    isInterrupted = true;
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
    const report = reportOf(STORY, recording);
    writeFileSync(join(out, 'rehearsal.json'), `${JSON.stringify(report)}\n`);
    writeFileSync(join(out, 'rehearsal.html'), pageOf(report));
    tell(report, screen, relative(process.cwd(), out));
    return report.passed ? 0 : 1;
  } catch (error) {
    await end();
    // What was cut off fails in many ways, none of which matters.
    if (isInterrupted) return INTERRUPTED;
    throw error;
  }
}

function tell(report: Report, { paint }: Screen, out: string): void {
  console.log(`\n${tableOf(report)}\n`);
  const wrong = report.checks.filter(({ passed }) => !passed);
  for (const { step, variant, name, found, wanted } of wrong) {
    const where = [step && `step ${step}`, variant].filter(Boolean).join(', ');
    console.log(paint.alarm(`${where ? `${where}: ` : ''}${name}: found ${found}, wanted ${wanted}`));
  }
  const passed = report.checks.length - wrong.length;
  console.log(
    `${passed} of ${report.checks.length} checks hold. ${report.realSeconds.toFixed(0)} s real, ` +
      `${(report.modelledSeconds / 3600).toFixed(1)} hours modelled. See ${join(out, 'rehearsal.html')}, ${join(out, 'rehearsal.json')} and ${join(out, 'logs')}.`,
  );
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
