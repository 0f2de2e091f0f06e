import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../core/temporary-folder';
import type { Variant } from './model';
import { manifestOf } from './story';

export interface CdkOptions {
  /** The project's folder. */
  readonly root: string;
  /** Where the synthesized releases and the logs go. */
  readonly out: string;
  /** Context of the stacks, beside the release. */
  readonly context: Readonly<Record<string, string>>;
  /** What the CLI needs to reach the local AWS. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The real CDK CLI, and the project's own, in processes of their own, on the local AWS. */
export class Cdk {
  private readonly home = temporaryFolder('cdk');
  private readonly running = new Set<ChildProcess>();
  private readonly synthesized = new Map<string, Promise<string>>();
  private isClosed = false;

  constructor(private readonly options: CdkOptions) {
    mkdirSync(join(options.out, 'logs'), { recursive: true });
  }

  /**
   * Synthesizes a release, once with each set of further context values, into a folder of its own.
   * @returns the folder
   * @throws Error with the log's path when the CLI fails
   */
  synthesize(release: string, further: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = [release, ...Object.entries(further).flat()].join('-');
    const known = this.synthesized.get(name);
    if (known) return known;
    const folder = join(this.options.out, 'releases', name);
    const context = { release: manifestOf(release), ...this.options.context, ...further };
    const synthesis = (async () => {
      const log = `synth-${name}`;
      const exitCode = await this.run(log, [
        ...['synth', '--quiet', '--output', folder],
        ...Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ]);
      if (exitCode !== 0)
        throw new Error(`cdk synth of ${name} ended with ${exitCode}; see ${this.logPath(log)}.`);
      return folder;
    })();
    // Whoever needs the release awaits it, maybe later; until then a failure must not end the process.
    synthesis.catch(() => undefined);
    this.synthesized.set(name, synthesis);
    return synthesis;
  }

  /** Deploys the ledger, which stands before all fleets. @returns the CLI's exit code */
  deployLedger(folder: string): Promise<number> {
    return this.run('ledger', ['deploy', 'Ledger', '--app', folder, '--require-approval', 'never']);
  }

  /** Deploys a variant, without the ledger that it depends on, from a synthesized folder. @returns the CLI's exit code */
  deploy(step: string, variant: Variant, folder: string): Promise<number> {
    return this.run(`${step}-${variant}`, [
      ...['deploy', variant, '--app', folder, '--exclusively'],
      ...['--require-approval', 'never', '--progress', 'events'],
    ]);
  }

  /** Destroys a variant. @returns the CLI's exit code */
  destroy(step: string, variant: Variant, folder: string): Promise<number> {
    return this.run(`${step}-${variant}`, ['destroy', variant, '--app', folder, '--force']);
  }

  logPath(name: string): string {
    return join(this.options.out, 'logs', `${name}.log`);
  }

  /** Ends what still runs, and starts nothing any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    const ends = [...this.running].map((child) => {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      return ended;
    });
    await Promise.all(ends);
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Runs `npx rollout`. @returns its exit code; what it said is in the log */
  rollout(log: string, args: readonly string[]): Promise<number> {
    return this.node(log, [join(this.options.root, 'bin', 'rollout.mjs'), ...args]);
  }

  private run(log: string, args: readonly string[]): Promise<number> {
    const cli = join(this.options.root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    return this.node(log, [cli, ...args, '--no-notices', '--no-color']);
  }

  private async node(log: string, args: readonly string[]): Promise<number> {
    if (this.isClosed) throw new Error('The rehearsal was ended.');
    const output = createWriteStream(this.logPath(log));
    const child = spawn(process.execPath, [...args], {
      cwd: this.options.root,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running.add(child);
    child.stdout.pipe(output, { end: false });
    child.stderr.pipe(output, { end: false });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.running.delete(child);
        output.end(() => resolve(code ?? 1));
      });
    });
  }

  /** Nothing of the user's own AWS configuration may reach the CLI: it must never touch a real account. */
  private environment(): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|CDK)_/i.test(name));
    const exempt = [process.env.NO_PROXY ?? process.env.no_proxy, '127.0.0.0/8', '127.0.0.1', 'localhost'];
    const noProxy = exempt.filter(Boolean).join(',');
    return {
      ...Object.fromEntries(kept),
      ...this.options.environment,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
      // The templates are checked against CloudFormation by the app's own tests, once and not at every step.
      CDK_VALIDATION: 'false',
      AWS_CONFIG_FILE: join(this.home, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(this.home, 'credentials'),
      CDK_HOME: this.home,
      CDK_DISABLE_CLI_TELEMETRY: '1',
    };
  }
}
