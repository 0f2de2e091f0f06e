import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { ControlGroup } from './cgroup';
import { hostProcess } from './host-command';
import type { MachineShell, ShellOptions, ShellResult } from './machine-shell';
import { removeTraces } from './traces';

/** As much as EC2's GetConsoleOutput keeps. */
const CONSOLE_LIMIT = 64 * 1024;
/** Real time for the machine's systemd to answer; for the machine to shut itself down. */
const ANSWERS_WITHIN_MS = 60_000;
const SHUT_DOWN_WITHIN_MS = 5_000;

/** Joins the groups whose files come first, up to `--`, and becomes the program that follows. */
const JOIN_AND_BECOME = `while [ "$1" != -- ]; do echo $$ > "$1" || exit 1; shift; done; shift; exec "$@"`;
/** The signal that has systemd, as a machine's first process, power off: SIGRTMIN+4. */
const POWER_OFF = 'RTMIN+4';

export interface ContainerRequest {
  /** Name of its network namespace, which is there already, and its own. */
  readonly name: string;
  /** Root file system; nobody else uses it. */
  readonly root: string;
  readonly memoryMiB: number;
  /** How much its console takes: a serial one takes what its rate allows, and who writes more waits. @default all */
  readonly consoleBytesPerSecond?: number;
  /** Called once, when it has ended, by whatever reason. */
  readonly onEnd: () => void;
}

/** A machine that boots systemd in a root file system. */
export class Container implements MachineShell {
  private text = '';
  private units = 0;
  private isEnded = false;
  private readonly ended: Promise<void>;
  /** Aborted when it has ended, or is about to. */
  private readonly gone = new AbortController();

  private constructor(
    private readonly request: ContainerRequest,
    private readonly group: ControlGroup,
    private readonly process: ChildProcess,
  ) {
    const write = (chunk: Buffer) => {
      this.text = (this.text + stripVTControlCharacters(chunk.toString('utf8'))).slice(-CONSOLE_LIMIT);
    };
    process.stdout?.on('data', write);
    const { consoleBytesPerSecond } = request;
    if (consoleBytesPerSecond !== undefined)
      process.stdout?.on('data', (chunk: Buffer) => {
        process.stdout?.pause();
        setTimeout(() => process.stdout?.resume(), (chunk.length / consoleBytesPerSecond) * 1000);
      });
    process.stderr?.on('data', write);
    this.ended = new Promise((resolve) => {
      process.once('error', (error) => {
        this.text += `${error.message}\n`;
        resolve();
      });
      process.once('exit', () => resolve());
    });
    void this.ended.then(() => {
      this.isEnded = true;
      this.gone.abort();
      request.onEnd();
    });
  }

  /** Begins to boot it. @throws Error when the host can't */
  static async start(request: ContainerRequest): Promise<Container> {
    const { name, root } = request;
    const group = await ControlGroup.create(name, request.memoryMiB);
    const child = spawn(
      '/bin/sh',
      [
        ...['-c', JOIN_AND_BECOME, 'sh', ...group.joinFiles, '--'],
        ...['systemd-nspawn', '--quiet', `--directory=${root}`, `--machine=${name}`, '--register=no'],
        ...['--keep-unit', `--network-namespace-path=/run/netns/${name}`, '--resolv-conf=off'],
        ...['--timezone=off', '--link-journal=no', '--console=read-only', '--boot'],
      ],
      // A session of its own: Ctrl-C in a terminal is for the rehearsal, which then ends its machines.
      { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    const container = new Container(request, group, child);
    try {
      await container.answers();
    } catch (error) {
      await container.stop();
      throw error;
    }
    return container;
  }

  /** What it wrote to its console: the end of it. */
  get console(): string {
    return this.text;
  }

  /** Processor time that all its processes have taken, in seconds. */
  processorSeconds(): Promise<number | undefined> {
    return this.group.processorSeconds();
  }

  async run(script: string, { timeoutMs, environment = {} }: ShellOptions = {}): Promise<ShellResult> {
    await this.until(`no script can be run on the machine ${this.request.name}`, () => this.hasBus());
    const unit = `shell-${++this.units}`;
    const file = `/run/${unit}.sh`;
    await this.writeFile(file, script, 0o600);
    const variables = { HOME: '/root', ...environment };
    let isTimedOut = false;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            isTimedOut = true;
            // It may just have ended; one that stays is told of by anyone who removes the machine.
            this.inside(['systemctl', 'kill', '--signal=SIGKILL', `${unit}.service`]).catch(() => undefined);
          }, timeoutMs);
    try {
      // A unit of the machine's own systemd, so that all that a script starts can be found, and ended.
      const { exitCode, output, errors } = await this.inside([
        ...['systemd-run', '--quiet', '--wait', '--collect', '--pipe', '--service-type=exec'],
        ...[`--unit=${unit}`, '--working-directory=/root'],
        ...Object.entries(variables).map(([name, value]) => `--setenv=${name}=${value}`),
        ...['/bin/bash', '-c', 'exec /bin/bash "$0" 2>&1', file],
      ]);
      if (isTimedOut) return { exitCode: 'timed out', output: output.toString('utf8') };
      // The script's own errors are in its output.
      if (errors.length > 0) throw new Error(`${this.request.name}: ${errors.toString('utf8').trim()}`);
      return { exitCode, output: output.toString('utf8') };
    } finally {
      clearTimeout(timer);
      // The machine may be gone, and the file with it.
      await this.inside(['rm', '-f', file]).catch(() => undefined);
    }
  }

