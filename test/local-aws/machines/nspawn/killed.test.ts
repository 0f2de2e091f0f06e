import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../../../local-aws/core/random';
import { leftovers, processesOf, runOf } from './leftovers';
import { real, sayLeftOut } from './real';

// The rehearsal is killed at moments that a seed chooses, and --clean is to leave nothing of it. By hand, more
// often: REAL_MACHINES=1 KILLS=20 KILL_SEED=7 npx jest test/local-aws/machines/nspawn/killed

const root = join(__dirname, '../../../..');
const seed = Number(process.env.KILL_SEED ?? Math.floor(Math.random() * 1e6));
const kills = Number(process.env.KILLS ?? 3);

/** Parts of the rehearsal: how each begins in what it says, and for how many seconds it may go on. */
const PARTS: readonly (readonly [name: string, begin: RegExp, seconds: number])[] = [
  ['prepares', /^/, 4],
  ['bakes', /ImageBased: stack CREATE_IN_PROGRESS/, 20],
  ['boots machines', /InstanceBased: machines 1\.0\.0: 1 starting/, 10],
  ['bakes and replaces machines, under traffic', /^Step 2/m, 50],
  ['destroys', /^Step 3/m, 12],
];
/** No part begins later than this after the start, however busy the computer is. */
const LIMIT_MS = 400_000;

const random = new Random(seed);
/** Spread over the parts in order: with fewer kills than parts, each kill has several parts to choose from. */
const moments = Array.from({ length: kills }, (_, index) => {
  const [part, begin, seconds] =
    PARTS[Math.floor(((index + random.next()) * PARTS.length) / kills)] ?? PARTS.at(-1)!;
  return { part, begin, delayMs: Math.round(random.next() * seconds * 1000) };
});

sayLeftOut();

real('killed', () => {
  let folder: string;
  let run: ChildProcess | undefined;

  beforeAll(() => {
    console.log(`KILL_SEED=${seed} KILLS=${kills}`);
    folder = mkdtempSync(join(tmpdir(), 'killed-'));
  });

  afterAll(() => {
    run?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts the rehearsal in a session of its own. @returns what waits until it has said something */
  function rehearse(...options: string[]): (said: RegExp) => Promise<void> {
    const program = ['--import', 'tsx', 'bin/rehearse-machines.ts', '--out', join(folder, 'out'), ...options];
    const child = spawn(process.execPath, program, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    run = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    return async (said) => {
      const until = performance.now() + LIMIT_MS;
      while (!said.test(output)) {
        if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}, and said:\n${output}`);
        if (performance.now() > until) throw new Error(`It has not said ${said} in time, but:\n${output}`);
        await pause(50);
      }
    };
  }

  /** @returns the session in which its children still may be, and the id of what it had made */
  async function kill(): Promise<{ readonly session: number; readonly run: string | undefined }> {
    const { pid } = run!;
    const named = runOf(pid!);
    const ended = once(run!, 'exit');
    run!.kill('SIGKILL');
    await ended;
    return { session: pid!, run: named };
  }

  async function clean(...options: string[]): Promise<string> {
    const program = ['--import', 'tsx', 'bin/rehearse-machines.ts', '--clean', ...options];
    return new Promise((resolve, reject) => {
      execFile(process.execPath, program, { cwd: root }, (error, stdout, stderr) =>
        error ? reject(new Error(`${error.message}\n${stdout}${stderr}`)) : resolve(stdout),
      );
    });
  }

  test.each(moments)(
    'while it $part, after $delayMs ms: --clean leaves nothing',
    async ({ begin, delayMs }) => {
      await rehearse('--short')(begin);
      await pause(delayMs);
      const { session, run: named } = await kill();
      const ownChildren = () =>
        processesOf(session).filter(({ command }) => /runtime\.mjs|traffic-process\.mjs/.test(command));
      for (let looks = 0; ownChildren().length > 0 && looks < 50; looks++) await pause(100);
      expect(ownChildren()).toEqual([]);

      await clean();
      // What it says is not looked at: a run of another test that begins just then removes the same, and first.
      expect(await leftovers({ session })).toEqual({});
      expect(existsSync(`/var/lib/image-rollouts/${named}`)).toBe(false);
    },
    LIMIT_MS + 60_000,
  );

  test(
    'while it makes the base image: --clean leaves nothing, not half an image either',
    async () => {
      const cache = join(folder, 'cache');
      await rehearse('--short', '--cache', cache)(/Making the base image/);
      await pause(random.next() * 40_000);
      const { session } = await kill();
      const said = await clean('--cache', cache);
      expect(said).toContain('.unfinished');
      expect(await leftovers({ session, folders: [cache] })).toEqual({});
      expect(readdirSync(cache)).toEqual([]);
    },
    LIMIT_MS,
  );
});
