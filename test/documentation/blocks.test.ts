import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsIn, documentedCommands, ROOT } from './commands';
import { PLAN, wayOf } from './plan';

const commands = documentedCommands();
const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts as Record<
  string,
  string
>;
const executed = readFileSync(join(ROOT, '.ci/run'), 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#'));

test('commands are those of blocks and of tables, without their comments', () => {
  const text = [
    '```sh',
    'npm start   # words',
    '# words alone',
    'npx rollout abort X --reason "a # b"  # words',
    '```',
    '| `npx rollout undo X`: back | and `undo`, `--flag` |',
    'A sentence with `npm test` in it.',
  ].join('\n');
  expect(commandsIn('a.md', text).map(({ line, text: command }) => [line, command])).toEqual([
    [2, 'npm start'],
    [4, 'npx rollout abort X --reason "a # b"'],
    [6, 'npx rollout undo X'],
  ]);
});

test.each([
  ['```bash\nnpm start\n```', 'a.md:1: a block of commands begins with ```sh.'],
  ['```\nnpx rollout status X\n```', 'a.md:2: a command stands in a block that is not ```sh.'],
])('a block in which a command would hide is refused: %j', (text, message) => {
  expect(() => commandsIn('a.md', text)).toThrow(message);
});

test('of every command that is documented, it is said where it is run', () => {
  expect(() => wayOf({ file: 'README.md', line: 1, text: 'npx rollout dance', isInTable: false })).toThrow(
    'README.md:1: "npx rollout dance" is in no plan.',
  );
  const problems = commands.flatMap((command) => {
    try {
      wayOf(command);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
  expect(problems).toEqual([]);
});

test('nothing is planned that is not documented', () => {
  const documented = new Set(commands.map(({ file, text }) => `${file}: ${text}`));
  const planned = Object.entries(PLAN).flatMap(([file, ways]) =>
    Object.keys(ways).map((text) => `${file}: ${text}`),
  );
  expect(planned.filter((entry) => !documented.has(entry))).toEqual([]);
});

test('what is said to be run by .ci/run, is', () => {
  const claimed = commands.map(wayOf).flatMap((way) => (way.run === '.ci/run' ? [way.line] : []));
  expect(claimed.filter((line) => !executed.some((each) => each.includes(line)))).toEqual([]);
});

test('every script that is documented exists', () => {
  const named = commands.flatMap(({ text }) => /^npm run (?:-s )?(\S+)/.exec(text)?.[1] ?? []);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
