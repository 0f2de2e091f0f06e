import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import type {
  MachineShell,
  ShellOptions,
  ShellResult,
} from '../../../local-aws/machines/nspawn/machine-shell';

/** A shell on which nothing runs: every script ends as it is told. */
export class FakeShell implements MachineShell {
  readonly scripts: string[] = [];
  readonly options: ShellOptions[] = [];

  /** @param answer how a script ends @default well, without output */
  constructor(private readonly answer: (script: string) => Partial<ShellResult> = () => ({})) {}

  async run(script: string, options: ShellOptions = {}): Promise<ShellResult> {
    this.scripts.push(script);
    this.options.push(options);
    return { exitCode: 0, output: '', ...this.answer(script) };
  }

  async writeFile(): Promise<void> {
    throw new Error('No file is written to this shell.');
  }

  async readFile(): Promise<Buffer> {
    return Buffer.from('');
  }
}

/**
 * Runs scripts by bash on this computer, as the current user, in a folder: for scripts that name no other
 * files, and never for a whole bake, which cleans the machine that it ran on.
 */
export class LocalShell implements MachineShell {
  constructor(private readonly folder: string) {}

  run(script: string, { timeoutMs, environment }: ShellOptions = {}): Promise<ShellResult> {
    if (script.includes('/etc/')) throw new Error('This script is for a machine, not for this computer.');
    return new Promise((resolve, reject) => {
      const child = spawn('bash', ['-s'], {
        cwd: this.folder,
        detached: true,
        env: { PATH: process.env.PATH, HOME: this.folder, ...environment },
      });
      const output: Buffer[] = [];
      let isOver = false;
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              isOver = true;
              process.kill(-child.pid!, 'SIGKILL');
            }, timeoutMs);
      child.on('error', reject);
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve({ exitCode: isOver ? 'timed out' : (code ?? 1), output: Buffer.concat(output).toString() });
      });
      child.stdin.end(script);
    });
  }

  async writeFile(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
    await writeFile(path, content, { mode });
  }

  readFile(path: string): Promise<Buffer> {
    return readFile(path);
  }
}
