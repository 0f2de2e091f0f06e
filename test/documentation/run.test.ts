import { execFileSync, spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ended, Terminal } from './aws';
import { type DocumentedCommand, documentedCommands, ROOT } from './commands';
import { type Way, wayOf } from './plan';

/**
 * Runs the documents' commands, in the order in which a reader meets them: some ten minutes, in which the real CDK
 * CLI deploys to a local AWS. Therefore it is asked for, as .ci/run does: RUN_DOCUMENTATION=1
 */
const isAskedFor = process.env.RUN_DOCUMENTATION === '1';
const leftOut = (what: string) => writeSync(2, `LEFT OUT: ${what}\n`);
if (!isAskedFor) leftOut("the documents' commands were not run: RUN_DOCUMENTATION=1 is not set.");

const asked = isAskedFor ? describe : describe.skip;

type Here = Extract<Way, { run: 'here' }>;

const seen = new Set<string>();
const planned = documentedCommands().flatMap((command) => {
  const way = wayOf(command);
  const key = `${command.file}: ${command.text}`;
  if (way.run !== 'here' || (command.isInTable && seen.has(key))) return [];
  seen.add(key);
  return [[`${command.file}:${command.line}`, command.text, way] as const];
});

asked('the documents', () => {
  const terminal = new Terminal();

  afterAll(() => terminal.close());

  // Jest says nothing before a file's end, and this one takes minutes.
  let startedAt = 0;
  beforeEach(() => {
    startedAt = performance.now();
  });
  afterEach(() => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    writeSync(2, `${expect.getState().currentTestName}, ${seconds} s\n`);
  });

  test.each<readonly [string, string, Here]>(planned)(
    '%s: %s',
    async (_, command, way) => {
      if (way.needs !== undefined && !isInstalled(way.needs)) {
        leftOut(`"${command}" was not run: ${way.needs} is not installed.`);
        return;
      }
      if (way.until) {
        await terminal.startAws(command, way.until);
        return;
      }
      // Another account than the one before: nothing was done in it yet.
      if (way.onNewAccount) await terminal.startAws('npm run local-aws', /Ctrl-C ends it/);
      if (way.afterFailed !== undefined)
        expect(await terminal.run(deploy(way.afterFailed))).toMatchObject({ exitCode: 1 });
      if (way.afterDeployed !== undefined)
        expect(await terminal.run(deploy(way.afterDeployed))).toMatchObject({ exitCode: 0 });
      const { during } = way;
      const deployment = during && (await deployUntilUnderWay(during));
      check(command, way, await terminal.run(command));
      for (const next of during?.next ?? []) check(next, { run: 'here' }, await terminal.run(next));
      const ended = await deployment?.end;
      if (ended?.exitCode !== during?.exitCode)
        throw new Error(
          `The deployment ended with ${ended?.exitCode} instead of ${during?.exitCode}:\n${ended?.output}`,
        );
      for (const next of during?.afterwards ?? []) check(next, { run: 'here' }, await terminal.run(next));
    },
    600_000,
  );

  /** Begins a deployment, and waits until its rollout is under way, or stands at its gate. */
  async function deployUntilUnderWay({
    manifest,
    atGate = false,
  }: NonNullable<Here['during']>): Promise<{ readonly end: Promise<Ended> }> {
    let isOver = false;
    const end = terminal.run(deploy(manifest, ...(atGate ? ['-c', 'gates=50'] : []))).finally(() => {
      isOver = true;
    });
    const phase = atGate ? 'Paused' : 'Progressing';
    while (!isOver) {
      const { output } = await terminal.run('npx rollout status ImageBased --json');
      if (output.includes(`"phase": "${phase}"`)) break;
      await sleep(500);
    }
    return { end };
  }
});

function deploy(manifest: string, ...further: readonly string[]): string {
  return ['npx cdk deploy ImageBased -c', `release=${manifest}`, ...further].join(' ');
}

asked('what is run nowhere has no flag that its program does not know', () => {
  const helps = new Map<string, DocumentedCommand[]>();
  for (const command of documentedCommands()) {
    const way = wayOf(command);
    if (way.run === 'nowhere' && way.help) helps.set(way.help, [...(helps.get(way.help) ?? []), command]);
  }
  test.each([...helps])(
    '%s',
    (help, documented) => {
      const said = execFileSync('bash', ['-c', help], { cwd: ROOT, encoding: 'utf8' });
      for (const { text } of documented)
        for (const [flag] of text.matchAll(/(?<= )--[a-z][\w-]*/g))
          expect(said).toMatch(new RegExp(`${flag}\\b`));
    },
    60_000,
  );

  const calls = documentedCommands().flatMap((command) => {
    const way = wayOf(command);
    return way.run === 'nowhere' && way.skeleton ? [[command.text, way.skeleton, way.needs!] as const] : [];
  });
  test.each(calls)(
    '%s',
    (text, skeleton, program) => {
      if (!isInstalled(program)) {
        leftOut(`"${text}" was not looked at: ${program} is not installed.`);
        return;
      }
      const env = { ...process.env, AWS_DEFAULT_REGION: 'eu-central-1' };
      const input = JSON.parse(execFileSync('bash', ['-c', skeleton], { cwd: ROOT, encoding: 'utf8', env }));
      const members = Object.keys(input).map((member) => member.toLowerCase());
      for (const [, flag] of text.matchAll(/ --([a-z-]+)/g))
        expect(members).toContain(flag!.replaceAll('-', ''));
    },
    60_000,
  );
});

function check(command: string, { exitCode = 0, says, saysNot }: Here, ended: Ended): void {
  if (ended.exitCode !== exitCode)
    throw new Error(`"${command}" ended with ${ended.exitCode} instead of ${exitCode}:\n${ended.output}`);
  if (says) expect(ended.output).toMatch(says);
  if (saysNot) expect(ended.output).not.toMatch(saysNot);
}

function isInstalled(program: string): boolean {
  return spawnSync('bash', ['-c', `command -v ${program}`]).status === 0;
}
