import { spawn } from 'node:child_process';

export interface HostCommandOptions {
  /** What the command reads. @default nothing */
  readonly input?: string | Buffer;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each line of its output, standard error included. */
  readonly onLine?: (line: string) => void;
  /** Kills it when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program of the host's, as it is, without a shell.
 * @returns what it wrote to standard output
 * @throws Error with the command and the end of its error output
 */
export async function hostCommand(
  command: string,
  args: readonly string[],
  options: HostCommandOptions = {},
): Promise<Buffer> {
  const { exitCode, output, errors } = await hostProcess(command, args, options);
  if (exitCode === 0) return output;
  const told = errors.toString('utf8').trim().slice(-2_000);
  throw new Error(`${[command, ...args].join(' ')} ended with ${exitCode}${told ? `: ${told}` : '.'}`);
}

/** As `hostCommand`, for commands whose failure is an answer. @throws Error when the program can't be started */
export function hostProcess(
  command: string,
  args: readonly string[],
  { input, environment, onLine, signal }: HostCommandOptions = {},
): Promise<{ readonly exitCode: number | string; readonly output: Buffer; readonly errors: Buffer }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...{ signal, killSignal: 'SIGKILL' },
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    const lines = onLine && lineSplitter(onLine);
    child.stdout.on('data', (chunk: Buffer) => {
      output.push(chunk);
      lines?.(chunk.toString('utf8'));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors.push(chunk);
      lines?.(chunk.toString('utf8'));
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      // One that is killed so closes in a moment, like any other.
      if (error.name === 'AbortError') return;
      reject(error.code === 'ENOENT' ? new Error(`The program ${command} is not installed.`) : error);
    });
    child.once('close', (code, endedBy) =>
      resolve({
        exitCode: code ?? endedBy ?? 'no exit code',
        output: Buffer.concat(output),
        errors: Buffer.concat(errors),
      }),
    );
    // A program that does not read what it is given closes the pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Makes lines of text that comes in pieces; an unfinished last line is not told. */
export function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
