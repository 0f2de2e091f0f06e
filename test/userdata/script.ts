import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a script has said, and how it ended. */
export interface Ended {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

/**
 * A folder in which a script of a machine runs without a machine. Its `sleep` takes no time and counts the seconds;
 * other programs are what a test writes. Its `curl` is the real one.
 */
export class ScriptFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'machine-script-'));

  constructor() {
    this.program('sleep', `echo "$1" >> ${this.file('slept')}`);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** A program that the script calls. */
  program(name: string, script: string): void {
    writeFileSync(this.file(name), `#!/bin/bash\n${script}\n`);
    chmodSync(this.file(name), 0o755);
  }

  /** What a program has written to a file of this folder. */
  lines(name: string): readonly string[] {
    if (!existsSync(this.file(name))) return [];
    return readFileSync(this.file(name), 'utf8').split('\n').filter(Boolean);
  }

  /** Seconds that the script has slept. */
  get sleptSeconds(): number {
    return this.lines('slept').reduce((sum, seconds) => sum + Number(seconds), 0);
  }

  /**
   * Runs a script of `userdata/` with variables of its own. Ends it after real time, in any case.
   * @param change of its text, so that it ends sooner
   */
  run(
    script: string,
    environment: Readonly<Record<string, string>>,
    change = (text: string) => text,
  ): Promise<Ended> {
    const path = this.file('script');
    writeFileSync(path, change(readFileSync(join(__dirname, '../../userdata', script), 'utf8')));
    const variables = { PATH: `${this.path}:${process.env.PATH}`, CURL_HOME: this.path, ...environment };
    return new Promise((resolve) =>
      execFile('bash', [path], { env: variables, timeout: 60_000 }, (error, stdout, stderr) => {
        const lines = `${stdout}${stderr}`.split('\n').filter(Boolean);
        resolve({ exitCode: error ? Number(error.code ?? -1) : 0, lines });
      }),
    );
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** A server on a free port of the loopback interface. */
export async function serve(
  listener: RequestListener,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
