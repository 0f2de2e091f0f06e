import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalAws } from '../local-aws/local-aws';
import { CACHE } from '../local-aws/machines/nspawn/base-image';
import { MachineHost } from '../local-aws/machines/nspawn/machine-host';
import { NspawnDriver } from '../local-aws/machines/nspawn/nspawn-driver';
import { oneAtATime } from '../local-aws/machines/nspawn/preparation';
import { whyNever, whyNot } from '../local-aws/machines/nspawn/prerequisites';
import { RUN_VARIABLE } from '../local-aws/machines/nspawn/processes';
import { clean, STATE } from '../local-aws/machines/nspawn/state-folder';
import { BootWatch } from '../local-aws/rehearsal/boots';
import { linesOf, machineFiguresOf } from '../local-aws/rehearsal/machine-figures';
import { machineStory } from '../local-aws/rehearsal/machine-story';
import { INTERRUPTED, perform } from '../local-aws/rehearsal/perform';
import { STORY } from '../local-aws/rehearsal/story';
import type { Drift } from '../local-aws/rehearsal/week-of-updates';

const ROOT = join(__dirname, '..');
const OUT = join(ROOT, 'out');

const HELP = `npm run rehearse:machines -- [--short] [--speed 120] [--clean] [--if-possible]
                              [--out FOLDER] [--cache FOLDER]

Tells the story of npm start on machines that really boot, from images that are really baked, and what only they
can show: how they boot, what updates change on them, and how a change by hand is found. It needs Linux with
Debian's tools, and root; what is missing it installs with apt-get. Everything it makes begins with imr-.

  --short        one machine for each variant instead of three, and 1.0.0, 1.1.0 and the end only
  --speed        up to how many times as fast as real time the local AWS lives while no machine starts, 1 to 1000
  --clean        only removes what a killed run has left
  --if-possible  where real machines can't run, says so and ends with exit code 0
  --out          folder for reports and logs, of its own for each run that goes on at the same time; default out
  --cache        folder in which the base image is kept; default ${CACHE}`;

/** Releases of the guestbook answer here. */
const SERVICE = { port: 8080, healthPath: '/health' } as const;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      speed: { type: 'string', default: '120' },
      clean: { type: 'boolean', default: false },
      'if-possible': { type: 'boolean', default: false },
      out: { type: 'string', default: OUT },
      cache: { type: 'string', default: CACHE },
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
  const cache = resolve(values.cache);
  if (values.clean) return removeLeft(cache, values['if-possible']);
  const reason = whyNot();
  if (reason !== undefined) {
    console.warn(`LEFT OUT: the rehearsal on real machines did not run: ${reason}.`);
    return values['if-possible'] ? 0 : 1;
  }
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });

  const watch = new BootWatch(SERVICE.port, SERVICE.healthPath);
  const bakes: Readonly<Record<string, number>>[] = [];
  process.on('SIGINT', interruptedEarly);
  process.on('SIGTERM', interruptedEarly);
  const host = await MachineHost.open({ cache, log: console.log });
  // What is started from here on is known by it when this process is killed.
  process.env[RUN_VARIABLE] = host.names.id;
  let driver: NspawnDriver | undefined;
  let drift: Drift | undefined;
  const aws = await startLocalAws({
    speed,
    machines: (core) => {
      driver = new NspawnDriver(core, host, {
        consoles: join(out, 'logs', 'machines'),
        onLaunch: (machine) => void watch.watch(machine),
        onBaked: (seconds) => bakes.push(seconds),
      });
      return driver;
    },
  });
  const machines = values.short ? 1 : 3;
  const whole = machineStory({
    host,
    shellOf: (instanceId) => driver!.shellOf(instanceId),
    boots: () => watch.boots,
    onDrift: (found) => {
      drift = found;
    },
  });
  process.off('SIGINT', interruptedEarly);
  process.off('SIGTERM', interruptedEarly);
  return perform({
    ...{ aws, root: ROOT, out, speed, name: 'rehearsal-machines' },
    story: values.short ? STORY.filter(({ id }) => ['first', 'next', 'destroy'].includes(id)) : whole,
    context: { minCapacity: String(machines), maxCapacity: String(machines + 1) },
    closing: (report) => {
      watch.close();
      const figures = machineFiguresOf({ boots: watch.boots, bakes, drift, report, processors: cpus() });
      writeFileSync(join(out, 'machines.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
      return { lines: linesOf(figures), passed: true };
    },
  });
}

/** @returns the exit code: whether nothing is left */
async function removeLeft(cache: string, ifPossible: boolean): Promise<number> {
  const never = whyNever();
  if (never !== undefined) {
    console.log(`Nothing was left: ${never}.`);
    return 0;
  }
  const reason = whyNot();
  if (reason !== undefined) {
    console.warn(`LEFT OUT: what killed runs have left was not looked for: ${reason}.`);
    return ifPossible ? 0 : 1;
  }
  const wait = () => console.log('Waiting for a run to be ready');
  const { removed, kept } = await oneAtATime(STATE, wait, () => clean(cache));
  for (const line of removed) console.log(`Removed: ${line}`);
  for (const line of kept) console.log(`Kept, because it goes on: ${line}`);
  console.log(removed.length === 0 ? 'Nothing was left.' : 'Nothing is left.');
  return 0;
}

/** Before there is anything that a user waits for: the process ends at once. */
function interruptedEarly(): void {
  console.error('Interrupted; npm run rehearse:machines -- --clean removes what there is already.');
  process.exit(INTERRUPTED);
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
