import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PhaseName } from '../imagebuilder/component-document';
import { type BakeRequest, TestPhaseFailure } from '../machines/driver';
import type { MachineShell } from '../machines/nspawn/machine-shell';
import { type PlannedComponent, planComponents } from './plan';
import { ComponentRun, type Stage, StepFailure } from './run-phase';

/** A machine that an image is built or tested on. */
export interface BakeMachine {
  readonly shell: MachineShell;
  /** Restarts it with the files that it has; ends when its shell answers again. */
  restart(): Promise<void>;
  /** Ends it, and removes whatever is left of it. Ends well when nothing is. */
  remove(): Promise<void>;
}

/** Where machines to bake on come from. */
export interface BakeMachines<Machine extends BakeMachine, Image> {
  /** Starts a machine from the base image, with the build role's credentials. */
  startBuild(): Promise<Machine>;
  /** Stops the machine, and makes a read-only image of what it holds. */
  freeze(machine: Machine): Promise<Image>;
  /** Starts a machine from the image, as a fleet's machine starts from it. */
  startTest(image: Image): Promise<Machine>;
  /** Removes an image that failed its test. */
  discard(image: Image): Promise<void>;
}

export interface BakeOptions {
  /** Real time in milliseconds, from any beginning. */
  readonly now: () => number;
  /** Variables for the steps' processes. @default the machine's own alone */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder on the machines for what is kept from step to step. @default AWSTOE's own, `/var/lib/amazon/toe` */
  readonly workingFolder?: string;
}

/** What a part of a bake took, in seconds of real time. */
export type BakePart = 'start' | 'build' | 'validate' | 'freeze' | 'start test' | 'test';

export interface Baked<Image> {
  readonly image: Image;
  readonly seconds: Readonly<Partial<Record<BakePart, number>>>;
}

/** How many of a failed step's last lines its error quotes. */
const QUOTED_LINES = 20;
const PREPARATION = join(__dirname, 'prepare-machine.sh');
const HOUSEKEEPING = join(__dirname, 'housekeeping.sh');
/** As long as packages may take. */
const PREPARATION_MS = 300_000;

/**
 * Bakes an image as Image Builder does: all components' build phases, then all validate phases, on a machine
 * from the base image; the image is frozen; all test phases on a machine from the image.
 * @throws Error naming component, phase, step, exit code and log, with the step's last lines, a TestPhaseFailure
 *   when the test phase failed; no machine and no image is left then
 */
export async function bakeImage<Machine extends BakeMachine, Image>(
  request: Pick<BakeRequest, 'components' | 'log' | 'logPlace'>,
  machines: BakeMachines<Machine, Image>,
  { now, environment = {}, workingFolder = '/var/lib/amazon/toe' }: BakeOptions,
): Promise<Baked<Image>> {
  const plan = planned(request);
  const seconds: Partial<Record<BakePart, number>> = {};
  const timed = async <T>(part: BakePart, work: () => Promise<T>): Promise<T> => {
    const begin = now();
    try {
      return await work();
    } finally {
      seconds[part] = (now() - begin) / 1000;
    }
  };
  const stage = (machine: Machine): Stage => ({
    ...{ shell: machine.shell, environment, workingFolder, now },
    log: request.log,
    restart: () => machine.restart(),
  });
  const run = async (machine: Machine, phases: readonly (PhaseName & BakePart)[]): Promise<void> => {
    const runs = plan.map((component) => new ComponentRun(component, stage(machine)));
    for (const phase of phases) {
      await timed(phase, async () => {
        for (const component of runs) await component.phase(phase);
      });
    }
  };

  try {
    const build = await timed('start', () => machines.startBuild());
    const image = await removing(build, async () => {
      await prepare(build.shell);
      await run(build, ['build', 'validate']);
      await keepHouse(build.shell);
      return timed('freeze', () => machines.freeze(build));
    });
    if (!plan.some(hasTest)) return { image, seconds };
    try {
      const test = await timed('start test', () => machines.startTest(image));
      await removing(test, async () => {
        await prepare(test.shell);
        await run(test, ['test']);
      });
    } catch (error) {
      await machines.discard(image);
      throw error;
    }
    return { image, seconds };
  } catch (error) {
    throw error instanceof StepFailure ? told(error, request.logPlace) : error;
  }
}

function planned({ components, logPlace }: Pick<BakeRequest, 'components' | 'logPlace'>) {
  try {
    return planComponents(components);
  } catch (error) {
    throw new Error(`${(error as Error).message}${placeOf(logPlace)}`, { cause: error });
  }
}

/** Does some work on a machine, and removes it, however the work ended. */
async function removing<T>(machine: BakeMachine, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await machine.remove();
  }
}

/** Installs what Image Builder needs on a machine. */
async function prepare(shell: MachineShell): Promise<void> {
  const script = readFileSync(PREPARATION, 'utf8');
  const { exitCode, output } = await shell.run(script, { timeoutMs: PREPARATION_MS });
  if (exitCode !== 0) throw new Error(`The machine could not be prepared (${exitCode}): ${output}`);
}

/** Removes what made the machine this one machine, so that each clone becomes one of its own. */
async function keepHouse(shell: MachineShell): Promise<void> {
  const { exitCode, output } = await shell.run(readFileSync(HOUSEKEEPING, 'utf8'), {
    timeoutMs: 120_000,
  });
  if (exitCode !== 0) throw new Error(`The image could not be cleaned (${exitCode}): ${output}`);
}

function hasTest({ phases }: PlannedComponent): boolean {
  return phases.some(({ name }) => name === 'test');
}

function told(failure: StepFailure, logPlace: string | undefined): Error {
  const lines = failure.output.trimEnd().split('\n').slice(-QUOTED_LINES);
  // Its first line is a message by itself: where there is no room for more, the log says the rest.
  const said = failure.output.trim() ? `\nIt wrote at last:\n${lines.join('\n')}` : ' It wrote nothing.';
  const message = `${failure.message}.${placeOf(logPlace)}${said}`;
  return failure.step.phase === 'test'
    ? new TestPhaseFailure(message, { cause: failure })
    : new Error(message, { cause: failure });
}

function placeOf(logPlace: string | undefined): string {
  return logPlace ? ` The whole log: ${logPlace}.` : '';
}
