import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { MUTATIONS, type Mutation } from './mutations';

// Shows that the tests are able to fail: puts faults into a copy of the code, one at a time, and runs the tests that
// have to find them. `npm run mutations`

const ROOT = join(__dirname, '..', '..');
/** What a copy goes without. */
const LEFT = ['node_modules', '.git', 'out', 'cdk.out'];

function copied(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutations-'));
  cpSync(ROOT, copy, { recursive: true, filter: (source) => !LEFT.includes(basename(source)) });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Runs test files in a copy. @returns how many of their tests failed */
function failuresIn(copy: string, files: readonly string[]): number {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const jest = join('node_modules', '.bin', 'jest');
  const { stderr } = spawnSync(jest, ['--json', '--outputFile', report, ...files], {
    cwd: copy,
    encoding: 'utf8',
  });
  const { numFailedTests, numPassedTests, numRuntimeErrorTestSuites } = reportIn(report, stderr);
  // A file that does not even load finds nothing.
  if (numRuntimeErrorTestSuites > 0 || numFailedTests + numPassedTests === 0) throw new Error(stderr);
  return numFailedTests;
}

function reportIn(
  file: string,
  stderr: string,
): Readonly<Record<'numFailedTests' | 'numPassedTests' | 'numRuntimeErrorTestSuites', number>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`jest wrote no report (${String(error)}):\n${stderr}`);
  }
}

/** @returns what is said of a mutation, and whether each of its test files finds it */
function tried(copy: string, { name, file, changes, foundBy }: Mutation): { line: string; found: boolean } {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  let mutated = source;
  for (const [from, to] of changes) {
    if (mutated.split(from).length !== 2) throw new Error(`${name}: "${from}" must stand in ${file} once.`);
    mutated = mutated.replace(from, () => to);
  }
  writeFileSync(path, mutated);
  try {
    const counts = foundBy.map((tests) => ({ tests, failed: failuresIn(copy, [tests]) }));
    const told = counts.map(({ tests, failed }) => `${failed} in ${tests}`).join(', ');
    const found = counts.every(({ failed }) => failed > 0);
    return { line: `${name}: ${found ? 'found' : 'NOT FOUND'}: failing tests: ${told}`, found };
  } finally {
    writeFileSync(path, source);
  }
}

function main(): number {
  const copy = copied();
  try {
    mkdirSync(join(copy, 'out'), { recursive: true });
    const files = [...new Set(MUTATIONS.flatMap(({ foundBy }) => foundBy))];
    const failed = failuresIn(copy, files);
    if (failed > 0) {
      console.error(`Without any mutation ${failed} tests fail already.`);
      return 1;
    }
    const results = MUTATIONS.map((mutation) => {
      const result = tried(copy, mutation);
      console.log(result.line);
      return result.found;
    });
    const found = results.filter(Boolean).length;
    console.log(`${found} of ${results.length} mutations are found.`);
    return found === results.length ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main();
