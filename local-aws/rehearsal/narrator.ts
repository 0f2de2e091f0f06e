import { readFileSync } from 'node:fs';
import type { Cdk } from './cdk';
import type { Paint } from './paint';

/** A line of a story: what was typed, what it ended with, and what was found. */
export interface Told {
  readonly command: string;
  readonly exitCode: number;
  /** Real time. */
  readonly seconds: number;
  readonly checks: { readonly name: string; readonly found: string; readonly wanted: string }[];
}

export interface NarratorOptions {
  readonly cdk: Cdk;
  readonly paint: Paint;
  readonly say: (line: string) => void;
}

/** Carries out commands as somebody at a terminal would, shows them, and holds what comes of them against what is wanted. */
export class Narrator {
  readonly told: Told[] = [];
  private step = 0;

  constructor(private readonly options: NarratorOptions) {}

  /** @throws Error when a command ends otherwise than wanted: what follows would mean nothing */
  async command(command: string, wanted: number, run: () => Promise<number>): Promise<void> {
    const { say, paint } = this.options;
    say(paint.bold(`$ ${command}`));
    const begun = performance.now();
    const exitCode = await run();
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    this.told.push({ command, exitCode, seconds, checks: [] });
    this.check('exit code', String(exitCode), String(wanted));
    if (exitCode !== wanted) throw new Error(`"${command}" ended with ${exitCode}; ${wanted} was wanted.`);
  }

  /** Runs a command of the operator's and shows what it says. @returns that */
  async rollout(args: readonly string[], wanted = 0): Promise<string> {
    const log = `${++this.step}-${args[0]}`;
    await this.command(`npx rollout ${args.join(' ')}`, wanted, () => this.options.cdk.rollout(log, args));
    const said = this.output(log);
    for (const line of said.trimEnd().split('\n')) this.options.say(`    ${line}`);
    return said;
  }

  /** What a command of the operator's says with `--json`; it is not shown. */
  async ask<T>(args: readonly string[]): Promise<T> {
    const log = `${++this.step}-${args[0]}`;
    await this.options.cdk.rollout(log, [...args, '--json']);
    const said = this.output(log);
    return JSON.parse(said.slice(Math.max(0, said.indexOf('{')))) as T;
  }

  /**
   * Looks again and again until something holds, while a deployment goes on.
   * @throws Error when the deployment ends before
   */
  async until(deployed: Promise<unknown>, holds: () => Promise<boolean>): Promise<void> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    deployed.then(over, over);
    while (!(await holds())) {
      if (!isOver) continue;
      await deployed;
      throw new Error('The deployment has ended before what was waited for.');
    }
  }

  check(name: string, found: string, wanted: string): void {
    const { say, paint } = this.options;
    this.told.at(-1)?.checks.push({ name, found, wanted });
    const line = `  ${name}: ${found}`;
    say(found === wanted ? paint.dim(line) : paint.alarm(`${line}; ${wanted} was wanted`));
  }

  private output(log: string): string {
    return readFileSync(this.options.cdk.logPath(log), 'utf8');
  }
}
