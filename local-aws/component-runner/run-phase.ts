import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { PhaseName } from '../imagebuilder/component-document';
import type { Reference } from '../imagebuilder/component-references';
import type { MachineShell } from '../machines/nspawn/machine-shell';
import { quote } from './action';
import { ACTIONS } from './actions';
import { judge } from './judge';
import { firstRefusal, inputOf, inputsOf, type PlannedComponent, type PlannedStep } from './plan';

/** Where and how steps are carried out. */
export interface Stage {
  readonly shell: MachineShell;
  /** Restarts the machine, and ends when its shell answers again. */
  readonly restart: () => Promise<void>;
  /** Folder on the machine for what is kept from step to step. */
  readonly workingFolder: string;
  /** Variables for every step's process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Real time in milliseconds, from any beginning. */
  readonly now: () => number;
}

/** A step that failed, and what it wrote. */
export class StepFailure extends Error {
  constructor(
    readonly step: PlannedStep,
    reason: string,
    readonly output: string,
  ) {
    super(`Component ${step.component}, phase ${step.phase}, step ${step.name} ${reason}`);
  }
}

/** A component that is carried out phase by phase on one machine; later phases see what earlier ones gave. */
export class ComponentRun {
  private readonly outputs = new Map<string, string>();

  constructor(
    private readonly component: PlannedComponent,
    private readonly stage: Stage,
  ) {}

  /**
   * Carries out a phase, if the document has it.
   * @throws StepFailure for the first step that failed, at once or (`onFailure: Continue`) at the phase's end
   */
  async phase(name: PhaseName): Promise<void> {
    const { log } = this.stage;
    const steps = this.component.phases.find((phase) => phase.name === name)?.steps ?? [];
    if (steps.length === 0) return;
    log(`Document ${this.component.name}`);
    log(`Phase ${name}`);
    let failure: StepFailure | undefined;
    for (const step of steps) {
      log(`Step ${step.name}`);
      const failed = await this.step(step).catch((error: unknown) => {
        throw error instanceof StepFailure ? error : brokenOff(step, error);
      });
      failure ??= failed;
    }
    if (failure) throw failure;
  }

  /** @returns a failure after which the phase goes on @throws StepFailure that ends the phase */
  private async step(step: PlannedStep): Promise<StepFailure | undefined> {
    const { log, restart } = this.stage;
    let restarts = 0;
    for (let attempt = 1; ; attempt++) {
      const { exitCode, output } = await this.attempt(step);
      const verdict = judge(step, attempt, restarts, exitCode);
      const failure = () => new StepFailure(step, reasonOf(step, exitCode), output);
      switch (verdict) {
        case 'next':
          return undefined;
        case 'retry':
          log(`${step.action}: attempt ${attempt} of ${step.maxAttempts} failed`);
          break;
        case 'ignored':
          log(`${step.action}: the failure is ignored`);
          return undefined;
        case 'failed':
          log(`${step.action}: the step failed, and the phase goes on`);
          return failure();
        case 'abort':
          throw failure();
        case 'restart':
        case 'restart-and-repeat':
          log(`${step.action}: RESTARTING THE MACHINE`);
          await restart();
          if (verdict === 'restart') return undefined;
          restarts++;
          attempt--;
      }
    }
  }

  private async attempt(step: PlannedStep): Promise<{ exitCode: number | 'timed out'; output: string }> {
    const { shell, environment, workingFolder, log, now } = this.stage;
    const action = ACTIONS[step.action]!;
    const inputs = inputsOf(step, this.standIn);
    const refusal = firstRefusal(action, inputs);
    if (refusal !== undefined) throw new StepFailure(step, `is refused: ${refusal}`, '');
    const scripts = inputs.map(action.script);
    // Not `(…) || exit`: bash ignores `set -e` left of it.
    const script =
      action.takes === 'one' ? scripts[0]! : `set -e\n${scripts.map((part) => `(\n${part}\n)\n`).join('')}`;
    const kept = step.isReadLater ? `${workingFolder}/${randomUUID()}` : undefined;
    log(`${step.action}: STARTED EXECUTION`);
    const begin = now();
    const { exitCode, output } = await shell.run(kept ? keepingOutput(script, kept) : script, {
      environment,
      ...(step.timeoutSeconds === -1 ? {} : { timeoutMs: step.timeoutSeconds * 1000 }),
    });
    if (output) for (const line of output.replace(/\n$/, '').split('\n')) log(`Stdout: ${line}`);
    log(
      exitCode === 'timed out'
        ? `CmdExecution: ${reasonOf(step, exitCode)}`
        : `CmdExecution: ExitCode ${exitCode}`,
    );
    log(`${step.action}: FINISHED EXECUTION after ${((now() - begin) / 1000).toFixed(1)} s`);
    if (kept && exitCode === 0)
      this.outputs.set(`${step.phase}.${step.name}`, (await shell.readFile(kept)).toString().trimEnd());
    return { exitCode, output };
  }

  private readonly standIn = (reference: Reference): string => {
    if (reference.kind !== 'chain') return this.component.variables[reference.text] ?? '';
    if (reference.part === 'outputs') return this.outputs.get(`${reference.phase}.${reference.step}`) ?? '';
    const source = this.component.phases
      .find(({ name }) => name === reference.phase)!
      .steps.find(({ name }) => name === reference.step)!;
    // An input may itself refer to an earlier one.
    const [resolved] = inputsOf({ ...source, inputs: { value: inputOf(source, reference) } }, this.standIn);
    return resolved!.text('value');
  };
}

/** A script that is run in a bash of its own, so that what it writes can be read afterwards, without its errors. */
function keepingOutput(script: string, file: string): string {
  return `mkdir --parents ${quote(dirname(file))}
bash -c ${quote(script)} | tee ${quote(file)}
exit "\${PIPESTATUS[0]}"`;
}

/** The machine itself failed, and not what ran on it. */
function brokenOff(step: PlannedStep, error: unknown): StepFailure {
  const message = error instanceof Error ? error.message : String(error);
  return new StepFailure(step, `was broken off: ${message.replace(/\.$/, '')}`, '');
}

function reasonOf(step: PlannedStep, exitCode: number | 'timed out'): string {
  return exitCode === 'timed out'
    ? `timed out after ${step.timeoutSeconds} s`
    : `failed with exit code ${exitCode}`;
}
