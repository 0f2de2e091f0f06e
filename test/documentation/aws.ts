import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './commands';

/** What a command has said, and how it ended. */
export interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

/** What a person at a terminal would answer to the CDK CLI's questions. */
const ANSWERS = { CDK_REQUIRE_APPROVAL: 'never', CDK_NOTICES: 'false' };
/** As the reader starts it a bake takes most of half a minute, and the documents have many. */
const FASTER = ' -- --speed 200';

/** `cdk destroy` asks, too; `--force` means something else elsewhere. */
const DESTROYS = /^npx cdk destroy /;

/** A terminal in the project's folder, and the local AWS that runs in another one. */
export class Terminal {
  private readonly home = mkdtempSync(join(tmpdir(), 'documentation-'));
  private readonly running = new Set<ChildProcess>();
  private server: ChildProcess | undefined;
  private exported: Readonly<Record<string, string>> = {};

  /** Runs a command to its end. */
  async run(command: string, timeoutMs = 300_000): Promise<Ended> {
    const child = this.spawn(DESTROYS.test(command) ? `CDK_FORCE=true ${command}` : command);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    const timer = setTimeout(() => {
      output += `\nEnded after ${timeoutMs / 1000} s.`;
      end(child);
    }, timeoutMs);
    const [exitCode] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    this.running.delete(child);
    return { exitCode: exitCode ?? -1, output };
  }

  /** Starts a local AWS in the place of the one before, and exports what it prints. @returns what it said */
  async startAws(command: string, until: RegExp): Promise<string> {
    await this.endAws();
    this.exported = {};
    const child = this.spawn(command.includes(' -- ') ? command : `${command}${FASTER}`);
    this.server = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`It did not say ${until} in a minute: ${output}`)),
        60_000,
      );
      const listen = (chunk: Buffer) => {
        output += chunk;
        if (!until.test(output)) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout?.on('data', listen);
      child.stderr?.on('data', listen);
      child.once('close', () => {
        clearTimeout(timer);
        reject(new Error(`It ended: ${output}`));
      });
    });
    const exports = [...output.matchAll(/^\s*export (\w+)=(.*)$/gm)].map(([, name, value]) => [
      name!,
      value!,
    ]);
    this.exported = Object.fromEntries(exports);
    return output;
  }

  /** Ends all that runs. */
  async close(): Promise<void> {
    await this.endAws();
    for (const child of this.running) end(child);
    rmSync(this.home, { recursive: true, force: true });
  }

  private async endAws(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server || server.exitCode !== null) return;
    const closed = once(server, 'close');
    // To all of its group, as Ctrl-C does: npm stands between.
    process.kill(-server.pid!, 'SIGINT');
    await closed;
    this.running.delete(server);
  }

  private spawn(command: string): ChildProcess {
    // Nothing of the user's own AWS configuration: it must never touch a real account.
    const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|CDK|npm|JEST)_/i.test(name));
    const child = spawn('bash', ['-c', command], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(kept),
        ...{ AWS_EC2_METADATA_DISABLED: 'true', NO_PROXY: '127.0.0.0/8,127.0.0.1,localhost' },
        ...{ AWS_CONFIG_FILE: join(this.home, 'config'), CDK_HOME: this.home, NO_COLOR: '1' },
        ...{ AWS_SHARED_CREDENTIALS_FILE: join(this.home, 'credentials'), AWS_PAGER: '' },
        ...{ CDK_DISABLE_CLI_TELEMETRY: '1' },
        ...ANSWERS,
        ...this.exported,
      },
    });
    this.running.add(child);
    return child;
  }
}

function end(child: ChildProcess): void {
  if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
}
