import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

// An error that is not looked at may be one that a person should see: each such place says why it is not.

const FOLDERS = ['lib', 'bin', 'bench', 'local-aws', 'test'];
/** `catch {`, and `.catch(() => …)`: the error has no name, so nothing can be told of it. */
const UNNAMED = /\bcatch \{|\.catch\(\s*(?:async )?\(\) =>/;
/** How many lines before it may have the reason. */
const LINES_BEFORE = 3;

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|js)$/.test(name))
    .map((name) => join(folder, name))
    .filter((file) => file !== relative(process.cwd(), __filename));
}

function isComment(line: string | undefined): boolean {
  return /(^|\s)\/\/ |^\s*(\/\*\*|\*) ?/.test(line ?? '');
}

/** Places of a source whose error is dropped without a reason. */
function unexplained(source: string): readonly number[] {
  const lines = source.split('\n');
  return lines.flatMap((line, index) => {
    if (!UNNAMED.test(line)) return [];
    const before = lines.slice(Math.max(0, index - LINES_BEFORE), index + 1);
    // What follows replaces the error by another one, or says why it does not matter.
    const after = lines.slice(index + 1, index + 3);
    const isTold = [line, ...after].some((each) => /\bthrow\b|console\.error|reject\(/.test(each));
    return isTold || before.some(isComment) || isComment(after[0]) ? [] : [index + 1];
  });
}

test.each(FOLDERS)('%s: whoever drops an error says why', (folder) => {
  const places = sources(folder).flatMap((file) =>
    unexplained(readFileSync(file, 'utf8')).map((line) => `${file}:${line}`),
  );
  expect(places).toEqual([]);
});

test.each<[string, string, readonly number[]]>([
  ['a catch without a reason', 'try {\n  a();\n} catch {\n  return 1;\n}', [3]],
  ['a promise whose failure is dropped', 'await a()\n  .catch(() => undefined);', [2]],
  ['a reason in the block', 'try {\n  a();\n} catch {\n  // It is gone.\n}', []],
  ['a reason before it', '// It may be gone.\nawait a().catch(() => undefined);', []],
  ['another error in its place', 'try {\n  a();\n} catch {\n  throw new Error("b");\n}', []],
  ['an error that has a name', 'try {\n  a();\n} catch (error) {\n  tell(error);\n}', []],
])('the check knows %s', (_, source, lines) => {
  expect(unexplained(source)).toEqual(lines);
});
