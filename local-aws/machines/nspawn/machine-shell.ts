/** How a script on a machine ended. */
export interface ShellResult {
  /** `timed out` when it was ended because its time was up. */
  readonly exitCode: number | 'timed out';
  /** What it wrote to standard output and standard error, in the order in which it came. */
  readonly output: string;
}

export interface ShellOptions {
  /** Real time, in milliseconds, after which the script and all that it started is killed. @default no limit */
  readonly timeoutMs?: number;
  /** Variables beside the machine's own (`/etc/environment`). */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Root's way into a running machine. */
export interface MachineShell {
  /** Runs a bash script as root. A script that fails is no error: its exit code says so. @throws Error when the machine is gone */
  run(script: string, options?: ShellOptions): Promise<ShellResult>;
  /** Writes a file whose folder is there. @param mode permissions, @default 0o644 @throws Error that names the file */
  writeFile(path: string, content: string | Buffer, mode?: number): Promise<void>;
  /** @throws Error that names the file */
  readFile(path: string): Promise<Buffer>;
}