  async writeFile(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
    const script = 'cat > "$1" && chmod "$2" "$1"';
    const { exitCode, errors } = await this.inside(
      ['/bin/sh', '-c', script, 'sh', path, mode.toString(8)],
      content,
    );
    if (exitCode !== 0) throw new Error(`${path} can't be written: ${errors.toString('utf8').trim()}`);
  }

  async readFile(path: string): Promise<Buffer> {
    const { exitCode, output, errors } = await this.inside(['cat', path]);
    if (exitCode !== 0) throw new Error(`${path} can't be read: ${errors.toString('utf8').trim()}`);
    return output;
  }

  /** Waits until it has booted, well or not. @returns systemd's word for it: `running`, `degraded` … */
  booted(): Promise<string> {
    return this.state(['--wait']);
  }

  /** Asks it to shut down, makes it when it does not, and leaves no process of it. */
  async stop(): Promise<void> {
    this.gone.abort();
    const leader = await this.findLeader();
    if (leader !== undefined && !this.isEnded) {
      await hostProcess('kill', ['-s', POWER_OFF, String(leader)]);
      const late = new Promise((resolve) => setTimeout(resolve, SHUT_DOWN_WITHIN_MS).unref());
      await Promise.race([this.ended, late]);
    }
    // systemd-nspawn killed by itself would leave the machine running; its group is killed as a whole.
    await this.group.remove();
    await this.ended;
    await removeTraces(this.request.name, this.request.root);
  }

  private async inside(command: readonly string[], input?: string | Buffer) {
    const leader = await this.findLeader();
    if (leader === undefined) throw new Error(`The machine ${this.request.name} is not running.`);
    // A machine that shuts down stops all processes before it ends them: nsenter, which does as its child does,
    // would stand still for good, and its child with it, for whose end the machine waits.
    const { signal } = this.gone;
    const result = await hostProcess('nsenter', ['--target', String(leader), '--all', '--', ...command], {
      ...{ input, signal },
    });
    const { exitCode, ...others } = result;
    if (typeof exitCode !== 'number')
      throw new Error(`The machine ${this.request.name} ended while something was done on it.`);
    return { exitCode, ...others };
  }

  /** Waits until its systemd can be spoken to: a moment after its start, long before it has booted. */
  private async answers(): Promise<void> {
    await this.until(
      `the machine ${this.request.name} did not start`,
      async () => (await this.findLeader()) !== undefined && (await this.state([])) !== '',
    );
  }

  /** What a script is started by comes up in the middle of the boot. */
  private async hasBus(): Promise<boolean> {
    const { output } = await this.inside(['systemctl', 'is-active', 'dbus.socket']);
    return output.toString('utf8').trim() === 'active';
  }

  private async until(problem: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + ANSWERS_WITHIN_MS;
    let failure = '';
    while (!this.isEnded && performance.now() < end) {
      try {
        if (await isSo()) return;
      } catch (error) {
        failure = ` (${error instanceof Error ? error.message : String(error)})`;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(
      `After ${ANSWERS_WITHIN_MS / 1000} s, or its end, ${problem}${failure}: ${this.text.trim() || 'it wrote nothing'}`,
    );
  }

  private async state(options: readonly string[]): Promise<string> {
    const { output } = await this.inside(['systemctl', 'is-system-running', ...options]);
    const word = output.toString('utf8').trim();
    // Said, too, by a systemctl that finds nobody to ask.
    return word === 'offline' || word === 'unknown' ? '' : word;
  }

  /** The first process of the machine: the child of systemd-nspawn that is number 1 to itself. */
  private async findLeader(): Promise<number | undefined> {
    const { pid } = this.process;
    // It may have ended since.
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    for (const child of children.split(' ').filter(Boolean)) {
      // It may have ended since.
      const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => '');
      if (/^NSpid:.*\t1$/m.test(status) && /^Name:\tsystemd$/m.test(status)) return Number(child);
    }
    return undefined;
  }
}
